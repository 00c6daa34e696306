"""Panels of one figure: beside each other where there is room, one below the other where not."""

from __future__ import annotations

from string import ascii_uppercase

from myelomart.figures.canvas import PANEL, Canvas, Drawing, Panel, wrapped

GAP, HEAD, MOST = 16.0, 14.0, 3


def joined(sheets: list[Canvas], title: str) -> Drawing:
    """One figure of ``sheets``, each a `PANEL` wide; more than one are lettered.

    A letter stands at the upper left of its panel, where sheets leave `LETTER` pixels free.
    """
    if len(sheets) == 1:
        return Drawing(sheets[0].svg())
    columns = 2 if len(sheets) in (2, 4) else MOST
    (wide, panels), (narrow, _) = _grid(sheets, title, columns), _grid(sheets, title, 1)
    return Drawing(wide.svg(), narrow.svg(), panels)


def letter_of(position: int) -> str:
    """A to Z, then AA, AB …, as columns of a spreadsheet are named."""
    first, last = divmod(position, len(ascii_uppercase))
    return (ascii_uppercase[first - 1] if first else "") + ascii_uppercase[last]


def _grid(sheets: list[Canvas], title: str, columns: int) -> tuple[Canvas, tuple[Panel, ...]]:
    width = PANEL * columns + GAP * (columns - 1)
    heads = wrapped(title, 13, width - 16)
    rows = [sheets[k : k + columns] for k in range(0, len(sheets), columns)]
    tall = [max(sheet.height for sheet in row) + GAP for row in rows]
    top = 16.0 * len(heads) + HEAD
    told = " ".join(
        f"{letter_of(k)}: {sheet.title}. {sheet.told}" for k, sheet in enumerate(sheets)
    )
    whole = Canvas(width, top + sum(tall), title, told=told)
    for k, head in enumerate(heads):
        whole.text(8, 14 + 16 * k, head, 13, bold=True)
    y, panels = top, []
    for row, height in zip(rows, tall, strict=True):
        for k, sheet in enumerate(row):
            x = k * (PANEL + GAP)
            letter = letter_of(len(panels))
            whole.text(x + 8, y + 14, letter, 14, bold=True)
            whole.place(sheet, x, y)
            panels.append(Panel(f"{letter}: {sheet.title}", x, y, sheet.width, sheet.height))
        y += height
    return whole, tuple(panels)

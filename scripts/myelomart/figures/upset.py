"""Combinations of sites: how often each occurs, and which sites it is made of (an UpSet plot).

Lex A, Gehlenborg N, Strobelt H, Vuillemot R, Pfister H. IEEE Trans Vis Comput Graph 2014;20:1983.
"""

from __future__ import annotations

from myelomart.figures.canvas import ARMS, GRID, INK, QUIET, Canvas, text_width

COLUMN, ROW, TALL, SIDE = 34.0, 24.0, 150.0, 110.0
MOST = 16  # combinations drawn; the table has them all


def upset(combinations: list[tuple[tuple, int]], sizes: dict[str, int], said: str) -> str:
    """``combinations``: sites present and persons, most frequent first; ``sizes``: per site."""
    shown = combinations[:MOST]
    name_width = max(text_width(label, 10.5) for label in sizes) + 14
    left = 12 + SIDE + name_width
    bottom = 40 + TALL
    sheet = Canvas(left + COLUMN * len(shown) + 24, bottom + 20 + ROW * len(sizes) + 24, said)
    most = max(count for _, count in shown)
    sheet.text(left - 10, 30, "persons", 9.5, "end", QUIET)
    for k, (_, count) in enumerate(shown):
        x, high = left + COLUMN * (k + 0.5), TALL * count / most
        sheet.rect(x - 10, bottom - high, 20, high, ARMS[0])
        sheet.text(x, bottom - high - 9, str(count), 10, "middle")
    sheet.line(left, bottom, left + COLUMN * len(shown), bottom)
    widest = max(max(sizes.values()), 1)
    for row, (label, size) in enumerate(sizes.items()):
        y = bottom + 20 + ROW * (row + 0.5)
        if row % 2 == 0:
            sheet.rect(left, y - ROW / 2, COLUMN * len(shown), ROW, "#f5f7fa")
        long = (SIDE - 30) * size / widest
        sheet.rect(12 + SIDE - long, y - 7, long, 14, QUIET)
        sheet.text(8 + SIDE - long, y, str(size), 9.5, "end", QUIET)
        sheet.text(left - 8, y, label, 10.5, "end")
        for k, (present, _) in enumerate(shown):
            x = left + COLUMN * (k + 0.5)
            sheet.circle(x, y, 5.5, INK if label in present else GRID)
    order = list(sizes)
    for k, (present, _) in enumerate(shown):
        rows = [order.index(label) for label in present]
        if len(rows) > 1:
            x = left + COLUMN * (k + 0.5)
            first, last = (bottom + 20 + ROW * (r + 0.5) for r in (min(rows), max(rows)))
            sheet.line(x, first, x, last, INK, 2)
    left_out = len(combinations) - len(shown)
    if left_out:
        said = f"{left_out} rarer combinations are in the table"
        sheet.text(left, bottom + 32 + ROW * len(sizes), said, 9.5, colour=QUIET)
    return sheet.svg()

"""Combinations of sites: how often each occurs, and which sites it is made of (an UpSet plot).

Lex A, Gehlenborg N, Strobelt H, Vuillemot R, Pfister H. IEEE Trans Vis Comput Graph 2014;20:1983.
"""

from __future__ import annotations

from myelomart.figures.canvas import (
    ARMS,
    GRID,
    INK,
    NARROW_SHEET,
    QUIET,
    SMALL,
    WIDE_SHEET,
    Canvas,
    Drawing,
    text_width,
    wrapped,
)

ROW, TALL = 24.0, 150.0
MOST = 16  # combinations drawn; the table has them all


def upset(combinations: list[tuple[tuple, int]], sizes: dict[str, int], said: str) -> Drawing:
    """``combinations``: sites present and persons, most frequent first; ``sizes``: per site."""
    return Drawing(
        _sheet(combinations, sizes, said, WIDE_SHEET).svg(),
        _sheet(combinations, sizes, said, NARROW_SHEET).svg(),
    )


def _sheet(combinations, sizes: dict[str, int], said: str, width: float) -> Canvas:
    is_narrow = width <= NARROW_SHEET
    column, side = (22.0, 0.0) if is_narrow else (34.0, 110.0)
    # where there is less room the size stands in the name, and no bar beside it
    names = {label: [f"{label}: {size}" if is_narrow else label] for label, size in sizes.items()}
    if is_narrow:
        names = {label: wrapped(one[0], SMALL, 130) for label, one in names.items()}
    left = 26 + side + max(text_width(part, SMALL) for one in names.values() for part in one)
    shown = combinations[: max(3, min(MOST, int((width - left - 24) / column)))]
    bottom = 40 + TALL
    told = "; ".join(f"{' + '.join(one) or 'none'}: {n}" for one, n in shown)
    wide = max(left + column * len(shown) + 24, NARROW_SHEET if is_narrow else 480)
    sheet = Canvas(wide, bottom + 20 + ROW * len(sizes) + 28, said, told=f"{told}.")
    most = max(count for _, count in shown)
    sheet.text(left - 10, 30, "persons", SMALL, "end", QUIET)
    for k, (_, count) in enumerate(shown):
        x, high = left + column * (k + 0.5), TALL * count / most
        sheet.rect(x - column * 0.3, bottom - high, column * 0.6, high, ARMS[0])
        sheet.text(x, bottom - high - 9, str(count), SMALL, "middle")
    sheet.line(left, bottom, left + column * len(shown), bottom)
    widest = max(max(sizes.values()), 1)
    for row, (label, size) in enumerate(sizes.items()):
        y = bottom + 20 + ROW * (row + 0.5)
        if row % 2 == 0:
            sheet.rect(left, y - ROW / 2, column * len(shown), ROW, "#f5f7fa")
        if not is_narrow:
            long = (side - 28) * size / widest
            sheet.rect(12 + side - long, y - 7, long, 14, QUIET)
            sheet.text(8 + side - long, y, str(size), SMALL, "end", QUIET)
        for k, part in enumerate(names[label]):
            at = y + 12 * (k - (len(names[label]) - 1) / 2)
            sheet.text(left - 8, at, part, SMALL, "end")
        for k, (present, _) in enumerate(shown):
            x = left + column * (k + 0.5)
            sheet.circle(x, y, 5.5, INK if label in present else GRID)
    order = list(sizes)
    for k, (present, _) in enumerate(shown):
        rows = [order.index(label) for label in present]
        if len(rows) > 1:
            x = left + column * (k + 0.5)
            first, last = (bottom + 20 + ROW * (r + 0.5) for r in (min(rows), max(rows)))
            sheet.line(x, first, x, last, INK, 2)
    left_out = len(combinations) - len(shown)
    if left_out:
        rarer = "rarer combination is" if left_out == 1 else "rarer combinations are"
        said = f"{left_out} {rarer} in the table only"
        sheet.text(12, bottom + 34 + ROW * len(sizes), said, SMALL, colour=QUIET)
    return sheet

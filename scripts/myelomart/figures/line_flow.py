"""Bands from each line of therapy to the next: which regimen follows which."""

from __future__ import annotations

import pandas as pd

from myelomart.figures.canvas import (
    NARROW_SHEET,
    QUIET,
    SMALL,
    WIDE_SHEET,
    Canvas,
    Drawing,
)
from myelomart.figures.swimmer import GROUPS

TALL, GAP, NODE, TOP = 300.0, 8.0, 12.0, 34.0
NONE = "no further line"
MOST_LINES = 4  # further lines have few persons


def line_flow(lines: list[list[str]], groups: list[str], title: str) -> Drawing:
    """``lines``: the groups of each person's lines in order; ``groups`` in the order to be shown.

    Where there is less room three lines are drawn; the groups are named below.
    """
    most = min(MOST_LINES, max((len(one) for one in lines), default=1))
    return Drawing(
        _sheet(lines, groups, title, most, WIDE_SHEET).svg(),
        _sheet(lines, groups, title, min(most, 3), NARROW_SHEET).svg(),
    )


def _sheet(lines, groups, title: str, most: int, width: float) -> Canvas:
    order = [*groups, NONE]
    colours = {group: GROUPS[k % len(GROUPS)] for k, group in enumerate(groups)} | {NONE: "#d9dfe5"}
    steps = [
        pd.Series([one[k] if k < len(one) else NONE for one in lines if k == 0 or len(one) >= k])
        for k in range(most)
    ]
    sizes = [{g: int((step == g).sum()) for g in order if (step == g).any()} for step in steps]
    most_nodes = max(len(one) for one in sizes)
    unit = (TALL - GAP * (most_nodes - 1)) / max(len(lines), 1)
    right = width - 12 - NODE - 30
    xs = [12 + k * (right - 12) / max(most - 1, 1) for k in range(most)]
    shown = [group for group in order if any(group in one for one in sizes)]
    columns = 1 if width <= NARROW_SHEET else 2
    below = 16 * -(-len(shown) // columns)
    told = "; ".join(f"line {k + 1}: " + ", ".join(f"{g} {n}" for g, n in one.items())
                     for k, one in enumerate(sizes))  # fmt: skip
    sheet = Canvas(width, TOP + TALL + 34 + below, title, told=f"{told}.")
    places = [_stack(one, unit) for one in sizes]
    for k, x in enumerate(xs):
        anchor = "start" if k == 0 else "middle"
        sheet.text(x + (0 if k == 0 else NODE / 2), 16, f"Line {k + 1}", SMALL, anchor, bold=True)
    for k in range(most - 1):
        _bands(sheet, lines, k, order, colours, places, xs, unit)
    for k, (x, one) in enumerate(zip(xs, sizes, strict=True)):
        for group, n in one.items():
            high = max(n * unit, 1)
            sheet.rect(x, places[k][group], NODE, high, colours[group], "#ffffff", line=0.5)
            if high < 9:
                continue
            middle = places[k][group] + high / 2
            sheet.text(x + NODE + 4, middle, str(n), SMALL)
    y = TOP + TALL + 14
    note = f"{len(lines)} persons; a band is as wide as the persons in it"
    sheet.text(12, y, note, SMALL, colour=QUIET)
    for k, group in enumerate(shown):
        x, at = 12 + width / columns * (k % columns), y + 18 + 16 * (k // columns)
        sheet.rect(x, at - 5, 11, 11, colours[group])
        sheet.text(x + 18, at, group, SMALL)
    return sheet


def _bands(sheet, lines, k, order, colours, places, xs, unit) -> None:
    """The bands from line ``k`` to the next, of persons who had line ``k``."""
    counts: dict[tuple[str, str], int] = {}
    for one in lines:
        if len(one) > k:
            pair = one[k], one[k + 1] if len(one) > k + 1 else NONE
            counts[pair] = counts.get(pair, 0) + 1
    used, reached = dict(places[k]), dict(places[k + 1])
    a, b = xs[k] + NODE, xs[k + 1]
    mid = (a + b) / 2
    for start in order:
        for end in order:
            n = counts.get((start, end), 0)
            if not n:
                continue
            y0, y1, high = used[start], reached[end], n * unit
            used[start] += high
            reached[end] += high
            sheet.shape(
                f"M{a:.0f} {y0:.1f}C{mid:.0f} {y0:.1f} {mid:.0f} {y1:.1f} {b:.0f} {y1:.1f}"
                f"V{y1 + high:.1f}C{mid:.0f} {y1 + high:.1f} {mid:.0f} {y0 + high:.1f} "
                f"{a:.0f} {y0 + high:.1f}Z",
                fill=colours[start], opacity=0.35,
            )  # fmt: skip


def _stack(sizes: dict[str, int], unit: float) -> dict[str, float]:
    """The upper edge of each group, one below the other."""
    places, y = {}, TOP
    for group, size in sizes.items():
        places[group] = y
        y += size * unit + GAP
    return places

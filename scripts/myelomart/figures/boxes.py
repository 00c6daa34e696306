"""Boxes: median, quartiles, and whiskers to the furthest value within 1.5 quartile ranges.

Below each box stand the number of its group and, in brackets, how many values it holds.
"""

from __future__ import annotations

import pandas as pd

from myelomart.figures.canvas import (
    GRID,
    NARROW_SHEET,
    QUIET,
    SMALL,
    Canvas,
    Drawing,
    Scale,
    colour_of,
    round_ticks,
    wrapped,
)

PANEL, TALL = 185.0, 210.0
PER_ROW, PER_NARROW_ROW = 4, 2


def boxes(panels: list[tuple[str, dict[str, pd.Series], str]], title: str) -> Drawing:
    """``panels``: label, values by group (missing left out), its test in words; one per number."""
    narrow = (NARROW_SHEET - 20) / PER_NARROW_ROW
    return Drawing(
        _sheet(panels, title, PER_ROW, PANEL).svg(),
        _sheet(panels, title, PER_NARROW_ROW, narrow).svg(),
    )


def _sheet(panels, title: str, per_row: int, wide: float) -> Canvas:
    columns = min(per_row, len(panels))
    rows = -(-len(panels) // per_row)
    groups = list(dict.fromkeys(group for _, found, _ in panels for group in found))
    legend = 20.0 * len(groups) if len(groups) > 1 else 0.0
    sheet = Canvas(wide * columns + 20, legend + (TALL + 74) * rows + 10, title)
    for k, group in enumerate(groups if legend else []):
        sheet.rect(14, 8 + 20 * k, 12, 12, "#ffffff", colour_of(k), line=2.4)
        sheet.text(32, 14 + 20 * k, f"{k + 1}  {group}", SMALL)
    for k, (label, found, told) in enumerate(panels):
        x, y = 10 + wide * (k % per_row), legend + (TALL + 74) * (k // per_row)
        _panel(sheet, x, y, label, found, told, wide)
    return sheet


def _panel(sheet, x, y, label, found, told, wide) -> None:
    for k, part in enumerate(wrapped(label, SMALL, wide - 24)[:3]):
        sheet.text(x + 8, y + 12 + 12 * k, part, SMALL, bold=True)
    pooled = pd.concat(found.values())
    low, high = float(pooled.min()), float(pooled.max())
    margin = (high - low) * 0.05 or 1.0
    top, bottom = y + 44, y + 44 + TALL - 20
    up = Scale(low - margin, high + margin, bottom, top)
    for tick in round_ticks(low - margin, high + margin, 5):
        sheet.line(x + 44, up(tick), x + wide - 8, up(tick), GRID, 0.7)
        sheet.text(x + 38, up(tick), f"{tick:g}", SMALL, "end", QUIET)
    step = (wide - 60) / len(found)
    for k, values in enumerate(found.values()):
        middle = x + 48 + step * (k + 0.5)
        sheet.text(middle, bottom + 14, f"{k + 1} ({len(values)})", SMALL, "middle", QUIET)
        if len(values):
            _box(sheet, up, middle, min(46.0, step * 0.6), values, colour_of(k))
    if told:
        sheet.text(x + 8, bottom + 30, told, SMALL, colour=QUIET)


def _box(sheet, up, middle, wide, values, colour) -> None:
    low, half, high = values.quantile([0.25, 0.5, 0.75])
    reach = 1.5 * (high - low)
    inside = values[(values >= low - reach) & (values <= high + reach)]
    sheet.line(middle, up(inside.min()), middle, up(inside.max()), colour, 1.2)
    sheet.rect(middle - wide / 2, up(high), wide, max(up(low) - up(high), 1), "#ffffff", colour)
    sheet.line(middle - wide / 2, up(half), middle + wide / 2, up(half), colour, 2.4)

"""Boxes: median, quartiles, and whiskers to the furthest value within 1.5 quartile ranges."""

from __future__ import annotations

import pandas as pd

from myelomart.figures.canvas import GRID, QUIET, Canvas, Scale, colour_of, round_ticks, wrapped

PANEL, TALL = 230.0, 210.0
PER_ROW = 4


def boxes(panels: list[tuple[str, dict[str, pd.Series], float | None]], title: str) -> str:
    """``panels``: label, values by group (missing left out), p; one panel per number."""
    columns = min(PER_ROW, len(panels))
    rows = -(-len(panels) // PER_ROW)
    groups = list(dict.fromkeys(group for _, found, _ in panels for group in found))
    legend = 20.0 * len(groups) if len(groups) > 1 else 0.0
    sheet = Canvas(PANEL * columns + 20, legend + (TALL + 74) * rows + 10, title)
    for k, group in enumerate(groups if legend else []):
        sheet.rect(14, 8 + 20 * k, 12, 12, colour_of(k))
        sheet.text(32, 14 + 20 * k, group, 10.5)
    for k, (label, found, p) in enumerate(panels):
        x, y = 10 + PANEL * (k % PER_ROW), legend + (TALL + 74) * (k // PER_ROW)
        _panel(sheet, x, y, label, found, p)
    return sheet.svg()


def _panel(sheet, x, y, label, found, p) -> None:
    for k, part in enumerate(wrapped(label, 10.5, PANEL - 30)[:2]):
        sheet.text(x + 8, y + 16 + 13 * k, part, 10.5, bold=True)
    pooled = pd.concat(found.values())
    low, high = float(pooled.min()), float(pooled.max())
    margin = (high - low) * 0.05 or 1.0
    top, bottom = y + 44, y + 44 + TALL - 20
    up = Scale(low - margin, high + margin, bottom, top)
    for tick in round_ticks(low - margin, high + margin, 5):
        sheet.line(x + 44, up(tick), x + PANEL - 8, up(tick), GRID, 0.7)
        sheet.text(x + 38, up(tick), f"{tick:g}", 9, "end", QUIET)
    step = (PANEL - 60) / len(found)
    for k, values in enumerate(found.values()):
        middle = x + 48 + step * (k + 0.5)
        sheet.text(middle, bottom + 14, f"n = {len(values)}", 9, "middle", QUIET)
        if len(values):
            _box(sheet, up, middle, min(46.0, step * 0.6), values, colour_of(k))
    if p is not None and p == p:
        said = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
        sheet.text(x + PANEL - 10, bottom + 28, said, 9, "end", QUIET)


def _box(sheet, up, middle, wide, values, colour) -> None:
    low, half, high = values.quantile([0.25, 0.5, 0.75])
    reach = 1.5 * (high - low)
    inside = values[(values >= low - reach) & (values <= high + reach)]
    sheet.line(middle, up(inside.min()), middle, up(inside.max()), colour, 1.2)
    sheet.rect(middle - wide / 2, up(high), wide, max(up(low) - up(high), 1), "#ffffff", colour)
    sheet.line(middle - wide / 2, up(half), middle + wide / 2, up(half), colour, 2.4)

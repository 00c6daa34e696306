"""Scores of both arms: one upwards, the other downwards; the matched are full."""

from __future__ import annotations

import numpy as np

from myelomart.display.numbers import rounded
from myelomart.figures.canvas import (
    GRID,
    INK,
    NARROW_SHEET,
    QUIET,
    SMALL,
    WASH,
    Canvas,
    Drawing,
    Scale,
    colour_of,
    round_ticks,
)

BINS, HALF, LEFT, EDGE = 20, 95.0, 46.0, 14.0


def overlap_plot(
    scores: tuple[np.ndarray, np.ndarray], matched: tuple[np.ndarray, np.ndarray],
    labels: tuple[str, str], name: str = "Propensity score",
    shaded: tuple[float, float] | None = None,
) -> Drawing:  # fmt: skip
    """``scores`` of the treated and the others, ``matched``: whether each of them is in a pair.

    ``name`` is that of the scores; ``shaded`` is a part of the axis to be shaded.
    """
    edges = np.linspace(0, 1, BINS + 1)
    counts = [np.histogram(own, edges)[0] for own in scores]
    inner = [np.histogram(own[kept], edges)[0] for own, kept in zip(scores, matched, strict=True)]
    most = max(1, *(int(one.max()) for one in counts))
    parts = [
        f"{label}: {rounded(kept.sum(), 0)} of {rounded(len(kept), 0)} matched"
        for label, kept in zip(labels, matched, strict=True)
    ]
    sheet = Canvas(
        NARROW_SHEET, 64 + 2 * HALF + 54, f"{name}s of {labels[0]} and {labels[1]}",
        told="; ".join(parts) + ".",
    )  # fmt: skip
    middle = 64 + HALF
    across = Scale(0, 1, LEFT, NARROW_SHEET - EDGE)
    up, down = Scale(0, most, middle, middle - HALF), Scale(0, most, middle, middle + HALF)
    for k, part in enumerate(parts):
        sheet.rect(LEFT, 9 + 16 * k, 11, 11, colour_of(k))
        sheet.text(LEFT + 18, 15 + 16 * k, part)
    sheet.text(LEFT, 47, "hollow: not matched", SMALL, colour=QUIET)
    if shaded:
        start, end = (across(one) for one in shaded)
        sheet.rect(start, middle - HALF, end - start, 2 * HALF, WASH)
    for tick in (one for one in round_ticks(0, most, 4) if one == int(one)):
        for side in (up, down):
            sheet.line(LEFT, side(tick), NARROW_SHEET - EDGE, side(tick), GRID, 0.7)
            sheet.text(LEFT - 6, side(tick), f"{tick:g}", SMALL, "end", QUIET)
    for k, side in enumerate((up, down)):
        for j in range(BINS):
            x, wide = across(edges[j]) + 0.5, across(edges[1]) - across(0) - 1
            outer, kept = side(counts[k][j]), side(inner[k][j])
            sheet.rect(x, min(outer, middle), wide, abs(outer - middle), "#ffffff", colour_of(k))
            sheet.rect(x, min(kept, middle), wide, abs(kept - middle), colour_of(k), colour_of(k))
    sheet.line(LEFT, middle, NARROW_SHEET - EDGE, middle, INK)
    bottom = middle + HALF
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        sheet.line(across(tick), bottom, across(tick), bottom + 4)
        sheet.text(across(tick), bottom + 13, f"{tick:g}", SMALL, "middle", QUIET)
    sheet.text((LEFT + NARROW_SHEET - EDGE) / 2, bottom + 32, name, SMALL, "middle")
    sheet.text(12, middle, "Persons", SMALL, "middle", turned=True)
    return Drawing(sheet.svg())

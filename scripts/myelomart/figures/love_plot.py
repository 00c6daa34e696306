"""Standardized differences of all covariates, before and after matching."""

from __future__ import annotations

import math

import pandas as pd

from myelomart.figures.canvas import (
    ARMS,
    GRID,
    QUIET,
    WASH,
    Canvas,
    Scale,
    round_ticks,
    text_width,
)

BALANCED = 0.1  # conventional limit of |SMD| (Austin 2009)
ROW, PLOT = 19.0, 330.0


def love_plot(differences: pd.DataFrame) -> str:
    """``differences``: label, group, population, smd; populations in the order to be shown."""
    labels = list(dict.fromkeys(differences["label"]))
    populations = list(dict.fromkeys(differences["population"]))
    known = differences["smd"].abs().replace(math.inf, math.nan)
    reach = max(2 * BALANCED, known.max() if known.notna().any() else 0) * 1.08
    left = max((text_width(label, 10.5) for label in labels), default=0) + 24
    top, bottom = 34.0, 34.0 + ROW * len(labels)
    sheet = Canvas(
        left + PLOT + 20, bottom + 46, "Standardized differences before and after matching"
    )
    across = Scale(-reach, reach, left, left + PLOT)
    sheet.rect(across(-BALANCED), top, across(BALANCED) - across(-BALANCED), bottom - top, WASH)
    sheet.line(across(0), top, across(0), bottom, QUIET)
    for tick in round_ticks(-reach, reach):
        sheet.line(across(tick), bottom, across(tick), bottom + 4)
        sheet.text(across(tick), bottom + 13, f"{tick:g}", 9.5, "middle", QUIET)
    words = f"Standardized difference (shaded: within ±{BALANCED:g})"
    sheet.text(left + PLOT / 2, bottom + 32, words, 10, "middle")
    for k, label in enumerate(labels):
        y = top + ROW * (k + 0.5)
        sheet.text(left - 10, y, label, 10.5, "end")
        sheet.line(left, y, left + PLOT, y, GRID, 0.7)
    for k, population in enumerate(populations):
        is_last = k == len(populations) - 1
        colour = ARMS[0] if is_last else ARMS[1]
        fill = colour if is_last else "#ffffff"
        sheet.circle(left + 12 + 150 * k, 16, 4, fill, colour, 1.4)
        sheet.text(left + 21 + 150 * k, 16, population, 10)
        of_it = differences[differences["population"] == population]
        smd = of_it.drop_duplicates("label").set_index("label")["smd"]
        for j, label in enumerate(labels):
            if label in smd.index and pd.notna(smd[label]):
                at = min(max(smd[label], -reach), reach)  # the infinite stands at the edge
                sheet.circle(across(at), top + ROW * (j + 0.5), 4, fill, colour, 1.4)
                if math.isinf(smd[label]):
                    sheet.text(across(at), top + ROW * (j + 0.5) - 6, "∞", 9.5, "middle")
    return sheet.svg()

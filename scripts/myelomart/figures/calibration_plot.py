"""Ratios against their standard errors: negative controls show the error, outcomes stand in it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.stats import norm

from myelomart.display.numbers import SMALL as P_LIMIT
from myelomart.display.numbers import rounded
from myelomart.figures.canvas import (
    ARMS,
    GRID,
    INK,
    NARROW_SHEET,
    QUIET,
    SMALL,
    WASH,
    WIDE_SHEET,
    Canvas,
    Drawing,
    Scale,
    round_ticks,
    wrapped,
)
from myelomart.sensitivity import ErrorPosterior

Z_95 = norm.ppf(0.975)
LEFT, EDGE, TOP, HEIGHT, STEPS = 46.0, 14.0, 64.0, 230.0, 40
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
WORD = 28.0  # pixels of the widest tick
MOST = math.log(100)  # beyond it a mark stands at the edge


def calibration_plot(
    ratios: pd.DataFrame, error: ErrorPosterior, labels: tuple[str, str]
) -> Drawing:
    """``ratios``: label, log_estimate, se, is_control. Inside the wash calibrated p is above 0.05.

    Between the dashed lines p is above 0.05 before calibration.
    """
    return Drawing(
        _sheet(ratios, error, labels, WIDE_SHEET).svg(),
        _sheet(ratios, error, labels, NARROW_SHEET).svg(),
    )


def _sheet(ratios, error, labels, width: float) -> Canvas:
    highest = 1.1 * ratios["se"].max()
    reach = min(MOST, max(math.log(2), 1.1 * ratios["log_estimate"].abs().max()))
    right, bottom = width - EDGE, TOP + HEIGHT
    across, up = Scale(-reach, reach, LEFT, right), Scale(0, highest, bottom, TOP)
    outside = [
        row.label
        for row in ratios.itertuples()
        if not row.is_control and error.p_value(row.log_estimate, row.se) < P_LIMIT
    ]
    told = f"Outcomes with calibrated p below 0.05: {', '.join(outside) or 'none'}."
    notes = wrapped(told, SMALL, width - LEFT - EDGE)
    sheet = Canvas(
        width, bottom + 56 + 14 * len(notes),
        f"Negative controls and outcomes of {labels[0]} and {labels[1]}", told=told,
    )  # fmt: skip
    heights = np.linspace(0, highest, STEPS)
    # without effect, ratios lie between the limits that calibration gives a ratio of 1, inverted
    limits = [error.calibrated(0.0, se)[1:] for se in heights]
    sides = [
        [(across(_held(-math.log(both[side]), reach)), up(se))
         for both, se in zip(limits, heights, strict=True)] for side in (1, 0)
    ]  # fmt: skip
    sheet.path([*sides[0], *reversed(sides[1])], "none", 0, WASH)
    for tick in round_ticks(0, highest, 5):
        sheet.line(LEFT, up(tick), right, up(tick), GRID, 0.7)
        sheet.text(LEFT - 6, up(tick), f"{tick:g}", SMALL, "end", QUIET)
    for side in (-1, 1):
        top = min(highest, reach / Z_95)
        sheet.line(across(0), bottom, across(side * Z_95 * top), up(top), QUIET, 1, "4 3")
    sheet.line(across(0), TOP, across(0), bottom, INK)
    room = across(math.log(TICKS[1])) - across(math.log(TICKS[0]))  # of two neighbours
    ticks = TICKS if room >= WORD else TICKS[::3]
    for tick in (one for one in ticks if abs(math.log(one)) <= reach):
        x = across(math.log(tick))
        sheet.line(x, bottom, x, bottom + 4)
        sheet.text(x, bottom + 13, f"{tick:g}", SMALL, "middle", QUIET)
    sheet.text((LEFT + right) / 2, bottom + 31, "Hazard ratio", SMALL, "middle")
    said = "Standard error of its logarithm"
    sheet.text(12, TOP + HEIGHT / 2, said, SMALL, "middle", turned=True)
    for row in ratios.sort_values("is_control").itertuples():
        _mark(sheet, across(_held(row.log_estimate, reach)), up(row.se), row.is_control)
    counts = ratios["is_control"].sum(), (~ratios["is_control"]).sum()
    for k, (is_control, name) in enumerate(((True, "negative controls"), (False, "outcomes"))):
        _mark(sheet, LEFT + 6, 14 + 17 * k, is_control)
        sheet.text(LEFT + 18, 14 + 17 * k, f"{rounded(counts[k], 0)} {name}")
    sheet.text(LEFT, 48, "shaded: calibrated p ≥ 0.05; dashed: p = 0.05", SMALL, colour=QUIET)
    for k, note in enumerate(notes):
        sheet.text(LEFT, bottom + 52 + 14 * k, note, SMALL, colour=QUIET)
    return sheet


def _held(value: float, reach: float) -> float:
    return min(max(value, -reach), reach)


def _mark(sheet: Canvas, x: float, y: float, is_control: bool) -> None:
    """A disc for a control, a diamond for an outcome."""
    if is_control:
        sheet.circle(x, y, 4, ARMS[0], "#ffffff", 0.8)
        return
    sheet.path([(x, y - 5.5), (x + 5.5, y), (x, y + 5.5), (x - 5.5, y)], "#ffffff", 0.8, ARMS[1])

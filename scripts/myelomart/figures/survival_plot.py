"""Survival and incidence curves with confidence bands and the numbers at risk below."""

from __future__ import annotations

import numpy as np

from myelomart.display.numbers import rounded
from myelomart.figures.canvas import GRID, INK, QUIET, Canvas, Scale, colour_of, text_width, wrapped

WIDTH, PLOT = 440.0, 215.0
RISK_ROW = 17.0
SMALL = 10.5


def survival_plot(
    curves: dict, title: str, months: list[float], p: float | None, note: str = ""
) -> str:
    """``curves``: label to SurvivalCurve in months; ``months`` are the ticks and risk columns."""
    lines = {
        label: (curve.time, curve.survival, curve.ci_low, curve.ci_high)
        for label, curve in curves.items()
    }
    at_risk = {label: curve.at(months)["n_risk"].to_numpy() for label, curve in curves.items()}
    said = f"{title}: survival curves of {', '.join(curves)}"
    return _plot(lines, at_risk, title, months, _p_words("log-rank", p), said, 1.0, note)


def incidence_plot(
    curves: dict,
    at_risk: dict,
    title: str,
    months: list[float],
    p: float | None,
    note: str = "",
) -> str:
    """``curves``: label to CumulativeIncidence, ``at_risk``: label to counts, both in months."""
    lines = {
        label: (curve.time, curve.incidence, curve.ci_low, curve.ci_high)
        for label, curve in curves.items()
    }
    said = f"{title}: cumulative incidence in {', '.join(curves)}"
    return _plot(lines, at_risk, title, months, _p_words("Gray", p), said, 0.0, note)


def coarse_plot(curves: dict, at_risk: dict, title: str, months: list[float], note: str) -> str:
    """``curves``: label to rows of `results.CURVE_COLUMNS`; ``at_risk``: label to counts.

    Few points are known of a coarse curve, and straight lines join them. Whether the curves fall
    from 1 or rise from 0 is told by their first rows.
    """
    names = ["time_months", "survival", "ci_low", "ci_high"]
    lines = {label: tuple(rows[name].to_numpy(float) for name in names)
             for label, rows in curves.items()}  # fmt: skip
    start = float(next(iter(lines.values()))[1][0])
    said = f"{title}: curves of {', '.join(curves)}, of rounded counts"
    return _plot(lines, at_risk, title, months, "", said, start, note, _joined)


def _p_words(test: str, p: float | None) -> str:
    if p is None or not np.isfinite(p):
        return ""
    return f"{test} p < 0.001" if p < 0.001 else f"{test} p = {p:.3f}"


def _plot(lines, at_risk, title, months, tested, said, start, note, corners=None) -> str:
    """Curves that begin at ``start``: 1 for survival, 0 for incidence; steps, or ``corners``."""
    names = {label: wrapped(label, SMALL, 130) for label in lines}
    widest = max((text_width(part, SMALL) for one in names.values() for part in one), default=40)
    swatch = 20 if len(lines) > 1 else 0  # the labels below are the legend: no curve runs there
    left = max(62.0, min(170.0, widest + swatch + 26))
    heads = wrapped(title, 12, WIDTH - 24)
    top = 18.0 + 15 * len(heads)
    rows = [max(len(one), 1) for one in names.values()]
    notes = wrapped(note, 9, WIDTH - 24) if note else []
    height = top + PLOT + 58 + sum(rows) * RISK_ROW * 0.9 + 8 + 12 * len(notes)
    sheet = Canvas(WIDTH, height, said)
    for k, head in enumerate(heads):
        sheet.text(12, 14 + 15 * k, head, 12, bold=True)
    across = Scale(0, max([*months, 1e-9]) or 1, left, WIDTH - 20)
    down = Scale(0, 1, top + PLOT, top + 6)
    _axes(sheet, across, down, months, left, top, start)
    last = max(months) if max(months) > 0 else np.inf
    for k, line in enumerate(lines.values()):
        _curve(sheet, across, down, line, colour_of(k), start, last, corners or _steps)
    if tested:
        y = top + PLOT - 12 if start else top + 16
        sheet.text(WIDTH - 24, y, tested, SMALL, "end", QUIET)
    y = top + PLOT + 34
    sheet.text(12, y, "At risk (months)", SMALL, colour=QUIET)
    y += RISK_ROW
    for k, (label, parts) in enumerate(names.items()):
        if swatch:
            sheet.line(12, y, 12 + swatch - 6, y, colour_of(k), 2.4)
        for j, part in enumerate(parts):
            sheet.text(12 + swatch, y + 12 * j, part, SMALL, colour=colour_of(k))
        for month, count in zip(months, at_risk[label], strict=True):
            sheet.text(across(month), y, rounded(count, 0), SMALL, "middle", colour_of(k))
        y += RISK_ROW * 0.9 * max(len(parts), 1)
    for k, part in enumerate(notes):
        sheet.text(12, y + 6 + 12 * k, part, 9, colour=QUIET)
    return sheet.svg()


def _axes(sheet, across, down, months, left, top, start) -> None:
    for share in (0, 0.25, 0.5, 0.75, 1):
        sheet.line(left, down(share), WIDTH - 20, down(share), GRID, 0.8)
        sheet.text(left - 7, down(share), f"{100 * share:.0f} %", SMALL, "end", QUIET)
    sheet.line(left, down(0), WIDTH - 20, down(0), QUIET)
    for month in months:
        sheet.line(across(month), down(0), across(month), down(0) + 4, QUIET)
        sheet.text(across(month), down(0) + 13, f"{month:g}", SMALL, "middle", QUIET)
    word = "Free of the event" if start else "With the event"
    sheet.text(left - 46, (down(0) + down(1)) / 2, word, SMALL, "middle", INK, turned=True)


def _curve(sheet, across, down, line, colour, start, last, corners) -> None:
    time, level, low, high = (np.asarray(part, float) for part in line)
    kept = time <= last
    ended = (~kept).any()
    time, level = time[kept], level[kept]
    low, high = _carried(low[kept], start), _carried(high[kept], start)
    if ended and corners is _steps:  # the curve runs on to the edge of the picture
        time = np.append(time, last)
        level, low, high = (
            np.append(part, part[-1] if len(part) else start) for part in (level, low, high)
        )
    upper = corners(across, down, time, high, start)
    lower = corners(across, down, time, low, start)
    if len(time):
        sheet.path([*upper, *reversed(lower)], "none", 0, colour, 0.13)
    sheet.path(corners(across, down, time, level, start), colour, 1.8)


def _steps(across, down, time, level, start) -> list[tuple[float, float]]:
    """Corners of a step function that begins at ``start``; only where it moves."""
    points, before = [(across(0), down(start))], start
    for moment, value in zip(time, level, strict=True):
        if value != before:
            points += [(across(moment), down(before)), (across(moment), down(value))]
            before = value
    if len(time):
        points.append((across(time[-1]), down(before)))
    return points


def _joined(across, down, time, level, start) -> list[tuple[float, float]]:
    """The points themselves."""
    return [(across(moment), down(value)) for moment, value in zip(time, level, strict=True)]


def _carried(limits: np.ndarray, start: float) -> np.ndarray:
    """Limits that are undefined take the last defined one: before the first event, the start."""
    filled, last = limits.copy(), start
    for index, limit in enumerate(limits):
        last = limit if np.isfinite(limit) else last
        filled[index] = last
    return filled

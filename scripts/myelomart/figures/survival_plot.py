"""Survival and incidence curves with censoring ticks, medians and the numbers at risk below.

Words stand above the axes and below them, never among the curves. Ticks show when single persons
left: `coarse_plot`, which draws what a disclosure policy lets be known, has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from myelomart.display.numbers import rounded
from myelomart.figures.canvas import (
    GRID,
    INK,
    PANEL,
    QUIET,
    SMALL,
    Canvas,
    Drawing,
    Scale,
    colour_of,
    dash_of,
    text_width,
    wrapped,
)
from myelomart.figures.panels import joined

LEFT, EDGE, PLOT = 52.0, 10.0, 124.0
LEADING, INDENT = 13.0, 24.0
MODEL_DASHES = ("7 4", "1 3")  # of fitted curves, in their order
MOST_BANDS = 2  # bands of more curves hide each other
TOPS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)  # where the axis of an incidence may end
LETTER = 20.0  # pixels left free for the letter of a panel


@dataclass(frozen=True)
class Frame:
    """The words around a plot: title, both axes, what was tested, and what must be known."""

    title: str
    y_title: str
    x_title: str
    told: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class _Line:
    """One curve: its steps, its numbers at risk, its words, and when persons left it."""

    label: str
    time: np.ndarray
    level: np.ndarray
    low: np.ndarray
    high: np.ndarray
    at_risk: np.ndarray
    beside: str = ""
    censored: np.ndarray = field(default_factory=lambda: np.zeros(0))
    median: float = float("nan")
    models: tuple[tuple[np.ndarray, np.ndarray], ...] = ()  # times and levels of fitted curves


def survival_panel(
    curves: dict, frame: Frame, months: list[float], models: dict | None = None
) -> Canvas:
    """``curves``: label to SurvivalCurve in months; ``months`` are the ticks and risk columns.

    ``models``: label to the times and levels of curves that were fitted to it; beside them stand
    neither bands nor ticks, which are in the figure of the curves alone.
    """
    lines = [
        _Line(
            label, curve.time, curve.survival, curve.ci_low, curve.ci_high,
            curve.at(months)["n_risk"].to_numpy(), _events_and_median(curve),
            curve.time[(curve.n_censor > 0) & (models is None)], curve.median,
            tuple((models or {}).get(label, ())),
        )
        for label, curve in curves.items()
    ]  # fmt: skip
    return _panel(lines, frame, months, 1.0)


def incidence_panel(
    curves: dict, at_risk: dict, censored: dict, frame: Frame, months: list[float]
) -> Canvas:
    """``curves``: label to CumulativeIncidence; ``at_risk``: label to counts, in months;
    ``censored``: label to the times at which persons left without any event."""
    lines = [
        _Line(
            label, curve.time, curve.incidence, curve.ci_low, curve.ci_high, at_risk[label],
            f"{rounded(curve.n_event.sum(), 0)} of {rounded(curve.n_risk[0], 0)}",
            np.unique(censored[label]),
        )
        for label, curve in curves.items()
    ]  # fmt: skip
    return _panel(lines, frame, months, 0.0)


def coarse_plot(curves: dict, at_risk: dict, title: str, months: list[float], note: str) -> Drawing:
    """``curves``: label to rows of `results.CURVE_COLUMNS`; ``at_risk``: label to counts.

    Few points are known of a coarse curve, and straight lines join them. Whether the curves fall
    from 1 or rise from 0 is told by their first rows. Nobody's own time is drawn: no ticks.
    """
    names = ["time_months", "survival", "ci_low", "ci_high"]
    lines = [
        _Line(label, *(rows[name].to_numpy(float) for name in names), at_risk[label])
        for label, rows in curves.items()
    ]
    start = float(lines[0].level[0])
    word = "Free of the event" if start else "With the event"
    frame = Frame(title, word, "Months from time zero", (), note)
    return joined([_panel(lines, frame, months, start, _joined)], title)


def tested_words(test: str, p: float | None) -> str:
    """A test by its name and its p; nothing where there is none."""
    if p is None or not np.isfinite(p):
        return ""
    if p > 0.99:
        return f"{test} p > 0.99"
    return f"{test} p < 0.001" if p < 0.001 else f"{test} p = {rounded(p, 3)}"


def _events_and_median(curve) -> str:
    counted = f"{rounded(curve.events, 0)} of {rounded(curve.n, 0)}"
    if not np.isfinite(curve.median):
        return f"{counted}; median not reached"
    limits = [rounded(one, 1) if np.isfinite(one) else "NE" for one in curve.median_ci]
    return f"{counted}; median {rounded(curve.median, 1)} ({limits[0]}–{limits[1]})"


def _panel(lines: list[_Line], frame: Frame, months, start: float, corners=None) -> Canvas:
    """Curves that begin at ``start``: 1 for survival, 0 for incidence; steps, or ``corners``."""
    heads = wrapped(frame.title, 12, PANEL - INDENT - EDGE)
    shared, lines = _without_prefix(lines)
    keys = _keys(lines)
    told = [part for one in frame.told if one for part in wrapped(one, SMALL, PANEL - 40)]
    notes = wrapped(frame.note, SMALL, PANEL - 20) if frame.note else []
    under = wrapped(frame.x_title, SMALL, PANEL - LEFT + 20)
    above = sum(len(k) for k in keys) + len(told) + len(shared)
    top = 24 + 15 * len(heads) + LEADING * above
    plot_end = top + PLOT + LEADING * (len(under) - 1)
    height = plot_end + 50 + 14 * (len(lines) + 1) + LEADING * len(notes) + 4
    sheet = Canvas(PANEL, height, frame.title, told=_seen(lines, frame))
    for k, head in enumerate(heads):
        sheet.text(INDENT, 14 + 15 * k, head, 12, bold=True)
    y = 18 + 15.0 * len(heads)
    for k, part in enumerate(shared):
        sheet.text(INDENT, y + LEADING * k, part, colour=QUIET)
    y = _legend(sheet, keys, y + LEADING * len(shared))
    for k, part in enumerate(told):
        sheet.text(INDENT, y + LEADING * k, part, colour=QUIET)
    most = 1.0 if start else _top(lines)
    across = Scale(0, max([*months, 1e-9]) or 1, LEFT, PANEL - EDGE - 4)
    down = Scale(0, most, top + PLOT, top + 6)
    _axes(sheet, across, down, months, most, frame, under)
    last = max(months) if max(months) > 0 else np.inf
    has_bands = len(lines) <= MOST_BANDS and not any(line.models for line in lines)
    for k, line in enumerate(lines):
        _curve(sheet, across, down, line, k, start, last, corners or _steps, has_bands)
    if start:
        _medians(sheet, across, down, lines, last)
    y = _at_risk(sheet, across, lines, months, plot_end + 46)
    for k, part in enumerate(notes):
        sheet.text(10, y + LEADING * k, part, colour=QUIET)
    return sheet


def _seen(lines: list[_Line], frame: Frame) -> str:
    """What the curves say, in words."""
    parts = [f"{line.label}: {line.beside}" if line.beside else line.label for line in lines]
    return (
        ". ".join([f"{frame.y_title}. {parts[0]}", *parts[1:], *(one for one in frame.told if one)])
        + "."
    )


def _without_prefix(lines: list[_Line]) -> tuple[list[str], list[_Line]]:
    """What many labels begin with ("EMD at baseline and at progression: "), once, above them."""
    begun = {line.label.split(": ", 1)[0] for line in lines}
    if len(lines) <= MOST_BANDS or len(begun) > 1 or any(": " not in one.label for one in lines):
        return [], lines
    shorter = [replace(line, label=line.label.split(": ", 1)[1]) for line in lines]
    return wrapped(f"{begun.pop()}:", SMALL, PANEL - 40), shorter


def _keys(lines: list[_Line]) -> list[list[tuple[str, bool]]]:
    """The legend: lines of words per curve, and whether each still is the label."""
    room = PANEL - INDENT - 30 - EDGE
    keys = []
    for line in lines:
        label = wrapped(line.label, SMALL, room)
        whole = f"{label[-1]}: {line.beside}"
        if not line.beside:
            keys.append([(part, True) for part in label])
        elif text_width(whole, SMALL) <= room:
            keys.append([(part, True) for part in [*label[:-1], whole]])
        else:
            beside = wrapped(line.beside, SMALL, room)
            keys.append([*((part, True) for part in label), *((part, False) for part in beside)])
    return keys


def _legend(sheet: Canvas, keys, y: float) -> float:
    """Draw the legend from ``y`` down and return where it ends."""
    for k, parts in enumerate(keys):
        sheet.line(INDENT, y, INDENT + 24, y, colour_of(k), 2.2, dash_of(k))
        for part, is_label in parts:
            sheet.text(INDENT + 30, y, part, colour=INK if is_label else QUIET)
            y += LEADING
    return y


def _top(lines: list[_Line]) -> float:
    """The end of the axis of an incidence: above every curve and its band."""
    highest = max(
        (float(np.nanmax(part)) for line in lines for part in (line.level, line.high)
         if len(part) and np.isfinite(part).any()), default=0.0,
    )  # fmt: skip
    return next((top for top in TOPS if top >= highest), 1.0)


def _axes(sheet, across, down, months, most, frame: Frame, under: list[str]) -> None:
    right = PANEL - EDGE
    for share in np.linspace(0, most, 5):
        sheet.line(LEFT, down(share), right, down(share), GRID, 0.8)
        sheet.text(LEFT - 6, down(share), f"{100 * share:g} %", SMALL, "end", QUIET)
    sheet.line(LEFT, down(0), right, down(0), QUIET)
    sheet.line(LEFT, down(0), LEFT, down(most), QUIET)
    for month in months:
        sheet.line(across(month), down(0), across(month), down(0) + 4, QUIET)
        sheet.text(across(month), down(0) + 13, f"{month:g}", SMALL, "middle", QUIET)
    middle = (down(0) + down(most)) / 2
    words = wrapped(frame.y_title, SMALL, PLOT)[:1]
    sheet.text(8, middle, words[0], SMALL, "middle", INK, turned=True)
    for k, part in enumerate(under):
        at = min((LEFT + right) / 2, PANEL - 6 - text_width(part, SMALL) / 2)
        sheet.text(at, down(0) + 30 + LEADING * k, part, SMALL, "middle")


def _at_risk(sheet, across, lines: list[_Line], months, y: float) -> float:
    """The numbers at risk under their ticks, each row with the mark of its curve."""
    sheet.text(10, y, "At risk", SMALL, colour=QUIET)
    y += 14
    for k, line in enumerate(lines):
        sheet.line(10, y, 34, y, colour_of(k), 2.2, dash_of(k))
        for month, count in zip(months, line.at_risk, strict=True):
            if np.isfinite(count):
                sheet.text(across(month), y, rounded(count, 0), SMALL, "middle", colour_of(k))
        y += 14
    return y + 2


def _curve(sheet, across, down, line: _Line, k, start, last, corners, has_band) -> None:
    parts = (line.time, line.level, line.low, line.high)
    time, level, low, high = (np.asarray(part, float) for part in parts)
    kept = time <= last
    ended = (~kept).any()
    time, level = time[kept], level[kept]
    low, high = _carried(low[kept], start), _carried(high[kept], start)
    if ended and corners is _steps:  # the curve runs on to the edge of the picture
        time = np.append(time, last)
        level, low, high = (
            np.append(part, part[-1] if len(part) else start) for part in (level, low, high)
        )
    if len(time) and has_band:
        upper = corners(across, down, time, high, start)
        lower = corners(across, down, time, low, start)
        sheet.path([*upper, *reversed(lower)], "none", 0, colour_of(k), 0.13)
    sheet.path(corners(across, down, time, level, start), colour_of(k), 1.8, dash=dash_of(k))
    for dash, (times, levels) in zip(MODEL_DASHES, line.models, strict=False):
        inside = times <= last
        points = _joined(across, down, times[inside], levels[inside], start)
        sheet.path([(across(0), down(start)), *points], INK, 1.1, dash=dash)
    _ticks(sheet, across, down, line, time, level, k, start, last)


def _ticks(sheet, across, down, line: _Line, time, level, k, start, last) -> None:
    """A short upright stroke where persons left; strokes closer than two pixels are one."""
    at = line.censored[line.censored <= last]
    if not len(at) or not len(time):
        return
    heights = np.concatenate([[start], level])[np.searchsorted(time, at + 1e-9, side="right")]
    seen = dict.fromkeys(
        (2 * round(across(moment) / 2), round(down(height), 1))
        for moment, height in zip(at, heights, strict=True)
    )
    sheet.shape("".join(f"M{x} {y - 3:g}v6" for x, y in seen), colour_of(k), 0.8)


def _medians(sheet, across, down, lines: list[_Line], last: float) -> None:
    """From half on the axis to each curve that reaches it, and down from there."""
    reached = [(line.median, k) for k, line in enumerate(lines) if line.median <= last]
    if not reached:
        return
    furthest = max(median for median, _ in reached)
    sheet.line(across(0), down(0.5), across(furthest), down(0.5), QUIET, 1, "2 3")
    for median, k in reached:
        sheet.line(across(median), down(0.5), across(median), down(0), colour_of(k), 1, "2 3")


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

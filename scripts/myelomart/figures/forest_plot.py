"""Ratios on a log axis, with what a reader needs to judge them beside each.

Where there is room, a row of columns; on a phone and in one journal column the numbers stand below
each ratio.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.display.numbers import p_value, ratio, rounded
from myelomart.figures.canvas import (
    ARMS,
    GRID,
    INK,
    NARROW_SHEET,
    QUIET,
    SMALL,
    WIDEST_SHEET,
    Canvas,
    Drawing,
    Scale,
    text_width,
    wrapped,
)

NARROWEST, WIDEST = 0.05, 50.0  # an interval that goes further ends in an arrow
ROW, LEADING, GAP = 19.0, 13.0, 13.0
PLOT, LONGEST = (130.0, 250.0), (130.0, 200.0)  # pixels of plot and label: least and most
TICKS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 10, 25, 50)
MARKS = {
    "†": "† not interpretable: one arm was tested more than twice as often.",
    "‡": "‡ no event in one arm: Firth's estimate, with limits and p of its profile likelihood.",
}
MEAN = "Restricted mean, months"
ABOUT_MEANS = "Restricted mean: time without the event, where death does not compete."
ALONE = "Hollow: each factor alone. Full: all factors together."
HR = "HR (95 % CI)"
FEW = 0.25  # of the rows: a column that fewer fill is told below the plot


@dataclass(frozen=True)
class _Row:
    """One line: what it says in each column, and its ratio; ``cells`` follow the plot.

    ``alone`` is a second ratio with its limits, drawn hollow above the first.
    """

    label: str
    group: str
    before: tuple[str, ...]
    hr: float
    low: float
    high: float
    cells: tuple[str, ...]
    is_faded: bool
    alone: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class _Sheet:
    """All that both layouts draw: rows, the headings before and after the plot, axis, notes."""

    rows: list[_Row]
    before: list[str]
    after: list[str]
    axis: str
    said: str
    notes: list[str]
    limits: tuple[float, float]

    @property
    def ticks(self) -> list[float]:
        """The round ratios within the limits."""
        low, high = self.limits
        inside = [tick for tick in TICKS if low <= tick <= high]
        across = Scale(low, high, 0, PLOT[0], log=True)
        kept = [1.0]  # then outwards, as far apart as their words are wide
        for tick in sorted(inside, key=lambda tick: abs(across(tick) - across(1))):
            if all(abs(across(tick) - across(one)) > 26 for one in kept):
                kept.append(tick)
        return sorted(kept)

    def groups(self) -> dict[str, list[_Row]]:
        """The rows of each group, in order."""
        found: dict[str, list[_Row]] = {}
        for row in self.rows:
            found.setdefault(row.group, []).append(row)
        return found


def forest_plot(rows: pd.DataFrame, labels: tuple[str, str]) -> Drawing:
    """``rows``: label, group, n/events per side, hr, limits, p, status, is_penalised; in order.

    ``absolute`` (of `estimates.absolute`), where there is one, gives two columns more.
    """
    shown = rows.assign(
        beside_1=[
            f"{e} / {n}" for e, n in zip(rows["events_treated"], rows["n_treated"], strict=True)
        ],
        beside_2=[
            f"{e} / {n}" for e, n in zip(rows["events_control"], rows["n_control"], strict=True)
        ],
    )
    headings = [f"{label}, events / n" for label in labels]
    axis = f"◂ fewer after {labels[0]}  |  hazard ratio  |  more after {labels[0]} ▸"
    said = f"Hazard ratios of {labels[0]} against {labels[1]}"
    more = _absolute_columns(shown)
    notes = [ABOUT_MEANS] if MEAN in more else []
    sheet = _sheet_of(shown.assign(**more), headings, axis, said, HR, "Wald", [*more], notes)
    means = more.pop(MEAN, [])
    is_few = sum(cell != "–" for cell in means) < FEW * len(shown)
    if means and (is_few or _wide(sheet).width > WIDEST_SHEET):
        cells = zip(shown["label"], means, strict=True)
        told = "; ".join(f"{label} {cell}" for label, cell in cells if cell != "–")
        notes = [f"{MEAN}: {told}. {ABOUT_MEANS.split(': ')[1].capitalize()}"]
        sheet = _sheet_of(shown.assign(**more), headings, axis, said, HR, "Wald", [*more], notes)
    return Drawing(_wide(sheet).svg(), _narrow(sheet).svg())


def ratio_forest(
    rows: pd.DataFrame, beside: list[str], axis: str, said: str, ratio: str,
    test: str, more: list[str] | None = None, notes: list[str] | None = None,
) -> Drawing:  # fmt: skip
    """``rows``: label, group, hr, ci_low, ci_high, p, status and ``beside_1`` … as words.

    ``test`` made every p; ``more`` names columns of words that stand after it, ``notes`` stand
    below. Rows with ``alone_hr``, ``alone_ci_low``, ``alone_ci_high`` and ``alone_p`` show a second
    ratio: of one factor alone, beside that of all together.
    """
    sheet = _sheet_of(rows, beside, axis, said, ratio, test, more or [], notes or [])
    return Drawing(_wide(sheet).svg(), _narrow(sheet).svg())


def _sheet_of(rows, beside, axis, said, ratio, test, more: list[str], notes: list[str]) -> _Sheet:
    """What `ratio_forest` draws, in words and places on the axis."""
    rows = rows.assign(status=rows["status"].astype(object).where(rows["status"].notna(), None))
    limits = [name for name in rows if name.endswith(("ci_low", "ci_high"))]
    finite = rows[limits].astype(float).replace([np.inf, 0], np.nan)
    low = max(NARROWEST, np.nanmin([0.5, finite.min().min()]) / 1.2)
    high = min(WIDEST, np.nanmax([2.0, finite.max().max()]) * 1.2)
    lines = [_row(one, len(beside), more) for one in rows.to_dict("records")]
    marks = [words for mark, words in MARKS.items() if any(mark in one.label for one in lines)]
    p = f"p, {test}" + (", ‡ Firth" if any("‡" in one.label for one in lines) else "")
    after, notes = [ratio, p, *more], [*marks, *notes]
    if "alone_hr" in rows:
        after = [f"alone, {ratio}", p, f"together, {ratio}", p]
        notes = [*notes, ALONE]
    return _Sheet(lines, beside, after, axis, said, notes, (low, high))


def _row(one: dict, sides: int, more: list[str]) -> _Row:
    label = one["label"] + (" †" if one["status"] == "not_interpretable" else "")
    label += " ‡" if one.get("is_penalised") is True else ""
    words, alone = _words(one), None
    if "alone_hr" in one:
        alone = (one["alone_hr"], one["alone_ci_low"], one["alone_ci_high"])
        words = (*_words(one, "alone_"), *words)
    return _Row(
        label, one["group"], tuple(one[f"beside_{k + 1}"] for k in range(sides)), one["hr"],
        one["ci_low"], one["ci_high"], (*words, *(one[name] for name in more)),
        bool(one["status"]), alone,
    )  # fmt: skip


def _words(one: dict, way: str = "") -> tuple[str, str]:
    """A ratio with its limits, and its p; nothing where the model does not have the factor."""
    if np.isfinite(one[f"{way}hr"]):
        limits = one[f"{way}ci_low"], one[f"{way}ci_high"]
        return ratio(one[f"{way}hr"], *limits), p_value(one[f"{way}p"])
    return ("not estimable" if one["status"] and not way else "–"), "–"


def _absolute_columns(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Risk difference and difference of restricted means, in words, where any row has them."""
    if "absolute" not in rows:
        return {}
    found = [one if pd.notna(one) else None for one in rows["absolute"]]
    horizons = {one.horizon for one in found if one is not None}
    if not horizons:
        return {}
    at = f" at {rounded(max(horizons), 0)} months" if len(horizons) == 1 else ""
    columns = {
        f"Risk difference{at}, % points": [
            "–" if one is None else _signed(one.risk_difference, 100, 1.0) for one in found
        ]
    }
    means = [None if one is None else one.mean_difference for one in found]
    if any(one is not None for one in means):
        columns[MEAN] = ["–" if one is None else _signed(one, 1) for one in means]
    return columns


def _signed(one, times: float, most: float = np.inf) -> str:
    """A difference with its limits, none of which goes beyond ``most``."""
    if not np.isfinite(one.estimate):
        return "–"
    digits = 1 if times > 1 else 2
    limits = (one.estimate, max(one.ci_low, -most), min(one.ci_high, most))
    shown = [rounded(times * value + 0.0, digits) for value in limits]
    shown = [text.removeprefix("-") if float(text) == 0 else text for text in shown]
    return f"{shown[0]} ({shown[1]} to {shown[2]})".replace("-", "−")


def _wide(sheet: _Sheet) -> Canvas:
    """One line per ratio: label, counts, plot, ratio, p and what else is told."""
    before = [_column_width(head, [row.before[k] for row in sheet.rows])
              for k, head in enumerate(sheet.before)]  # fmt: skip
    after = [_column_width(head, [row.cells[k] for row in sheet.rows])
             for k, head in enumerate(sheet.after)]  # fmt: skip
    numbers = sum(before) + sum(after) + 2 * GAP + 4
    longest = min(LONGEST[1], max(LONGEST[0], WIDEST_SHEET - numbers - PLOT[0] - 30))
    labels = [wrapped(row.label, SMALL, longest) for row in sheet.rows]
    heads = [text_width(group, SMALL, bold=True) for group in sheet.groups()]
    name_width = 30 + max(
        [min(longest, max(heads, default=0))]
        + [text_width(part, SMALL) for parts in labels for part in parts]
    )
    start = name_width + sum(before) + GAP
    plot = min(max(WIDEST_SHEET - numbers - name_width, PLOT[0]), PLOT[1])
    top = 12 + LEADING * max(len(_heading(head)) for head in [*sheet.before, *sheet.after])
    tall = {id(row): max(ROW + (3 if row.alone else 0), 6 + LEADING * len(parts))
            for row, parts in zip(sheet.rows, labels, strict=True)}  # fmt: skip
    bottom = top + sum(tall.values()) + ROW * len(sheet.groups())
    width = start + plot + GAP + sum(after) + 4
    notes = [part for note in sheet.notes for part in wrapped(note, SMALL, width - 16)]
    canvas = Canvas(width, bottom + 44 + 14 * len(notes), sheet.said, told=_told(sheet))
    across = Scale(*sheet.limits, start, start + plot, log=True)
    _frame(canvas, across, sheet, top, bottom)
    edges = name_width + np.cumsum(before)
    ends = start + plot + GAP + np.cumsum(after)
    for head, edge in zip([*sheet.before, *sheet.after], [*edges, *ends], strict=True):
        parts = _heading(head)
        for k, part in enumerate(parts):
            y = top - 8 - LEADING * (len(parts) - 1 - k)
            canvas.text(edge, y, part, SMALL, "end", QUIET)
    y = top
    for group, own in sheet.groups().items():
        canvas.text(8, y + ROW / 2, group, SMALL, bold=True)
        y += ROW
        for row in own:
            high = tall[id(row)]
            parts = wrapped(row.label, SMALL, longest)
            colour = QUIET if row.is_faded else INK
            for k, part in enumerate(parts):
                at = y + high / 2 + LEADING * (k - (len(parts) - 1) / 2)
                canvas.text(20, at, part, SMALL, colour=colour)
            for cell, edge in zip([*row.before, *row.cells], [*edges, *ends], strict=True):
                canvas.text(edge, y + high / 2, cell, SMALL, "end", colour)
            _intervals(canvas, across, y + high / 2, row, sheet.limits)
            y += high
    for k, note in enumerate(notes):
        canvas.text(8, bottom + 48 + 14 * k, note, SMALL, colour=QUIET)
    return canvas


def _narrow(sheet: _Sheet) -> Canvas:
    """Label, plot and numbers of each ratio below each other."""
    room = NARROW_SHEET - 20
    blocks = [(row, wrapped(row.label, SMALL, room), _sentences(sheet, row, room))
              for row in sheet.rows]  # fmt: skip
    heads = {group: wrapped(group, 12, room) for group in sheet.groups()}
    notes = [part for note in sheet.notes for part in wrapped(note, SMALL, room)]
    title = wrapped(sheet.said, 12, room)
    axis = [part for half in sheet.axis.split("  |  ") for part in wrapped(half, SMALL, room)]
    height = 16 + 15 * len(title) + sum(15 * len(parts) + 8 for parts in heads.values())
    height += sum(LEADING * (len(a) + len(b)) + 30 for _, a, b in blocks)
    height += 30 + 14 * (len(axis) + len(notes))
    canvas = Canvas(NARROW_SHEET, height, sheet.said, told=_told(sheet))
    across = Scale(*sheet.limits, 16, NARROW_SHEET - 16, log=True)
    for k, part in enumerate(title):
        canvas.text(10, 14 + 15 * k, part, 12, bold=True)
    y, last = 16 + 15.0 * len(title), None
    tops: list[float] = []
    for row, label, words in blocks:
        if row.group != last:
            for k, part in enumerate(heads[row.group]):
                canvas.text(10, y + 10 + 15 * k, part, 12, bold=True, colour=QUIET)
            y += 15 * len(heads[row.group]) + 8
            canvas.line(10, y - 2, NARROW_SHEET - 10, y - 2, GRID)
            last = row.group
        for k, part in enumerate(label):
            canvas.text(10, y + 9 + LEADING * k, part, SMALL)
        y += LEADING * len(label) + 4
        tops.append(y)
        y += 18
        for k, part in enumerate(words):
            canvas.text(10, y + 5 + LEADING * k, part, SMALL, colour=QUIET)
        y += LEADING * len(words) + 8
    for tick in sorted(sheet.ticks, key=lambda tick: tick == 1):  # drawn alike, written as one path
        colour, width = (QUIET, 1.1) if tick == 1 else (GRID, 0.7)
        for top in tops:
            canvas.line(across(tick), top, across(tick), top + 14, colour, width)
    for top, row in zip(tops, sheet.rows, strict=True):
        _intervals(canvas, across, top + 7, row, sheet.limits)
    canvas.line(10, y, NARROW_SHEET - 10, y)
    for tick in sheet.ticks:
        canvas.line(across(tick), y, across(tick), y + 4)
        canvas.text(across(tick), y + 12, f"{tick:g}", SMALL, "middle", QUIET)
    for k, part in enumerate([*axis, *notes]):
        canvas.text(10, y + 30 + 14 * k, part, SMALL, colour=INK if k < len(axis) else QUIET)
    return canvas


def _sentences(sheet: _Sheet, row: _Row, room: float) -> list[str]:
    """The numbers of a row in words, each with the name of its column."""
    counts = [f"{head.replace(', events / n', '')} {cell}"
              for head, cell in zip(sheet.before, row.before, strict=True) if cell]  # fmt: skip
    ratios = 2 if row.alone is None else 4  # cells of ratios, each with its p
    told = []
    for k in range(0, ratios, 2):
        p = "" if row.cells[k + 1] == "–" else f", {_p_words(sheet.after[k + 1], row.cells[k + 1])}"
        if row.cells[k] != "–":
            told.append(f"{sheet.after[k].split(' (')[0]} {row.cells[k]}{p}")
    told += ["; ".join(counts)] if counts else []
    told += [f"{head}: {cell}"
             for head, cell in zip(sheet.after[ratios:], row.cells[ratios:], strict=True)
             if cell != "–"]  # fmt: skip
    return [line for one in told for line in wrapped(one, SMALL, room * 1.08)]


def _p_words(head: str, p: str) -> str:
    test = head.split(", ")[1]
    return f"{test} p {p.replace('<', '< ')}" if p.startswith("<") else f"{test} p = {p}"


def _told(sheet: _Sheet) -> str:
    return "; ".join(f"{row.label}: {row.cells[0]}" for row in sheet.rows) + "."


def _column_width(head: str, cells: list[str]) -> float:
    return GAP + max(text_width(part, SMALL) for part in [*_heading(head), *cells])


def _heading(head: str) -> list[str]:
    """A heading in lines: a comma ends one, and no line is longer than most numbers."""
    parts = head.split(", ")
    return [line for part in parts for line in wrapped(part, SMALL, 92)]


def _frame(canvas, across, sheet: _Sheet, top: float, bottom: float) -> None:
    start = across.start
    for tick in sheet.ticks:
        colour, width = (QUIET, 1.1) if tick == 1 else (GRID, 0.7)
        canvas.line(across(tick), top, across(tick), bottom, colour, width)
        canvas.text(across(tick), bottom + 13, f"{tick:g}", SMALL, "middle", QUIET)
    canvas.line(start, bottom, across.end, bottom)
    half = text_width(sheet.axis, SMALL) / 2
    middle = min(max((start + across.end) / 2, half + 6), canvas.width - half - 6)
    canvas.text(middle, bottom + 32, sheet.axis, SMALL, "middle")


def _intervals(canvas, across, y: float, row: _Row, limits: tuple[float, float]) -> None:
    """The ratio of a row, and the hollow one of the factor alone above it."""
    if row.alone is None:
        _interval(canvas, across, y, (row.hr, row.low, row.high), row.is_faded, limits)
        return
    _interval(canvas, across, y - 4, row.alone, True, limits)
    _interval(canvas, across, y + 4, (row.hr, row.low, row.high), False, limits)


def _interval(canvas, across, y: float, one, is_hollow: bool, limits) -> None:
    """A ratio as a square on its interval; what goes beyond the axis ends in an arrow."""
    hr, ci_low, ci_high = one
    if not np.isfinite(hr):
        return
    low, high = limits
    colour = QUIET if is_hollow else ARMS[0]
    left, right = across(min(max(ci_low, low), high)), across(max(min(ci_high, high), low))
    canvas.line(left, y, right, y, colour, 1.5)
    if ci_high > high:
        canvas.path([(right, y - 4), (right + 6, y), (right, y + 4)], "none", 0, colour)
    if ci_low < low:
        canvas.path([(left, y - 4), (left - 6, y), (left, y + 4)], "none", 0, colour)
    if low <= hr <= high:
        fill = "#ffffff" if is_hollow else colour
        canvas.rect(across(hr) - 3.4, y - 3.4, 6.8, 6.8, fill, colour, line=1.3)

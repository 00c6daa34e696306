"""Ratios on a log axis, with what a reader needs to judge them beside each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from myelomart.figures.canvas import ARMS, GRID, INK, QUIET, Canvas, Scale, text_width

NARROWEST, WIDEST = 0.05, 50.0  # an interval that goes further ends in an arrow
ROW, PLOT = 20.0, 250.0
TICKS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 10, 25, 50)


def forest_plot(rows: pd.DataFrame, labels: tuple[str, str]) -> str:
    """``rows``: label, group, n/events per side, hr, limits, p, status, is_penalised; in order."""
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
    return ratio_forest(shown, headings, axis, said, "HR (95 % CI)")


def ratio_forest(rows: pd.DataFrame, beside: list[str], axis: str, said: str, ratio: str) -> str:
    """``rows``: label, group, hr, ci_low, ci_high, p, status and ``beside_1`` … as words."""
    rows = rows.assign(status=rows["status"].astype(object).where(rows["status"].notna(), None))
    lines: list[tuple] = []
    for group in dict.fromkeys(rows["group"]):
        lines.append((None, group))
        lines += [(row, None) for row in rows[rows["group"] == group].itertuples()]
    finite = rows[["hr", "ci_low", "ci_high"]].astype(float).replace([np.inf, 0], np.nan)
    low = max(NARROWEST, np.nanmin([0.5, finite["ci_low"].min()]) / 1.2)
    high = min(WIDEST, np.nanmax([2.0, finite["ci_high"].max()]) * 1.2)
    name_width = max((text_width(label, 10.5) + 20 for label in rows["label"]), default=80) + 14
    name_width = max([name_width, *(text_width(g, 10.5, bold=True) + 10 for g in rows["group"])])
    widths = [max(text_width(part, 9.5) for part in _two_lines(head)) + 16 for head in beside]
    start = name_width + sum(widths) + 10
    top, bottom = 44.0, 44.0 + ROW * len(lines)
    sheet = Canvas(start + PLOT + 190, bottom + 46, said)
    across = Scale(low, high, start, start + PLOT, log=True)
    _frame(sheet, across, [t for t in TICKS if low <= t <= high], start, top, bottom, axis)
    edges = name_width + np.cumsum(widths)
    for head, edge in zip(beside, edges, strict=True):
        for k, part in enumerate(_two_lines(head)):
            sheet.text(edge, 14 + 12 * k, part, 9.5, "end", QUIET)
    sheet.text(start + PLOT + 14, 26, ratio, 9.5, colour=QUIET)
    sheet.text(start + PLOT + 182, 26, "p", 9.5, "end", QUIET)
    for k, (row, group) in enumerate(lines):
        y = top + ROW * (k + 0.5)
        if row is None:
            sheet.text(8, y, group, 10.5, bold=True)
        else:
            _line(sheet, across, y, row, edges, (low, high), start)
    return sheet.svg()


def _two_lines(head: str) -> list[str]:
    return head.rsplit(", ", 1)


def _frame(sheet, across, ticks, start, top, bottom, axis) -> None:
    for tick in ticks:
        colour, width = (QUIET, 1.1) if tick == 1 else (GRID, 0.7)
        sheet.line(across(tick), top, across(tick), bottom, colour, width)
        sheet.text(across(tick), bottom + 13, f"{tick:g}", 9.5, "middle", QUIET)
    sheet.line(start, bottom, start + PLOT, bottom)
    sheet.text(start + PLOT / 2, bottom + 32, axis, 9.5, "middle")


def _line(sheet, across, y, row, edges, limits, start) -> None:
    low, high = limits
    faded = QUIET if row.status else INK
    mark = " †" if row.status == "not_interpretable" else ""
    mark += " ‡" if getattr(row, "is_penalised", False) is True else ""
    sheet.text(20, y, row.label + mark, 10.5, colour=faded)
    for k, edge in enumerate(edges, start=1):
        sheet.text(edge, y, getattr(row, f"beside_{k}"), 10, "end", faded)
    if not np.isfinite(row.hr):
        sheet.text(start + PLOT + 14, y, "not estimable", 10, colour=QUIET)
        return
    colour = QUIET if row.status else ARMS[0]
    left, right = across(min(max(row.ci_low, low), high)), across(max(min(row.ci_high, high), low))
    sheet.line(left, y, right, y, colour, 1.5)
    if row.ci_high > high:
        sheet.path([(right, y - 4), (right + 6, y), (right, y + 4)], "none", 0, colour)
    if row.ci_low < low:
        sheet.path([(left, y - 4), (left - 6, y), (left, y + 4)], "none", 0, colour)
    if low <= row.hr <= high:
        sheet.rect(across(row.hr) - 3.2, y - 3.2, 6.4, 6.4, colour)
    words = f"{row.hr:.2f} ({row.ci_low:.2f}–{row.ci_high:.2f})"
    sheet.text(start + PLOT + 14, y, words, 10, colour=faded)
    p = "–" if not np.isfinite(row.p) else "<0.001" if row.p < 0.001 else f"{row.p:.3f}"
    sheet.text(start + PLOT + 182, y, p, 10, "end", faded)

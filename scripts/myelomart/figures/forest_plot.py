"""Hazard ratios of all endpoints on a log axis, with sizes and events beside each."""

import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from myelomart.figures.style import ARMS, GRID, INK, QUIET, as_svg, drawing

NARROWEST, WIDEST = 0.05, 50.0  # an interval that goes further ends in an arrow


def forest_plot(rows: pd.DataFrame, labels: tuple[str, str]) -> str:
    """``rows``: label, group, n/events per side, hr, ci_low, ci_high, p, status; in order."""
    rows = rows.assign(status=rows["status"].astype(object).where(rows["status"].notna(), None))
    groups = list(dict.fromkeys(rows["group"]))
    lines = []
    for group in groups:
        lines.append((None, group))
        lines += [(row, None) for row in rows[rows["group"] == group].itertuples()]
    finite = rows[["hr", "ci_low", "ci_high"]].replace([np.inf, 0], np.nan)
    low = max(NARROWEST, np.nanmin([0.5, finite["ci_low"].min()]) / 1.2)
    high = min(WIDEST, np.nanmax([2.0, finite["ci_high"].max()]) * 1.2)
    with drawing(10.4, 1.0 + 0.27 * len(lines)) as (figure, axes):
        figure.subplots_adjust(left=0.47, right=0.72, top=0.98)
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.set_ylim(len(lines) - 0.4, -1.7)
        axes.axvline(1, color=QUIET, linewidth=0.9)
        _headings(axes, labels)
        for y, (row, group) in enumerate(lines):
            if row is None:
                axes.text(-1.88, y, group, transform=_beside(axes), fontweight="bold", va="center")
            else:
                _line(axes, y, row, low, high)
        ticks = [tick for tick in (0.1, 0.25, 0.5, 1, 2, 4, 10, 25) if low <= tick <= high]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.grid(axis="x", color=GRID, linewidth=0.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"◂ fewer after {labels[0]}  |  hazard ratio  |  more after {labels[0]} ▸")
        return as_svg(figure, f"Hazard ratios of {labels[0]} against {labels[1]}")


def _beside(axes):
    """Positions in axes widths from left to right, in rows from top to bottom."""
    return axes.get_yaxis_transform()


def _headings(axes, labels: tuple[str, str]) -> None:
    options = {"transform": _beside(axes), "fontsize": 8, "color": QUIET, "va": "center"}
    axes.text(-0.58, -0.9, f"{labels[0]}\nevents / n", ha="right", **options)
    axes.text(-0.08, -0.9, f"{labels[1]}\nevents / n", ha="right", **options)
    axes.text(1.06, -0.9, "HR (95 % CI)", **options)
    axes.text(1.98, -0.9, "p", ha="right", **options)


def _line(axes, y: int, row, low: float, high: float) -> None:
    options = {"transform": _beside(axes), "va": "center", "fontsize": 8.5}
    faded = QUIET if row.status else INK
    mark = " †" if row.status == "not_interpretable" else ""
    axes.text(-1.83, y, row.label + mark, color=faded, **options)
    axes.text(-0.58, y, f"{row.events_treated} / {row.n_treated}", ha="right", **options)
    axes.text(-0.08, y, f"{row.events_control} / {row.n_control}", ha="right", **options)
    if not np.isfinite(row.hr):
        axes.text(1.06, y, "not estimable", color=QUIET, **options)
        return
    colour = QUIET if row.status else ARMS[0]
    left, right = max(row.ci_low, low), min(row.ci_high, high)
    axes.plot([left, right], [y, y], color=colour, linewidth=1.4, solid_capstyle="butt")
    if row.ci_high > high:
        axes.plot([high / 1.02], [y], marker=">", color=colour, markersize=5)
    if row.ci_low < low:
        axes.plot([low * 1.02], [y], marker="<", color=colour, markersize=5)
    axes.plot([row.hr], [y], marker="s", color=colour, markersize=5.5)
    text = f"{row.hr:.2f} ({row.ci_low:.2f}–{row.ci_high:.2f})"
    axes.text(1.06, y, text, color=faded, **options)
    p = "<0.001" if row.p < 0.001 else f"{row.p:.3f}"
    axes.text(1.98, y, p, ha="right", color=faded, **options)

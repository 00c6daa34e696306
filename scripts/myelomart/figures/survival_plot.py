"""Survival curves with confidence bands and the numbers at risk below."""

import numpy as np

from myelomart.figures.style import ARMS, GRID, QUIET, as_svg, drawing


def survival_plot(curves: dict, title: str, months: list[float], p: float | None) -> str:
    """``curves``: label to SurvivalCurve in months; ``months`` are the ticks and risk columns."""
    with drawing(5.2, 3.9, nrows=2, height_ratios=(5, 0.45 + 0.42 * len(curves)), sharex=True) as (
        figure,
        (axes, table),
    ):
        widest = max((len(label) for label in curves), default=0)
        figure.subplots_adjust(
            left=0.08 + 0.016 * widest, right=0.97, top=0.92, bottom=0.02, hspace=0.22
        )
        for colour, (label, curve) in zip(ARMS, curves.items(), strict=False):
            _curve(axes, curve, label, colour)
        axes.set_ylim(0, 1.02)
        axes.set_xlim(0, max(months) if max(months) > 0 else None)
        axes.set_xticks(months)
        axes.tick_params(labelbottom=True)
        axes.grid(axis="y", color=GRID, linewidth=0.6)
        axes.set_ylabel("Free of the event")
        axes.set_title(title)
        axes.legend(loc="lower left", fontsize=8)
        if p is not None:
            said = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
            axes.text(
                0.99, 0.03, f"log-rank {said}", transform=axes.transAxes, ha="right", color=QUIET
            )
        _risk_table(table, curves, months)
        return as_svg(figure, f"{title}: survival curves of {', '.join(curves)}", trim=False)


def _curve(axes, curve, label: str, colour: str) -> None:
    time = np.concatenate([[0.0], curve.time])
    steps = {"where": "post"}
    axes.step(time, np.concatenate([[1.0], curve.survival]), color=colour, label=label, **steps)
    low = np.concatenate([[1.0], _carried(curve.ci_low)])
    high = np.concatenate([[1.0], _carried(curve.ci_high)])
    axes.fill_between(time, low, high, step="post", color=colour, alpha=0.13, linewidth=0)


def _carried(limits: np.ndarray) -> np.ndarray:
    """Limits that are undefined take the last defined one: before the first event, 1."""
    filled, last = limits.copy(), 1.0
    for index, limit in enumerate(limits):
        last = limit if np.isfinite(limit) else last
        filled[index] = last
    return filled


def _risk_table(axes, curves: dict, months: list[float]) -> None:
    axes.set_ylim(len(curves) + 0.2, -0.9)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, labelbottom=False)
    axes.set_yticks(range(len(curves)), list(curves))
    axes.tick_params(axis="y", pad=12)
    axes.text(0, -0.75, "At risk (months)", fontsize=8, color=QUIET)
    for row, (colour, curve) in enumerate(zip(ARMS, curves.values(), strict=False)):
        for at in curve.at(months).itertuples():
            axes.text(
                at.time, row, f"{at.n_risk:.0f}", ha="center", va="center", fontsize=8, color=colour
            )
        axes.get_yticklabels()[row].set_color(colour)

"""Results of the statistics as they are, drawn with the figures of the report."""

from __future__ import annotations

import numpy as np
import pandas as pd

from myelomart.figures.canvas import Drawing, round_ticks
from myelomart.figures.forest_plot import ratio_forest
from myelomart.figures.panels import joined
from myelomart.figures.survival_plot import Frame, incidence_panel, survival_panel


def drawn_curves(curves: dict, title: str = "", time: str = "Time") -> Drawing:
    """``curves``: label to survival curves, or to incidences, in any one unit of time."""
    latest = max(curve.time[-1] for curve in curves.values())
    ticks = [tick for tick in round_ticks(0.0, float(latest)) if tick <= latest]
    if not all(hasattr(curve, "incidence") for curve in curves.values()):
        frame = Frame(title or "Survival", "Survival", time)
        return joined([survival_panel(curves, frame, ticks)], frame.title)
    at_risk = {label: _at_risk(curve, ticks) for label, curve in curves.items()}
    unseen = dict.fromkeys(curves, np.zeros(0))  # when persons left is not part of an incidence
    frame = Frame(title or "Cumulative incidence", "Cumulative incidence", time)
    return joined([incidence_panel(curves, at_risk, unseen, frame, ticks)], frame.title)


def drawn_ratios(table: pd.DataFrame, title: str = "") -> Drawing:
    """``table``: term, hr or shr, ci_low, ci_high, p of a model."""
    name = "shr" if "shr" in table.columns else "hr"
    rows = table.rename(columns={"term": "label", name: "hr"}).assign(group="", status=None)
    test = "profile likelihood" if "wald_p" in table.columns else "Wald"
    said = title or "Hazard ratios of the model"
    return ratio_forest(rows, [], "hazard ratio", said, f"{name.upper()} (95 % CI)", test)


def _at_risk(curve, ticks: list[float]) -> np.ndarray:
    """How many were at risk just before each tick."""
    place = np.searchsorted(curve.time, ticks, side="left")
    return np.concatenate([curve.n_risk, [0.0]])[place]

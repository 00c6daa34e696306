"""Curves as they may be shown, and figures drawn from what is shown."""

from __future__ import annotations

import numpy as np
import pandas as pd

from myelomart.disclosure.policies import Policy
from myelomart.disclosure.rounding import share_of_size, to_step
from myelomart.figures.love_plot import love_plot
from myelomart.figures.survival_plot import coarse_plot
from myelomart.results import CURVE_COLUMNS, Results

MONTH_STEP = 0.5  # of the times of a curve
FEWEST_POINTS = 3  # of a curve that is drawn
ROUNDED = "Straight lines join points with enough events between them; counts are rounded."
A_CURVE = ["study_id", "analysis_id", "population", "endpoint", "arm"]
AN_ENDPOINT = ["study_id", "population", "endpoint", "arm"]
FIXED = ("survival", "cumulative_incidence")  # statistics: the level of a curve at a month
LEVELS = (*FIXED, "risk_at_horizon")  # that of the curve of another analysis as well


def key_of(row: pd.Series, names: list[str]) -> tuple:
    """What tells a row apart, as words; what is missing is one word."""
    return tuple("" if pd.isna(row[name]) else str(row[name]) for name in names)


def events_by_month(curves: list[pd.DataFrame]) -> dict[tuple, pd.DataFrame]:
    """Curve to its times and the events up to each."""
    told = {}
    for curve in curves:
        for _, own in curve.groupby(A_CURVE, dropna=False, sort=False):
            own = own.sort_values("time_months")
            upto = own.assign(upto=own["n_event"].fillna(0).cumsum())
            told[key_of(own.iloc[0], A_CURVE)] = upto[["time_months", "upto"]]
    return told


def rests_on_few(row: pd.Series, events: dict[tuple, pd.DataFrame], policy: Policy) -> bool:
    """Whether fewer events than the limit, but some, came before the month of a level.

    Where persons were censored a level falls further than its events say: it alone would pass.
    """
    key = key_of(row, A_CURVE)
    same = [curve for of, curve in events.items() if (of[0], *of[2:]) == (key[0], *key[2:])]
    for curve in [events[key]] if key in events else same:
        before = curve.loc[curve["time_months"] <= row["timepoint_months"], "upto"]
        if policy.is_small(before.iloc[-1] if len(before) else 0):
            return True
    return False


def coarse_curve(curve: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """A curve whose steps are joined until each holds the limit; it ends where few are at risk."""
    if not len(curve):
        return curve
    ordered = curve.sort_values("time_months", ignore_index=True)
    size = float(ordered["n_risk"].max())
    if size < policy.hides_below:
        return curve.iloc[:0]
    start = {"time_months": 0.0, "n_risk": size, "survival": _start(ordered)}
    rows, waiting = [ordered.iloc[0].to_dict() | start], 0.0
    for at in ordered.fillna({"n_event": 0}).to_dict("records"):
        waiting += at["n_event"]
        if at["n_risk"] < policy.hides_below:
            break
        if waiting >= policy.step_events:
            rows.append(at)
            waiting = 0.0
    shown = pd.DataFrame(rows)
    shown["time_months"] = shown["time_months"].map(lambda time: to_step(time, MONTH_STEP))
    shown["n_risk"] = shown["n_risk"].map(policy.round)
    for name in ("survival", "ci_low", "ci_high"):
        shown[name] = shown[name].map(lambda value: share_of_size(value, size, policy))
    shown.loc[0, ["ci_low", "ci_high"]] = shown.loc[0, "survival"]
    return shown.assign(n_event=np.nan, n_censored=np.nan)[list(CURVE_COLUMNS)]


def _start(ordered: pd.DataFrame) -> float:
    """1 of what falls, 0 of what rises."""
    return 0.0 if ordered["survival"].iloc[-1] > ordered["survival"].iloc[0] else 1.0


def draw(results: Results, months: dict[str, list[float]]) -> None:
    """The shown curves and balances as figures, one per analysis and endpoint."""
    shown, curves = results.estimate_frame(), results.curve_frame()
    whose = ["analysis_id", "output_id", "endpoint", "population"]
    at = shown[shown["statistic"].isin(FIXED)]
    for keys, own in curves.groupby(whose, dropna=False, sort=False):
        lines = {
            arm: rows for arm, rows in own.groupby("arm", sort=False) if len(rows) >= FEWEST_POINTS
        }
        about = at[(at[whose].fillna("") == pd.Series(keys, whose).fillna("")).all(axis=1)]
        if len(about) and lines:
            ticks = months.get(keys[1]) or sorted(about["timepoint_months"].unique())
            risk = {arm: _at_months(about[about["arm"] == arm], ticks) for arm in lines}
            results.analysis_id = keys[0]
            results.add_figure(
                f"{keys[1]}_{keys[2]}",
                coarse_plot(lines, risk, about["row_label"].iloc[0], ticks, ROUNDED),
            )
    differences = shown[shown["statistic"].eq("standardized_difference") & shown["arm"].notna()]
    for (analysis, output), own in differences.groupby(["analysis_id", "output_id"], sort=False):
        told = own.dropna(subset="estimate").rename(
            columns={"row_label": "label", "row_group": "group", "estimate": "smd"}
        )
        if len(told):
            results.analysis_id = analysis
            results.add_figure(f"{output}_balance", love_plot(told))
    results.analysis_id = None


def _at_months(rows: pd.DataFrame, months: list[float]) -> np.ndarray:
    return rows.set_index("timepoint_months")["denominator"].reindex(months).to_numpy(float)

"""How a curve is reported: median, values at the months shown, follow-up, log-rank, its rows."""

from __future__ import annotations

import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint
from myelomart.survival import SurvivalCurve, kaplan_meier, logrank_test, reverse_kaplan_meier

DAYS_PER_MONTH = 365 / 12  # specification studies D3.5: reproduces both printed values


def add_survival(
    analysis: Analysis, endpoint: Endpoint, label: str, own: pd.DataFrame, results: Results,
    population: str = "all", anchor: str = "index",
) -> SurvivalCurve:  # fmt: skip
    """Add the curve of one group with its median, rates and follow-up; return it in months.

    A competing event ends the follow-up of whoever had it, as censoring does.
    """
    time, event = own["time_days"] / DAYS_PER_MONTH, own["event"] == 1
    curve = kaplan_meier(time, event)
    common = {"population": population, "time_anchor": anchor}
    add_curve(analysis, endpoint, label, curve, analysis.months, results, **common)
    shared = common | {
        "row_group": endpoint.row_group, "row_label": endpoint.label, "arm": label,
        "endpoint": endpoint.endpoint_id,
    }  # fmt: skip
    results.add(analysis.output_id, "n", estimate=len(own), unit="persons", **shared)
    events = int(event.sum())
    results.add(
        analysis.output_id, "events", estimate=events, numerator=events, denominator=len(own),
        unit="persons", **shared,
    )  # fmt: skip
    competing = int((own["event"] == 2).sum())
    if competing:
        results.add(
            analysis.output_id, "competing_events", estimate=competing, numerator=competing,
            denominator=len(own), unit="persons", **shared,
        )  # fmt: skip
    follow_up = reverse_kaplan_meier(time, event)
    low, high = follow_up.median_ci
    results.add(
        analysis.output_id, "median_follow_up_months", estimate=follow_up.median, ci_low=low,
        ci_high=high, range_low=time.min(), range_high=time.max(), unit="months",
        denominator=len(own), **shared,
        status=None if follow_up.median == follow_up.median else "not_reached",
    )  # fmt: skip
    return curve


def add_logrank(
    analysis: Analysis, endpoint: Endpoint, rows: pd.DataFrame, arms: dict, results: Results,
    population: str = "all", anchor: str = "index",
) -> float | None:  # fmt: skip
    """Add the log-rank test of the groups and return its p; None where it cannot be made."""
    group = pd.Series(None, index=rows.index, dtype=object)
    for label, arm in arms.items():
        group[rows.index.isin(arm.index)] = label
    kept = rows[group.notna()]
    if group.dropna().nunique() < 2:
        return None
    common = {
        "population": population, "row_group": endpoint.row_group, "row_label": endpoint.label,
        "endpoint": endpoint.endpoint_id, "time_anchor": anchor, "p_test": "log-rank",
    }  # fmt: skip
    try:
        test = logrank_test(kept["time_days"], kept["event"] == 1, group.dropna())
    except StatisticsError:
        results.add(analysis.output_id, "logrank_chi2", status="not_estimable", **common)
        return None
    results.add(
        analysis.output_id, "logrank_chi2", estimate=test.chi2, p_value=test.p, **common
    )  # fmt: skip
    return test.p


def add_curve(
    analysis, endpoint, label, curve, months, results, population="all", time_anchor="index"
) -> None:
    """Add a curve in months, its median and its values at ``months``."""
    low, high = curve.median_ci
    common = {
        "population": population, "row_group": endpoint.row_group,
        "row_label": endpoint.label, "arm": label, "endpoint": endpoint.endpoint_id,
        "time_anchor": time_anchor,
    }  # fmt: skip
    results.add(
        analysis.output_id, "median_months", estimate=curve.median, ci_low=low, ci_high=high,
        unit="months", numerator=curve.events, denominator=curve.n,
        status=None if curve.median == curve.median else "not_reached", **common,
    )  # fmt: skip
    for at in curve.at(months).itertuples():
        results.add(
            analysis.output_id, "survival", estimate=at.survival, ci_low=at.ci_low,
            ci_high=at.ci_high, timepoint_months=at.time, denominator=at.n_risk, **common,
        )  # fmt: skip
    keep_curve(
        results, analysis.output_id, endpoint.endpoint_id, label, population,
        time=curve.time, n_risk=curve.n_risk, n_event=curve.n_event, n_censored=curve.n_censor,
        level=curve.survival, limits=(curve.ci_low, curve.ci_high),
    )  # fmt: skip


def keep_curve(
    results, output_id, endpoint_id, label, population, *, time, n_risk, n_event, n_censored,
    level, limits,
) -> None:  # fmt: skip
    """Keep a curve as rows; ``level`` is survival, or incidence where events compete."""
    results.add_curve(
        pd.DataFrame(
            {
                "output_id": output_id,
                "population": population,
                "endpoint": endpoint_id,
                "arm": label,
                "time_months": time,
                "n_risk": n_risk,
                "n_event": n_event,
                "n_censored": n_censored,
                "survival": level,
                "ci_low": limits[0],
                "ci_high": limits[1],
            }
        )
    )

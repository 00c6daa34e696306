"""Survival of one cohort, whole or by group: medians, rates, follow-up, log-rank."""

from __future__ import annotations

import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.figures.survival_plot import survival_plot
from myelomart.outputs.comparison import StudyData
from myelomart.outputs.members import arms_of, followed, members, warn_of_no_event
from myelomart.outputs.survival_curves import DAYS_PER_MONTH, add_curve
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint, Study
from myelomart.survival import SurvivalCurve, kaplan_meier, logrank_test, reverse_kaplan_meier


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add a curve per group, medians, rates at the months shown and follow-up, per endpoint."""
    persons = members(study, analysis, data)
    arms = arms_of(study, analysis, persons, results)
    for endpoint in study.endpoints_of(analysis):
        rows = followed(persons, data, endpoint)
        warn_of_no_event(rows, endpoint, analysis.output_id, results)
        drawn = {}
        for label, arm in arms.items():
            own = rows[rows.index.isin(arm.index)]
            if not len(own):
                results.warnings.append(
                    f"{analysis.output_id}: nobody in «{label}» is followed for {endpoint.label}."
                )
                continue
            drawn[label] = add_survival(analysis, endpoint, label, own, results)
        p = add_logrank(analysis, endpoint, rows, arms, results)
        by = f"_by_{analysis.group_covariate_id}" if analysis.group_covariate_id else ""
        results.draw(
            f"{analysis.output_id}_{endpoint.endpoint_id}{by}",
            survival_plot(drawn, endpoint.label, analysis.months, p, analysis.title),
        )


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
        analysis.output_id, "logrank_chi2", estimate=test.chi2, p_value=test.p, **common,
        denominator=len(kept),
    )  # fmt: skip
    return test.p

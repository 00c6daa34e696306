"""Kaplan-Meier curves of the arms for every endpoint, with the numbers at risk."""

import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.figures.survival_plot import survival_plot
from myelomart.outputs.comparison import StudyData, compare
from myelomart.outputs.hazard_ratios import endpoint_rows
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.survival import kaplan_meier, logrank_test

DAYS_PER_MONTH = 365 / 12  # definitions 3.5: reproduces both printed values


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add curves, medians and survival at the months shown, per endpoint and arm."""
    comparison = compare(study, analysis, data)
    persons = comparison.matched if analysis.population == "matched" else comparison.persons
    months = analysis.months
    arms = [
        (True, study.cohort(analysis.treated_cohort_id).label),
        (False, study.cohort(analysis.comparator_cohort_id).label),
    ]
    for endpoint in study.endpoints_of(analysis):
        rows = endpoint_rows(persons, data.endpoints, endpoint)
        kept = rows[~rows["had_prior_event"].astype(bool)]
        drawn = {}
        for treated, label in arms:
            arm = kept[kept["treated"] == treated]
            if not len(arm):
                results.warnings.append(f"{endpoint.label}: nobody is left in {label}.")
                continue
            curve = kaplan_meier(arm["time_days"] / DAYS_PER_MONTH, arm["event"] == 1)
            drawn[label] = curve
            add_curve(
                analysis, endpoint, label, curve, months, results, population=analysis.population
            )
        try:
            p = logrank_test(kept["time_days"], kept["event"] == 1, kept["treated"]).p
        except StatisticsError:
            p = None
        name = f"{analysis.output_id}_{endpoint.endpoint_id}"
        results.draw(name, survival_plot(drawn, endpoint.label, months, p))


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

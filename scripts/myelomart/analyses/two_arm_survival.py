"""Curves of the arms for every endpoint, with the numbers at risk.

An endpoint with a name for those without it (overall survival) falls from all; every other rises
from none, as a cumulative incidence in which death competes. Beneath an adjusted ratio the curves
are weighted, so that they show what it compares.
"""

import pandas as pd

from myelomart.analyses.cumulative_incidence import incidence_of
from myelomart.analyses.cumulative_incidence import table as incidence_table
from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.curve_words import curve_name, frame_of
from myelomart.display.numbers import NOTHING
from myelomart.display.survival_table import survival_table
from myelomart.display.table import Table
from myelomart.errors import StatisticsError
from myelomart.estimates.curves import DAYS_PER_MONTH, add_curve
from myelomart.figures.survival_plot import survival_panel, tested_words
from myelomart.matching import weighted_hazard_ratio
from myelomart.population.comparison import compare, endpoint_rows
from myelomart.population.weights import IN_WORDS, weights_of
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import kaplan_meier, logrank_test


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add curves, medians and survival or incidence at the months shown, per endpoint and arm."""
    comparison = compare(study, analysis, data)
    persons = comparison.compared
    labels = {
        True: study.cohort(analysis.treated_cohort_id).label,
        False: study.cohort(analysis.comparator_cohort_id).label,
    }
    weights = weights_of(comparison) if analysis.adjustment == "covariates" else None
    for endpoint in study.endpoints_of(analysis):
        rows = endpoint_rows(persons, data, endpoint)
        kept = rows[~rows["had_prior_event"].astype(bool)]
        arms = {}
        for treated, label in labels.items():
            arms[label] = kept[kept["treated"] == treated]
            if not len(arms[label]):
                results.warnings.append(f"{endpoint.label}: nobody is left in {label}.")
                del arms[label]
        if curve_name(endpoint, data) is None:
            if not (kept["event"] == 1).any():
                results.warnings.append(f"{endpoint.label}: nobody had it: no incidence to draw.")
                continue
            sheet = incidence_of(study, analysis, endpoint, kept, arms, data, results)
        else:
            sheet = _survival(study, analysis, endpoint, arms, weights, data, results)
        name = f"{analysis.output_id}_{endpoint.row_group.lower().replace(' ', '_')}"
        results.add_panel(name, sheet, f"{analysis.title}: {endpoint.row_group.lower()}")


def _survival(
    study: Study, analysis: Analysis, endpoint: Endpoint, arms: dict[str, pd.DataFrame],
    weights: pd.Series | None, data: StudyData, results: Results,
):  # fmt: skip
    """Kaplan-Meier of the arms, weighted where there are ``weights``, as a panel."""
    drawn = {}
    for label, arm in arms.items():
        own = None if weights is None else weights.loc[arm.index]
        if own is not None:
            arm, own = arm[own.notna()], own.dropna()
        curve = kaplan_meier(arm["time_days"] / DAYS_PER_MONTH, arm["event"] == 1, weights=own)
        drawn[label] = curve
        add_curve(
            analysis, endpoint, label, curve, analysis.months, results,
            population=analysis.population,
        )  # fmt: skip
    told = _tested(pd.concat(arms.values()), weights) if len(arms) > 1 else ""
    note = "" if weights is None else f"Both arms {IN_WORDS}; numbers are sums of weights."
    frame = frame_of(study, analysis, endpoint, data, told, note=note)
    return survival_panel(drawn, frame, analysis.months)


def _tested(kept: pd.DataFrame, weights: pd.Series | None) -> str:
    """The log-rank test in words, or Wald's of the weighted model; nothing where there is none."""
    event, treated = kept["event"] == 1, kept["treated"]
    try:
        if weights is None:
            return tested_words("Log-rank", logrank_test(kept["time_days"], event, treated).p)
        known = weights.reindex(kept.index).notna()
        fit = weighted_hazard_ratio(
            kept["time_days"][known], event[known], treated[known],
            weights.reindex(kept.index)[known],
        ).table().iloc[0]  # fmt: skip
    except StatisticsError:
        return ""
    ratio = f"{fit['hr']:.2f} ({fit['ci_low']:.2f}–{fit['ci_high']:.2f})"
    return f"Weighted HR {ratio}; {tested_words('robust Wald', fit['p'])}"


def table(estimates: list, title: str) -> Table:
    """Survival where it falls, then incidence where it rises, under the same months."""
    rising = {one.endpoint for one in estimates if one.statistic == "cumulative_incidence"}
    falls = [one for one in estimates if one.endpoint not in rising]
    rises = [one for one in estimates if one.endpoint in rising]
    if not rises:
        return survival_table(falls, title)
    second = incidence_table(rises, title)
    rows = [row if len(row) == 1 else _as_survival(row) for row in second.rows]
    if not falls:
        first = [*second.columns[:1], "events / n", "median, months (95 % CI)", *second.columns[4:]]
        return Table(title, first, rows, second.note)
    first = survival_table(falls, title)
    note = f"{first.note} Outcomes without a median are cumulative incidences. {second.note}"
    return Table(title, first.columns, first.rows + rows, note)


def _as_survival(row: list[str]) -> list[str]:
    """A row of incidences in the columns of survival: events / n, no median, rates."""
    arm, size, events, _, *rates = row
    return [arm, f"{events} / {size}", NOTHING, *rates]


def says(words: Words) -> str:
    """The method in words."""
    said = (
        f"{words.of}: for survival, Kaplan-Meier curves with log-log intervals and the log-rank "
        "test; for other outcomes, the cumulative incidence with death competing (Aalen-Johansen) "
        "and Gray's test"
    )
    if words.row.adjustment == "covariates":
        said = f"{said}; {IN_WORDS}"
    return said + words.left_out


ANALYSIS = AnalysisType("kaplan_meier", make, table, says, is_gallery=True, is_folded=True)

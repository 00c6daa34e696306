"""One question, several estimators: each way to make the arms alike, side by side in one forest.

The ways are rows of `seeds/studies/analysis_choices` (dimension `estimator`), all on one propensity
score. Every ratio has a variance that is robust to the matched sets, or to the weighted persons.
Survival is drawn for the first weights of each estimand; matched arms have curves of their own.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import ratio_of
from myelomart.display.curve_words import curve_name, frame_of
from myelomart.display.grouping import grouped
from myelomart.display.numbers import p_value, rounded, tests_made
from myelomart.display.table import Table
from myelomart.errors import NoData, StatisticsError
from myelomart.estimates.curves import DAYS_PER_MONTH
from myelomart.estimates.ratios import first_ratio
from myelomart.figures.forest_plot import ratio_forest
from myelomart.figures.survival_plot import survival_panel
from myelomart.matching import balance_table
from myelomart.population.alike import Alike, ScoredArms, made_alike, scored_arms
from myelomart.population.comparison import endpoint_rows
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import cox_regression, kaplan_meier

ROBUST = "Wald, robust"
RATIO, SIZE = "hazard_ratio_of_an_estimator", "effective_sample_size"
BALANCE = "largest_standardized_difference"


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add sizes and balance per estimator, a ratio per estimator and endpoint, and the figures."""
    ways = data.rows["choices"]
    ways = ways[ways["dimension"] == "estimator"] if len(ways) else ways
    if not len(ways):
        raise NoData("the study has no estimator in seeds/studies/analysis_choices")
    arms = scored_arms(study, analysis, None, data)
    labels = (
        study.cohort(analysis.treated_cohort_id).label,
        study.cohort(analysis.comparator_cohort_id).label,
    )
    made: dict[str, Alike] = {}
    for way in ways.to_dict("records"):
        try:
            made[way["label"]] = made_alike(arms, way)
        except StatisticsError as refusal:
            results.warnings.append(f"{analysis.output_id}: {way['label']}: {refusal}.")
            continue
        _add_sample(analysis, arms, way["label"], made[way["label"]], labels, results)
    drawn = {one.estimand: label for label, one in reversed(made.items()) if one.estimand}
    shown, panels = [], []
    for endpoint in study.endpoints_of(analysis):
        rows = endpoint_rows(arms.persons, data, endpoint)
        for label, alike in made.items():
            shown += _add_ratio(analysis, endpoint, rows, label, alike, labels, results)
            if curve_name(endpoint, data) is not None and label in drawn.values():
                sheet = _curves(study, analysis, endpoint, rows, label, alike, labels, data)
                panels.append((endpoint, sheet))
    if shown:
        results.add_figure(f"{analysis.output_id}_estimators", ratio_forest(
            pd.DataFrame(shown), [f"{one}, effective n" for one in labels],
            f"◂ fewer after {labels[0]}  |  hazard ratio  |  more after {labels[0]} ▸",
            f"Hazard ratios of {labels[0]} against {labels[1]} by estimator", "HR (95 % CI)",
            "robust Wald",
        ))  # fmt: skip
    for endpoint, sheet in panels:
        name = f"{analysis.output_id}_{endpoint.endpoint_id}_by_estimator"
        results.add_panel(name, sheet, f"{endpoint.label}, by estimator")


def _add_sample(
    analysis: Analysis, arms: ScoredArms, label: str, alike: Alike, labels, results: Results
) -> None:
    """The effective size of each arm, and the largest difference that is left."""
    common = {"population": label, "row_group": "Sample and balance", "row_label": label}
    for arm, size in zip(labels, alike.sizes(arms.treated), strict=True):
        results.add(analysis.output_id, SIZE, estimate=size, arm=arm, unit="persons", **common)
    known = np.isfinite(arms.score)
    weight = alike.of_persons(len(arms.treated))[known]
    table = balance_table(arms.model, arms.treated[known], weight)
    results.add(
        analysis.output_id, BALANCE, estimate=table["smd_after"].abs().max(), arm=labels[0],
        comparator=labels[1], **common,
    )  # fmt: skip


def _members(rows: pd.DataFrame, alike: Alike) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The rows of those who had it not before, with weights and clusters."""
    free = ~rows["had_prior_event"].to_numpy(bool)
    kept = free[alike.rows] & (alike.weights > 0)
    return rows.iloc[alike.rows[kept]], alike.weights[kept], alike.clusters[kept]


def _add_ratio(
    analysis: Analysis, endpoint: Endpoint, rows: pd.DataFrame, label: str, alike: Alike, labels,
    results: Results,
) -> list[dict]:  # fmt: skip
    """The ratio of one estimator and endpoint, and its line of the forest."""
    own, weights, clusters = _members(rows, alike)
    common = {
        "population": label, "row_group": endpoint.label, "row_label": label, "arm": labels[0],
        "comparator": labels[1], "endpoint": endpoint.endpoint_id,
        "timepoint_months": endpoint.horizon_months, "time_anchor": "index", "unit": "ratio",
    }  # fmt: skip
    event, treated = (own["event"] == 1).to_numpy(), own["treated"].to_numpy(bool)
    try:
        if not (event[treated].any() and event[~treated].any()):
            raise StatisticsError("one arm has no event")
        model = pd.DataFrame({"treated": treated.astype(float)})
        found = first_ratio(
            cox_regression(
                own["time_days"].to_numpy(float), event, model, cluster=clusters, weights=weights
            )
        )
    except StatisticsError:
        results.add(analysis.output_id, RATIO, status="not_estimable", **common)
        return []
    results.add(analysis.output_id, RATIO, **(found.values() | {"p_test": ROBUST}), **common)
    sizes = alike.sizes(rows["treated"].to_numpy(bool))
    return [
        {
            "label": label, "group": endpoint.label, "hr": found.estimate,
            "ci_low": found.ci_low, "ci_high": found.ci_high, "p": found.p_value, "status": None,
            "beside_1": rounded(sizes[0], 0), "beside_2": rounded(sizes[1], 0),
        }
    ]  # fmt: skip


def _curves(study, analysis, endpoint, rows, label: str, alike: Alike, labels, data):
    """Kaplan-Meier of both arms under one estimator, as a panel under its name."""
    own, weights, _ = _members(rows, alike)
    treated = own["treated"].to_numpy(bool)
    drawn = {
        arm: kaplan_meier(
            own["time_days"].to_numpy(float)[side] / DAYS_PER_MONTH,
            (own["event"] == 1).to_numpy()[side], weights=weights[side],
        ) for arm, side in zip(labels, (treated, ~treated), strict=True)
    }  # fmt: skip
    frame = frame_of(
        study, analysis, endpoint, data, title=label, note="Numbers are sums of weights."
    )
    return survival_panel(drawn, frame, analysis.months)


def table(estimates: list, title: str) -> Table:
    """One row per estimator: effective sizes, balance, and a ratio per endpoint."""
    of = {
        label: grouped(own, "statistic") for label, own in grouped(estimates, "row_label").items()
    }
    sizes = [one for one in estimates if one.statistic == SIZE]
    arms = list(dict.fromkeys(one.arm for one in sizes))
    endpoints = list(dict.fromkeys(one.row_group for one in estimates if one.statistic == RATIO))
    rows = []
    for label, own in of.items():
        cells = [rounded(one.estimate, 0) for one in own.get(SIZE, [])]
        cells.append(rounded(own[BALANCE][0].estimate, 2) if BALANCE in own else "–")
        for name in endpoints:
            one = next((one for one in own.get(RATIO, []) if one.row_group == name), None)
            cells += [ratio_of(one), p_value(one.p_value) if one is not None else "–"]
        rows.append([label, *cells])
    columns = ["", *(f"{arm}, effective n" for arm in arms), "largest |SMD|"]
    columns += [part for name in endpoints for part in (f"{name}: HR (95 % CI)", "p")]
    note = (
        "Effective n: the unweighted sample of equal precision (Kish). |SMD|: standardized "
        "difference of a covariate of the score model that is left. Estimators answer for "
        "different people: everyone (ATE), the treated (ATT, matching), or those who might have "
        "had either treatment (overlap). " + tests_made(estimates)
    )
    return Table(title, columns, rows, note)


def says(words: Words) -> str:
    """The method in words."""
    return (
        f"{words.of}: the hazard ratio under each estimator that the study names, on one "
        "propensity score, with a variance robust to matched sets or weighted persons; effective "
        f"sample sizes, balance and weighted curves{words.left_out}"
    )


ANALYSIS = AnalysisType("estimators", make, table, says)

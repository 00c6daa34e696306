"""One question in every way it could have been asked: rules, time zeros, score models, comparisons.

Time zeros are the pairs of cohorts that the study's hazard ratios compare; score models and ways of
making the arms alike are rows of `seeds/studies/analysis_choices`. One rule set is in force in a
warehouse; the others are those of the warehouses that are read beside it.
"""

from __future__ import annotations

from itertools import product

import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import ratio_of
from myelomart.display.curve_words import index_label
from myelomart.display.numbers import p_value, rounded
from myelomart.display.table import Table
from myelomart.errors import MyelomartError, NoData
from myelomart.estimates.ratios import Ratio, first_ratio
from myelomart.figures.multiverse_plot import Specification, multiverse_plot
from myelomart.matching import robust_hazard_ratio, weighted_hazard_ratio
from myelomart.population.alike import NEAREST, ScoredArms, made_alike, scored_arms
from myelomart.population.comparison import endpoint_rows
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import cox_regression

RULES, ZERO, SCORE, WAY = "Rule set", "Time zero", "Score model", "Way to compare"
RATIOS = "hazard_ratios"
JOIN = "; "


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add a hazard ratio per way and endpoint, and the figure of all of them."""
    choices = data.rows["choices"]
    if not len(choices):
        raise NoData("the study has no rows in seeds/studies/analysis_choices")
    choices = choices.sort_values(["sort_order", "choice_id"])
    models = choices[choices["dimension"] == "score_model"].to_dict("records")
    ways = choices[choices["dimension"] == "arms"].to_dict("records")
    found: dict[str, list[Specification]] = {}
    failed = 0
    worlds = {study.rule_set: data, **data.beside}
    for rules, zero, model in product(worlds, _zeros(study, analysis), models):
        named = {RULES: rules} if data.beside else {}
        named |= {ZERO: index_label(study.cohort(zero.treated_cohort_id), data)}
        try:
            arms = scored_arms(study, zero, model["row_groups"], worlds[rules])
        except MyelomartError:
            failed += len(ways)
            continue
        for way in ways:
            chosen = named | {SCORE: model["label"], WAY: way["label"]}
            is_ours = worlds[rules] is data and _is_ours(zero, model, way, analysis)
            for endpoint in study.endpoints_of(analysis):
                try:
                    ratio = _ratio(arms, way, endpoint, worlds[rules])
                except MyelomartError:
                    failed += 1
                    continue
                one = Specification(chosen, ratio.estimate, ratio.ci_low, ratio.ci_high, is_ours)
                found.setdefault(endpoint.endpoint_id, []).append(one)
                _add(analysis, endpoint, study, zero, chosen, is_ours, ratio, results)
    if failed:
        results.warnings.append(
            f"{analysis.output_id}: {failed} ways gave no ratio: the arms did not overlap, or one "
            "had no event."
        )
    for endpoint in study.endpoints_of(analysis):
        if found.get(endpoint.endpoint_id):
            results.add_figure(
                f"{analysis.output_id}_{endpoint.endpoint_id}_every_way",
                multiverse_plot(
                    found[endpoint.endpoint_id], f"{analysis.title}: {endpoint.label}",
                    "Hazard ratio (95 % CI)",
                ),
            )  # fmt: skip


def _zeros(study: Study, analysis: Analysis) -> list[Analysis]:
    """One analysis per pair of cohorts that the study compares after matching, its own first."""
    zeros = {(analysis.treated_cohort_id, analysis.comparator_cohort_id): analysis}
    for one in study.analyses:
        if one.analysis_type == RATIOS and one.population == "matched":
            zeros.setdefault((one.treated_cohort_id, one.comparator_cohort_id), one)
    return list(zeros.values())


def _is_ours(zero: Analysis, model: dict, way: dict, analysis: Analysis) -> bool:
    """Whether this is the way of the analysis' own row."""
    own = (analysis.caliper, analysis.caliper_scale, analysis.match_order)
    same = (way["caliper"], way["caliper_scale"], way["match_order"]) == own
    return zero is analysis and same and pd.isna(model["row_groups"])


def _ratio(arms: ScoredArms, way: dict, endpoint: Endpoint, data: StudyData) -> Ratio:
    """The hazard ratio of one way; ``MyelomartError`` where it has none."""
    alike = made_alike(arms, way)
    rows = endpoint_rows(arms.persons, data, endpoint).iloc[alike.rows]
    kept = ~rows["had_prior_event"].to_numpy(bool)
    time, event = rows["time_days"].to_numpy(float)[kept], (rows["event"] == 1).to_numpy()[kept]
    treated = rows["treated"].to_numpy(bool)[kept]
    if alike.estimand is None and not alike.is_of_pairs:
        given = alike.clusters[kept], alike.weights[kept], alike.rows[kept]
        return first_ratio(robust_hazard_ratio(time, event, treated, *given))
    if way["method"] == NEAREST:
        model = pd.DataFrame({"treated": treated.astype(float)})
        return first_ratio(cox_regression(time, event, model))
    return first_ratio(weighted_hazard_ratio(time, event, treated, alike.weights[kept]))


def _add(analysis, endpoint, study, zero, chosen, is_ours, ratio: Ratio, results) -> None:
    results.add(
        analysis.output_id, "hazard_ratio_of_a_way", **ratio.values(), unit="ratio",
        population="every way", row_group=endpoint.label, row_label=JOIN.join(chosen.values()),
        arm=study.cohort(zero.treated_cohort_id).label,
        comparator=study.cohort(zero.comparator_cohort_id).label,
        endpoint=endpoint.endpoint_id, timepoint_months=endpoint.horizon_months,
        time_anchor="index", status="own_way" if is_ours else None,
    )  # fmt: skip


def table(estimates: list, title: str) -> Table:
    """A row per way, smallest ratio first; the study's own is marked."""
    rows: list[list[str]] = []
    names: list[str] = []
    for label in dict.fromkeys(one.row_group for one in estimates):
        own = [one for one in estimates if one.row_group == label]
        rows.append([label])
        for one in sorted(own, key=lambda one: (one.estimate, one.row_label)):
            mark = " (this study)" if one.status == "own_way" else ""
            *named, way = one.row_label.split(JOIN)
            names = [RULES, ZERO, SCORE][-len(named) :]  # with rules where there are several
            rows.append([*named, way + mark, ratio_of(one), p_value(one.p_value)])
    columns = [*names, WAY, "HR (95 % CI)", "p (Wald)"]
    return Table(title, columns, rows, f"{rounded(len(estimates), 0)} combinations.")


def says(words: Words) -> str:
    """The method in words."""
    return (
        f"{words.of}: the hazard ratio for every combination of time zero, score model and way to "
        "balance the arms that the study names, under each rule set that was built (a "
        "specification curve)"
    )


ANALYSIS = AnalysisType("multiverse", make, table, says)

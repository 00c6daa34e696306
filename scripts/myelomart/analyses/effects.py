"""Effects beside ratios: what two arms differ by in persons, months and events, in one table.

Per endpoint the hazard ratio with the risks by the horizon, their difference, the number needed to
treat and the time without the event; per endpoint of which every occurrence counts, the mean number
per person and the ratio of rates.
"""

import numpy as np
import pandas as pd

from myelomart.analyses.hazard_ratios import absolute_of, model_of
from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import events_of, hidden_word, ratio_of
from myelomart.display.grouping import distinct, first, grouped
from myelomart.display.numbers import NOTHING, rounded, with_limits
from myelomart.display.table import Table
from myelomart.errors import StatisticsError
from myelomart.estimates.curves import DAYS_PER_MONTH
from myelomart.estimates.ratios import WALD, Ratio, ratio_of_arms
from myelomart.figures.forest_plot import ratio_forest
from myelomart.population.comparison import Comparison, compare, endpoint_rows
from myelomart.population.weights import weights_of
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import expected_count, mean_cumulative_count, rate_ratio
from myelomart.survival.risks import NumberNeeded

ROBUST = "Wald, variance robust to persons or pairs"
COUNTED = "Every occurrence"
WITHIN = 1e-6  # months by which two times may differ by rounding


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add ratio, risks, differences and numbers needed per endpoint, and the forest of them."""
    comparison = compare(study, analysis, data)
    persons = comparison.compared
    labels = (
        study.cohort(analysis.treated_cohort_id).label,
        study.cohort(analysis.comparator_cohort_id).label,
    )
    for endpoint in study.endpoints_of(analysis):
        rows = endpoint_rows(persons, data, endpoint)
        kept = rows[~rows["had_prior_event"].astype(bool)]
        common = _common(analysis, endpoint, endpoint.row_group)
        _hazard_ratio(analysis, kept, comparison, common, labels, results)
        absolute_of(analysis, kept, comparison, common, labels, results)
    weights = weights_of(comparison) if analysis.adjustment == "covariates" else None
    for endpoint in study.counted_of(analysis):
        _counts(analysis, endpoint, persons, weights, data, labels, results)
    own = results.own_rows(analysis.analysis_id)
    if any(np.isfinite(one.estimate) for one in own if one.unit == "ratio"):
        results.add_figure(f"{analysis.output_id}_effects", _forest(own, labels))


def _common(analysis: Analysis, endpoint: Endpoint, group: str) -> dict:
    return {
        "population": analysis.population, "row_group": group, "row_label": endpoint.label,
        "endpoint": endpoint.endpoint_id, "timepoint_months": endpoint.horizon_months,
        "time_anchor": "index",
    }  # fmt: skip


def _hazard_ratio(analysis, kept, comparison: Comparison, common, labels, results) -> None:
    """The Cox ratio of the arms; Firth's where one of them has no event."""
    event, treated = (kept["event"] == 1).to_numpy(), kept["treated"].to_numpy(bool)
    compared = common | {
        "arm": labels[0], "comparator": labels[1], "numerator": int(event.sum()),
        "denominator": len(kept), "unit": "ratio",
    }  # fmt: skip
    time, model = kept["time_days"].to_numpy(), model_of(analysis, comparison, kept)
    found, penalty = ratio_of_arms(time, event, treated, model)
    if found is None:
        results.add(analysis.output_id, "hazard_ratio", status="not_estimable", **compared)
        return
    results.add(analysis.output_id, "hazard_ratio", status=penalty, **found.values(), **compared)


def _counts(analysis, endpoint, persons, weights, data: StudyData, labels, results) -> None:
    """Mean number per person by the horizon in each arm, and the ratio of rates."""
    common = _common(analysis, endpoint, COUNTED)
    keys = ["cohort_id", "person_id"]
    rows = data.repeats_of(endpoint.endpoint_id, set(persons["cohort_id"]))
    rows = persons.reset_index(names="row").merge(rows, on=keys)
    if not len(rows):
        results.warnings.append(f"{endpoint.label}: the warehouse has no occurrences to count.")
        return
    who = rows.loc[rows["kind"] == 1, "row"].unique()
    had = {treated: int(persons.loc[who, "treated"].eq(treated).sum()) for treated in (True, False)}
    horizon = common["timepoint_months"] or (analysis.months[-1] if analysis.months_shown else None)
    for treated, label in ((True, labels[0]), (False, labels[1])):
        size = int((persons["treated"] == treated).sum())
        told = _mean_count(rows[rows["treated"] == treated], horizon) if weights is None else {}
        results.add(
            analysis.output_id, "mean_count", arm=label, numerator=had[treated], denominator=size,
            unit="occurrences per person", **(common | {"timepoint_months": horizon}),
            **(told or {"status": "not_estimable"}),
        )  # fmt: skip
    compared = common | {
        "arm": labels[0], "comparator": labels[1], "numerator": sum(had.values()),
        "denominator": len(persons), "unit": "ratio",
    }  # fmt: skip
    try:
        found = _rate_ratio(rows, persons, weights)
    except StatisticsError:
        results.add(analysis.output_id, "rate_ratio", status="not_estimable", **compared)
        return
    results.add(analysis.output_id, "rate_ratio", **found.values(), **compared)


def _mean_count(rows: pd.DataFrame, horizon: float | None) -> dict:
    """The mean cumulative count by ``horizon`` months, 0 without an event.

    Nothing without a horizon, or beyond the follow-up of those who are left.
    """
    ends = rows[rows["kind"] != 1]
    if horizon is None or not len(ends):
        return {}
    is_followed = ends["time_days"].max() / DAYS_PER_MONTH > horizon - WITHIN
    if not is_followed and (ends["kind"] == 0).any():
        return {}
    if not (rows["kind"] == 1).any():
        return {"estimate": 0.0}
    counts = mean_cumulative_count(
        rows["row"].to_numpy(), rows["time_days"].to_numpy() / DAYS_PER_MONTH, rows["kind"]
    )
    at = expected_count(counts, [horizon]).iloc[0]
    return {"estimate": at["count"], "ci_low": at["ci_low"], "ci_high": at["ci_high"]}


def _rate_ratio(rows: pd.DataFrame, persons: pd.DataFrame, weights) -> Ratio:
    """The proportional means ratio, robust to persons, or to pairs where there are any."""
    if weights is not None:
        persons = persons[weights.reindex(persons.index).notna()]
        rows = rows[rows["row"].isin(persons.index)]
    pair = persons["pair"] if (persons["pair"] >= 0).all() else None
    row = rate_ratio(
        rows["row"].to_numpy(), rows["time_days"].to_numpy(), rows["kind"].to_numpy(),
        pd.DataFrame({"treated": persons["treated"].astype(float)}), cluster=pair, weights=weights,
    ).table().iloc[0]  # fmt: skip
    return Ratio(row["hr"], row["ci_low"], row["ci_high"], row["p"], ROBUST)


def _beside(own: list) -> dict:
    """What stands beside a ratio, by its name."""
    return {
        name: first(own, name)
        for name in ("risk_difference", "number_needed_to_treat", "restricted_mean_difference")
    }


def needed_of(row) -> str:
    """A number needed as Altman writes it."""
    if row is None:
        return NOTHING
    return hidden_word(row) or NumberNeeded(row.estimate, row.ci_low, row.ci_high).in_words()


def difference_of(row, times: float, digits: int) -> str:
    """A difference with its limits."""
    if row is None or row.status == "not_estimable":
        return NOTHING
    limits = (times * one for one in (row.estimate, row.ci_low, row.ci_high))
    return hidden_word(row) or with_limits(*limits, digits=digits).replace("-", "−")


def _forest(own: list, labels: tuple[str, str]):
    """Ratios with what stands beside them."""
    drawn = []
    for (group, label), rows in grouped(own, "row_group", "row_label").items():
        ratio = first(rows, "hazard_ratio") or first(rows, "rate_ratio")
        if ratio is None:
            continue
        arms = [one for one in rows if one.statistic in ("risk_at_horizon", "mean_count")]
        beside = _beside(rows)
        drawn.append(
            {
                "label": label, "group": group, "hr": ratio.estimate, "ci_low": ratio.ci_low,
                "ci_high": ratio.ci_high, "p": ratio.p_value,
                "status": None if ratio.status == "firth" else ratio.status,
                "is_penalised": ratio.status == "firth",
                **{f"beside_{k + 1}": _of_arm(arms, arm) for k, arm in enumerate(labels)},
                GAP: difference_of(beside["risk_difference"], 100, 1),
                NEEDED: needed_of(beside["number_needed_to_treat"]),
                GAINED: difference_of(beside["restricted_mean_difference"], 1, 2),
            }
        )  # fmt: skip
    rows = pd.DataFrame(drawn)
    more = [name for name in (GAP, NEEDED, GAINED) if (rows[name] != NOTHING).any()]
    said = f"Effects of {labels[0]} against {labels[1]}"
    axis = f"◂ fewer after {labels[0]}  |  ratio  |  more after {labels[0]} ▸"
    notes = [NNT_WORDS] if NEEDED in more else []
    return ratio_forest(rows, [*labels], axis, said, "Ratio (95 % CI)", WALD, more, notes)


GAP, NEEDED, GAINED = "Risk difference, % points", "Number needed", "Time gained, months"
NNT_WORDS = "NNTB, NNTH: persons for one to benefit, for one to be harmed (Altman 1998)."


def _of_arm(arms: list, label: str) -> str:
    """Risk by the horizon, or occurrences per person, of one arm."""
    one = next((row for row in arms if row.arm == label), None)
    if one is None:
        return NOTHING
    if word := hidden_word(one):
        return word
    if one.statistic == "mean_count":
        return f"{rounded(one.estimate, 2)} per person"
    return f"{rounded(100 * one.estimate, 1)} %"


def table(estimates: list, title: str) -> Table:
    """One row per endpoint: events, ratio, risks, and what they differ by."""
    arms = distinct([one for one in estimates if one.comparator is None], "arm")
    columns = ["", *(f"{arm}: with any / n; risk or mean" for arm in arms), "Ratio (95 % CI)"]
    columns += [f"{GAP} (95 % CI)", f"{NEEDED} (95 % CI)", f"{GAINED} (95 % CI)"]
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            beside = _beside(own)
            ratio = first(own, "hazard_ratio") or first(own, "rate_ratio")
            rows.append(
                [
                    label,
                    *(_arm_cell(own, arm) for arm in arms),
                    ratio_of(ratio),
                    difference_of(beside["risk_difference"], 100, 1),
                    needed_of(beside["number_needed_to_treat"]),
                    difference_of(beside["restricted_mean_difference"], 1, 2),
                ]
            )
    note = (
        "Ratios are hazard ratios and, where every occurrence counts, ratios of rates. Risks are "
        "by the horizon, death competing; means are occurrences per person by then. Time gained: "
        "months without the event up to the horizon, only where nothing competes. "
        f"{NNT_WORDS} An interval that holds no effect runs through infinity. § no event in one "
        "arm: Firth's penalised estimate."
    )
    return Table(title, columns, rows, note)


def _arm_cell(own: list, arm: str) -> str:
    of_arm = [one for one in own if one.arm == arm and one.comparator is None]
    if not of_arm:
        return NOTHING
    return hidden_word(of_arm[0]) or f"{events_of(of_arm[0])}; {_of_arm(of_arm, arm)}"


def says(words: Words) -> str:
    """The method in words."""
    said = (
        f"{words.of}: for each endpoint{words.left_out}, the Cox ratio with the risks by the "
        "horizon (Aalen-Johansen), their difference, the number needed to treat (Altman 1998) and "
        "the difference in restricted mean time where nothing competes"
    )
    if words.row.counted_endpoint_ids:
        said += (
            "; where every occurrence counts, the mean cumulative count with death as its end and "
            "the ratio of rates by the proportional means model (Lin 2000), robust to persons or "
            "pairs"
        )
    return said


ANALYSIS = AnalysisType("effects", make, table, says)

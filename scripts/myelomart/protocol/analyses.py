"""What is computed: each analysis in words, and what all of them have in common."""

from __future__ import annotations

from myelomart.analyses import TYPES
from myelomart.analysis_type import Words
from myelomart.display.grouping import grouped
from myelomart.display.numbers import NOTHING
from myelomart.display.table import Table
from myelomart.population.rare_levels import merging_in_words
from myelomart.protocol.wording import listed
from myelomart.study import Analysis, Covariate, Study

ORDERS = {"smallest": "in ascending order of the score", "random": "in random order",
          "largest": "in descending order of the score",
          "closest": "closest pairs first"}  # fmt: skip
SCALES = {"probability": "propensity score", "logit": "logit of the propensity score"}
# kinds that look again at another's result
ROBUST = (
    "robustness", "estimators", "negative_controls", "subgroups", "ever_treated", "target_trial",
    "bias_analysis",
)  # fmt: skip
UNTESTED = (
    "attrition",
    "baseline",
    "diagnostics",
    "swimmer",
    "line_table",
    "site_sets",
    "evidence_summary",
    "bias_analysis",
)
OF_COVARIATES = ("cohort_table", "distribution")


def analysis_prose(study: Study, one: Analysis) -> str:
    """What an analysis does, in a sentence made from its row."""
    said = method_in_words(study, one)
    if one.population == "matched":
        said += f"; {matched_in_words(one)}"
    if one.adjustment == "covariates":
        said += "; adjusted for the covariates"
    if one.is_adjusted:
        said += f"; {merging_in_words(one)}"
    if one.population == "matched":
        said += "; persons with a level found in one arm only are left out and counted"
    return said + "."


def method_in_words(study: Study, one: Analysis) -> str:
    """What the kind of an analysis does, without how the arms are made alike."""
    return TYPES[one.analysis_type].says(words_of(study, one))


def words_of(study: Study, one: Analysis) -> Words:
    """What the row of an analysis names, in words."""
    of = study.cohort(one.treated_cohort_id).label
    if one.comparator_cohort_id:
        of += f" against {study.cohort(one.comparator_cohort_id).label}"
    by, to = (
        f"«{study.covariate(name).label}»" if name else ""
        for name in (one.group_covariate_id, one.outcome_covariate_id)
    )
    after = f"«{study.endpoint(one.group_endpoint_id).label}»" if one.group_endpoint_id else ""
    endpoints = tuple(study.endpoints_of(one))
    competing = tuple(e for e in endpoints if study.rules_of(e.endpoint_id, "competing"))
    strata = tuple(stratum.label for stratum in study.strata)
    counted = tuple(study.counted_of(one))
    return Words(of, by, to, after, one, endpoints, competing, strata, counted)


def matched_in_words(one: Analysis) -> str:
    """How pairs are made, from the row of an analysis."""
    order = ORDERS.get(one.match_order or "", one.match_order)
    return (
        f"matched 1:1 within {one.caliper:g} pooled standard deviations of the "
        f"{SCALES.get(one.caliper_scale or '', one.caliper_scale)}, {order}, seed {one.seed}"
    )


def analyses(study: Study) -> Table:
    """A row per analysis: its output, of whom, what is done, and the months shown."""
    rows: list[list[str]] = []
    for output_id, own in grouped(list(study.analyses), "output_id").items():
        rows.append([output_id])
        for one in own:
            rows.append([one.title, method_in_words(study, one), _alike(one), _months(one)])
    note = "Confidence intervals are 95 %, tests two-sided. Further methods: docs/statistics.md."
    return Table("Analyses", ["", "what is done", "arms made alike by", "months shown"], rows, note)


def _alike(one: Analysis) -> str:
    ways = {"matched": "matching"} if one.population == "matched" else {}
    ways |= {"covariates": "the covariates in the model"} if one.adjustment == "covariates" else {}
    return listed(ways.values()) or NOTHING


def _months(one: Analysis) -> str:
    return ", ".join(f"{month:g}" for month in one.months) if one.months_shown else ""


def adjustment(study: Study) -> tuple[str, ...]:
    """Score, caliper, order, what is merged or left out; or that nobody is made alike."""
    of_way: dict[str, list[str]] = {}
    for one in study.analyses:
        if one.is_adjusted:
            is_matched = one.population == "matched"
            way = f"{matched_in_words(one)}, without replacement" if is_matched else ""
            way = way or "adjusted for these covariates in the model"
            of_way.setdefault(f"{way}; {merging_in_words(one)}", []).append(one.title)
    trials = [one.title for one in study.analyses if one.analysis_type == "target_trial"]
    if trials:
        way = "weighted by the inverse of the chance to follow the strategy, by these covariates"
        of_way.setdefault(way, []).extend(trials)
    if not of_way:
        return ("No matching and no adjustment.",)
    adjusted = [one.label for one in study.covariates if one.is_adjusted_for]
    told = [f"Covariates: {listed(adjusted)}."]
    told += [f"{listed(titles)}: {way}." for way, titles in of_way.items()]
    if any(one.population == "matched" for one in study.analyses):
        told.append(
            "The propensity score is a logistic regression of the arm on the covariates. "
            "Persons with a level found in one arm only cannot be compared and are left out "
            "first; unmatched persons of either arm leave the analysis. Their numbers are in "
            "the table of the arms before and after matching; what was merged or left out is "
            "listed among the warnings."
        )
    return tuple(told)


def variance(study: Study) -> tuple[str, ...]:
    """How limits are made, for the kinds of analysis that the rows name."""
    kinds = {one.analysis_type for one in study.analyses}
    told = []
    if "hazard_ratios" in kinds:
        told.append(
            "Hazard ratios: Wald's limits of the Cox model, or those of the profile likelihood "
            "where Firth's penalty is needed."
        )
    if any(
        o.analysis_type == "hazard_ratios" and o.population == "matched" for o in study.analyses
    ):
        told.append("For matched arms, a second interval is robust to the pairing.")
    if "effects" in kinds:
        told.append(
            "Risk differences: Wald's limits of Aalen-Johansen risks, arms independent; numbers "
            "needed to treat are their inverses. Ratios of rates: robust to persons or pairs."
        )
    if "win_ratio" in kinds:
        told.append("Win ratios: U-statistics; within pairs, from the share of wins.")
    if kinds & {"survival", "kaplan_meier", "ever_treated", "evidence_summary"}:
        told.append("Survival: Greenwood's variance, log-log limits.")
    if "target_trial" in kinds:
        told.append(
            "Target trial: risks and their contrasts by the percentiles of a bootstrap of persons; "
            "hazard ratio and curves by a variance robust by person."
        )
    if "cumulative_incidence" in kinds:
        told.append("Cumulative incidence: limits of the Aalen-Johansen estimator.")
    if kinds & {"cohort_table", "line_table", "response_bars", "site_sets"}:
        told.append("Shares: Wilson's limits.")
    return tuple(told) or ("No analysis gives an interval.",)


def missing_data(study: Study) -> tuple[str, ...]:
    """What becomes of a value that is not known, in tables and in models."""
    told = [
        "A value that is not recorded counts as unknown, never as no. Percentages are of persons "
        "with a known value, and unknown values are counted beside them. Persons whose group is "
        "unknown are in no group; a warning says how many."
    ]
    if any(one.is_adjusted for one in study.analyses):
        adjusted = [one for one in study.covariates if one.is_adjusted_for and _may_lack(one)]
        numbers = [one.label for one in adjusted if one.value_kind != "category"]
        levels = [one.label for one in adjusted if one.value_kind == "category"]
        if levels:
            told.append(f"In models «unknown» is a level of {listed(levels)}.")
        if numbers:
            told.append(
                f"In models an unknown value of {listed(numbers)} is set to the mean and marked by "
                "an indicator of its own. Nothing is imputed otherwise."
            )
    if any(one.analysis_type == "prognostic_factors" for one in study.analyses):
        told.append(
            "Each prognostic factor alone is modelled in persons with a known value; the model of "
            "all together has an indicator for unknown values."
        )
    return tuple(told)


def _may_lack(one: Covariate) -> bool:
    """Whether a value can be unknown: that an event was not recorded is a no."""
    return one.event_group is None or one.summary == "last"


def multiplicity(study: Study) -> tuple[str, ...]:
    """How many comparisons of groups the rows ask for, by output, and that no p is corrected."""
    counts: dict[str, int] = {}
    for one in study.analyses:
        counts[one.output_id] = counts.get(one.output_id, 0) + _comparisons(study, one)
    told = [f"{output_id} {count}" for output_id, count in counts.items() if count]
    if not told:
        return ("No groups are compared.",)
    return (
        f"Group comparisons by output: {', '.join(told)}. P values are not corrected for multiple "
        "testing.",
    )


def _comparisons(study: Study, one: Analysis) -> int:
    """How many comparisons an analysis makes at most: of outcomes, or of covariates."""
    is_grouped = one.comparator_cohort_id or one.group_covariate_id or one.group_endpoint_id
    if one.analysis_type == "prognostic_factors":
        return len(study.covariates_of(one)) * len(study.endpoints_of(one))
    if not is_grouped or one.analysis_type in UNTESTED:
        return 0
    if one.analysis_type in OF_COVARIATES:
        return len(study.covariates_of(one))
    if one.outcome_covariate_id or one.analysis_type == "win_ratio":
        return 1
    outcomes = len(study.endpoints_of(one)) + len(study.counted_of(one))
    return outcomes * (len(study.strata) if one.analysis_type == "subgroups" else 1)


def sensitivity(study: Study) -> tuple[str, ...]:
    """The analyses that ask an earlier one again: other cohorts, other rules, other methods."""
    told = []
    for position, one in enumerate(study.analyses):
        earlier = study.analyses[:position]
        if one.analysis_type in ROBUST or any(_asks_again(study, one, other) for other in earlier):
            told.append(f"{one.title} ({one.output_id}).")
    return tuple(told) or ("No analysis is repeated.",)


def _asks_again(study: Study, one: Analysis, other: Analysis) -> bool:
    """Whether an analysis asks what another one asks: the same output, kind, groups, outcomes."""
    alike = ("output_id", "analysis_type", "group_covariate_id", "outcome_covariate_id",
             "group_endpoint_id", "row_groups")  # fmt: skip
    shared = set(study.endpoints_of(one)) & set(study.endpoints_of(other))
    return bool(shared) and all(getattr(one, name) == getattr(other, name) for name in alike)

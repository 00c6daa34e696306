"""What the study aims at: the trial it emulates beside its emulation, and its estimand."""

from __future__ import annotations

from myelomart.display.table import Table
from myelomart.protocol.analyses import matched_in_words
from myelomart.protocol.part import NOT_STATED
from myelomart.protocol.population import index_event
from myelomart.protocol.wording import listed, shortly
from myelomart.study import Analysis, Cohort, Study


def main_analysis(study: Study) -> Analysis | None:
    """The first analysis that compares two arms by a model; None where none does."""
    kinds = ("hazard_ratios",)
    return next((one for one in study.analyses if one.analysis_type in kinds), None)


def main_cohorts(study: Study) -> list[Cohort]:
    """The cohorts of the main comparison, else the one that the first analysis is of."""
    one = main_analysis(study) or (study.analyses[0] if study.analyses else None)
    if one is None:
        return list(study.cohorts)
    named = (one.treated_cohort_id, one.comparator_cohort_id)
    return [study.cohort(name) for name in named if name]


def target_trial(study: Study) -> tuple[Table, ...]:
    """The parts of a trial beside how the study emulates each; no table without two arms."""
    one = main_analysis(study)
    if one is None or one.comparator_cohort_id is None:
        return ()
    said = study.said
    rows = [
        [part, said.get(f"trial_{field}", NOT_STATED), emulated]
        for part, field, emulated in (
            ("Eligibility", "eligibility", _eligibility(study)),
            ("Treatment strategies", "strategies", _strategies(study)),
            ("Assignment", "assignment", _assignment(study, one)),
            ("Time zero", "time_zero", _time_zero(study)),
            ("Follow-up", "follow_up", _follow_up(study, one)),
            ("Outcomes", "outcomes", _outcomes(study, one)),
            ("Causal contrast", "contrast", _contrast(study, one)),
            ("Analysis", "analysis", _analysis(one)),
        )
    ]
    note = (
        "Hernán and Robins 2016, doi 10.1093/aje/kwv254. The right column comes from the study "
        "definition."
    )
    return (Table("Target trial", ["", "specified trial", "emulation"], rows, note),)


def _criteria(study: Study, cohort: Cohort) -> list[str]:
    own = [one for one in study.criteria if one.cohort_id == cohort.cohort_id]
    return [f"{'without: ' if one.kind == 'exclude' else ''}{one.label}" for one in own]


def _eligibility(study: Study) -> str:
    """What both arms ask for."""
    first, *others = (_criteria(study, cohort) for cohort in main_cohorts(study))
    shared = [one for one in first if all(one in other for other in others)]
    return "; ".join(shared) or "No criterion that both arms share"


def _strategies(study: Study) -> str:
    """The event of each arm, and what it alone asks for."""
    cohorts = main_cohorts(study)
    told = []
    for cohort in cohorts:
        others = [_criteria(study, other) for other in cohorts if other is not cohort]
        own = [one for one in _criteria(study, cohort) if any(one not in other for other in others)]
        told.append("; ".join([f"{cohort.label}: {index_event(study, cohort)}", *own]))
    return ". ".join(told)


def _assignment(study: Study, one: Analysis) -> str:
    names = [covariate.label for covariate in study.covariates if covariate.is_adjusted_for]
    if one.population == "matched":
        return f"Not random: {matched_in_words(one)}, on a score of {listed(names)}"
    if one.adjustment == "covariates":
        return f"Not random: adjusted for {listed(names)}"
    return "Not random and not adjusted for"


def _time_zero(study: Study) -> str:
    told = []
    for one in main_cohorts(study):
        later = f" plus {one.index_offset_days} days" if one.index_offset_days else ""
        told.append(f"{one.label}: {index_event(study, one)}{later}")
    return "; ".join(told)


def _follow_up(study: Study, one: Analysis) -> str:
    windows = dict.fromkeys((e.start_day, e.horizon_days) for e in study.endpoints_of(one))
    return "; ".join(
        f"from day {start} to {'the end of the record' if end is None else f'day {end}'}"
        for start, end in windows
    )


def _outcomes(study: Study, one: Analysis) -> str:
    return shortly(
        (e.label for e in study.endpoints_of(one)), "outcomes, see the table of outcomes"
    )


def _contrast(study: Study, one: Analysis) -> str:
    arms = " against ".join(cohort.label for cohort in main_cohorts(study))
    told = f"Hazard ratio of {arms}, by the treatment that was begun"
    if one.population == "matched":
        told += ", in the treated for whom a partner was found within the caliper"
    return told


def _analysis(one: Analysis) -> str:
    if one.population == "matched":
        return "Cox regression on the arm in the matched pairs"
    if one.adjustment == "covariates":
        return "Cox regression on the arm and the covariates"
    return "Cox regression on the arm"


def estimand(study: Study) -> tuple[str, ...]:
    """The estimand in the words of the row, and its parts as the rows of the study give them."""
    one = main_analysis(study)
    told = [study.said.get("estimand", NOT_STATED)]
    primary = study.said.get("primary_outcome")
    if primary:
        told.append(f"Primary outcome: {study.endpoint(primary).label}.")
    else:
        told.append(f"Primary outcome: {NOT_STATED}")
    if one is None or one.comparator_cohort_id is None:
        cohorts = listed(cohort.label for cohort in study.cohorts)
        told.append(f"No comparison group, so no effect is estimated. Cohorts: {cohorts}.")
        return tuple(told)
    told.append(f"Population: {_population(study, one)}")
    told.append(f"Contrast and measure: {_contrast(study, one)}.")
    told.append(f"Intercurrent events: {_intercurrent(study, one)}")
    return tuple(told)


def _population(study: Study, one: Analysis) -> str:
    if one.population == "matched":
        treated = study.cohort(one.treated_cohort_id).label
        return (
            f"{treated} patients with a matched partner: where the arms overlap, not all of the "
            "treated."
        )
    return "all persons of both arms."


def _intercurrent(study: Study, one: Analysis) -> str:
    endpoints = study.endpoints_of(one)
    competing = [e.label for e in endpoints if study.rules_of(e.endpoint_id, "competing")]
    reasons = dict.fromkeys(
        rule.reason for e in endpoints for rule in study.rules_of(e.endpoint_id, "censor")
    )
    told = f"follow-up is censored at: {'; '.join(reasons) or 'nothing'}. "
    if competing:
        of = shortly(competing, f"of {len(endpoints)} outcomes")
        return told + f"A competing event ends the follow-up of: {of}."
    return told + "No outcome has a competing event."

"""A study as prose, generated from its rows: what a protocol would say."""

from __future__ import annotations

from myelomart.analyses import TYPES
from myelomart.analysis_type import Words
from myelomart.population.rare_levels import merging_in_words
from myelomart.study import Analysis, Cohort, Criterion, Study


def as_prose(study: Study) -> str:
    """The study in words, generated from its rows: what a protocol would say."""
    lines = [
        study.title,
        "=" * len(study.title),
        "",
        study.question,
        "",
        f"Design: {study.design}.",
    ]
    for cohort in study.cohorts:
        lines += ["", f"{cohort.label} ({cohort.arm}): {_index_sentence(cohort)}"]
        for one in (c for c in study.criteria if c.cohort_id == cohort.cohort_id):
            lines.append(f"  {one.step}. {one.kind}: {one.label}{_window(one)}")
    lines += ["", "At index, reported and (*) adjusted for:"]
    for group in dict.fromkeys(one.row_group for one in study.covariates):
        of_group = [one for one in study.covariates if one.row_group == group]
        names = [one.label + ("*" if one.is_adjusted_for else "") for one in of_group]
        lines.append(f"  {group}: {', '.join(names)}")
    lines += ["", "Endpoints:"]
    for one in study.endpoints:
        until = "the end of follow-up" if one.horizon_days is None else f"day {one.horizon_days}"
        prior = "; persons with an earlier one are dropped" if one.excludes_prior else ""
        lines.append(f"  {one.label}: from day {one.start_day} to {until}{prior}")
    lines += ["", "Analyses:"]
    lines += [
        f"  {one.output_id}: {one.title}. {analysis_prose(study, one)}" for one in study.analyses
    ]
    lines += ["", f"Caution: {study.caution}"]
    return "\n".join(lines)


def _index_sentence(cohort: Cohort) -> str:
    which = "first" if cohort.index_occurrence == 1 else f"number {cohort.index_occurrence}"
    offset = f", plus {cohort.index_offset_days} days" if cohort.index_offset_days else ""
    period = ""
    if cohort.index_from or cohort.index_to:
        period = f", between {cohort.index_from or 'the beginning'} and {cohort.index_to or 'now'}"
    return f"index is the {which} event «{cohort.index_event_group}»{offset}{period}"


def _window(one: Criterion) -> str:
    start, end = one.window_start_days, one.window_end_days
    if start is None and end is None:
        return ""
    since = "any time" if start is None else f"day {start}"
    until = "any time" if end is None else f"day {end}"
    return f" [{since} to {until}]"


def analysis_prose(study: Study, one: Analysis) -> str:
    """What an analysis does, in a sentence made from its row."""
    of = study.cohort(one.treated_cohort_id).label
    if one.comparator_cohort_id:
        of += f" against {study.cohort(one.comparator_cohort_id).label}"
    by, to = (
        f"«{study.covariate(name).label}»" if name else ""
        for name in (one.group_covariate_id, one.outcome_covariate_id)
    )
    after = f"«{study.endpoint(one.group_endpoint_id).label}»" if one.group_endpoint_id else ""
    said = TYPES[one.analysis_type].says(Words(of, by, to, after, one))
    if one.population == "matched":
        said += (
            f"; matched 1:1 within {one.caliper:g} pooled standard deviations of the "
            f"{one.caliper_scale}, {one.match_order} score first"
        )
    if one.adjustment == "covariates":
        said += "; adjusted for the covariates"
    if one.is_adjusted:
        said += f"; {merging_in_words(one)}"
    if one.population == "matched":
        said += "; persons with a level that one arm alone has are left out and counted"
    return said + "."

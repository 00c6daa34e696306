"""A study as prose, generated from its rows: what a protocol would say."""

from __future__ import annotations

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
    said = METHODS[one.analysis_type].format(of=of, by=by, to=to, after=after, row=one)
    if by and one.analysis_type in GROUPED:
        said += f"; by {by}{GROUPED[one.analysis_type]}"
    if one.analysis_type == "prognostic_factors" and to:
        said += f"; logistic regression for {to}"
    if one.analysis_type == "attrition" and one.row_groups:
        blocks = " and ".join(f"«{block}»" for block in one.row_groups.split(";"))
        said += f"; of those who stay, of how many {blocks} is known"
    if one.analysis_type == "cohort_table" and one.summary_style:
        said += f"; {SUMMARIES[one.summary_style]}"
    if one.population == "matched":
        said += (
            f"; matched 1:1 within {one.caliper:g} pooled standard deviations of the "
            f"{one.caliper_scale}, {one.match_order} score first"
        )
    if one.adjustment == "covariates":
        said += "; adjusted for the covariates"
    return said + "."


METHODS = {
    "attrition": "{of}: who comes to each step, who leaves there, and why",
    "baseline": "{of}: patients at index, with standardized differences",
    "hazard_ratios": "{of}: Cox regression per endpoint, persons with an earlier one left out; "
    "log-rank test; Schoenfeld's test of proportional hazards",
    "robustness": "{of}: what speaks for and against each hazard ratio: E-values, 200 random "
    "orders of matching, death as a competing event (Fine-Gray), the arithmetic of TriNetX, and "
    "for outcomes that need a test the ratio among the tested and with testing made equal",
    "subgroups": "{of}: hazard ratios inside and outside each subgroup, likelihood-ratio test of "
    "the interaction",
    "kaplan_meier": "{of}: Kaplan-Meier curves with log-log intervals, log-rank test",
    "cohort_table": "{of} at index: each row of its own denominator, the unknown counted, "
    "Wilson's intervals",
    "line_table": "{of}: lines of therapy after index by treatment group; responses of the lines "
    "that could be assessed, Wilson's intervals",
    "survival": "{of}: Kaplan-Meier with log-log intervals, follow-up by reverse Kaplan-Meier",
    "cumulative_incidence": "{of}: Aalen-Johansen, the competing event is no censoring",
    "response_bars": "{of}: {to}, of those assessed, Wilson's intervals",
    "prognostic_factors": "{of}: one factor at a time and all together; Cox regression, "
    "cause-specific and Fine-Gray where events compete",
    "ever_treated": "{of}: by {after} after index in three ways: as printed (ever against never, "
    "which is biased), from a landmark at day {row.landmark_day}, and as time-varying exposure",
    "transitions": "{of}: from {by} to {to}; Fisher's test of association (chi-square beyond two "
    "states), McNemar's exact test of change",
    "site_sets": "{of}: every site of those assessed for it, every combination of those assessed "
    "for all",
    "swimmer": "{of}: a lane a person, nobody named, in months rounded up",
    "distribution": "{of}: medians with quartiles",
    "evidence_summary": "Cited results as printed; pooled over trials by a binomial-normal model "
    "where three or more can be; {of} beside each",
}
GROUPED = {
    "cohort_table": ", tested by Fisher where an expected count is below 5, else chi-square "
    "without correction, and by Wilcoxon, or Student's t where means are shown or the row says so",
    "survival": ", log-rank test",
    "cumulative_incidence": ", Gray's test",
    "response_bars": "",
    "distribution": ", Wilcoxon's test, each pair of groups as well where there are more than two",
}
SUMMARIES = {
    "mean_sd": "numbers as mean and standard deviation",
    "median_range": "numbers as median and range",
    "median_iqr": "numbers as median and quartiles",
    "median_iqr_student": "numbers as median and quartiles, tested by Student's t",
}

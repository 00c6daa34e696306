"""A study as its rows say it, typed; and the same study as prose."""

from __future__ import annotations

from dataclasses import dataclass, fields

import duckdb
import pandas as pd

from myelomart import warehouse
from myelomart.errors import MyelomartError

SCHEMA = "studies"


@dataclass(frozen=True)
class Cohort:
    """A group of persons: its arm, its index event and the period in which that must fall."""

    cohort_id: str
    arm: str
    label: str
    index_event_group: str
    index_occurrence: int
    index_offset_days: int
    index_from: str | None
    index_to: str | None


@dataclass(frozen=True)
class Criterion:
    """One condition of a cohort; criteria of one step are alternatives."""

    cohort_id: str
    step: int
    kind: str
    label: str
    window_start_days: int | None
    window_end_days: int | None


@dataclass(frozen=True)
class Covariate:
    """What is reported of every person at index, and adjusted for when it says so."""

    covariate_id: str
    label: str
    row_group: str
    value_kind: str
    is_adjusted_for: bool


@dataclass(frozen=True)
class Endpoint:
    """What is counted after index."""

    endpoint_id: str
    label: str
    row_group: str
    start_day: int
    horizon_days: int | None
    excludes_prior: bool
    tested_event_group: str | None

    @property
    def horizon_months(self) -> float | None:
        """The end of the follow-up window in months of a twelfth of a year."""
        return None if self.horizon_days is None else 12 * self.horizon_days / 365


@dataclass(frozen=True)
class Analysis:
    """One output of a study: of whom, with which method."""

    analysis_id: str
    output_id: str
    title: str
    analysis_type: str
    treated_cohort_id: str
    comparator_cohort_id: str | None
    population: str
    adjustment: str
    caliper: float | None
    caliper_scale: str | None
    match_order: str | None
    seed: int | None
    months_shown: str | None = None
    endpoint_ids: str | None = None
    group_covariate_id: str | None = None
    outcome_covariate_id: str | None = None
    group_endpoint_id: str | None = None
    landmark_day: int | None = None
    row_groups: str | None = None
    summary_style: str | None = None

    @property
    def months(self) -> list[float]:
        """The months at which curves are read."""
        return [float(text) for text in (self.months_shown or "0").split(";")]


@dataclass(frozen=True)
class Study:
    """A study: its question, its cohorts, what it measures and which analyses it makes."""

    study_id: str
    title: str
    question: str
    design: str
    caution: str
    cohorts: tuple[Cohort, ...]
    criteria: tuple[Criterion, ...]
    covariates: tuple[Covariate, ...]
    endpoints: tuple[Endpoint, ...]
    analyses: tuple[Analysis, ...]

    def cohort(self, cohort_id: str) -> Cohort:
        """The cohort of that name."""
        return next(one for one in self.cohorts if one.cohort_id == cohort_id)

    def covariate(self, covariate_id: str) -> Covariate:
        """The covariate of that name."""
        return next(one for one in self.covariates if one.covariate_id == covariate_id)

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """The endpoint of that name."""
        return next(one for one in self.endpoints if one.endpoint_id == endpoint_id)

    def endpoints_of(self, analysis: Analysis) -> list[Endpoint]:
        """The endpoints that ``analysis`` names, in its order; all when it names none."""
        if not analysis.endpoint_ids:
            return list(self.endpoints)
        return [self.endpoint(one) for one in analysis.endpoint_ids.split(";")]

    def covariates_of(self, analysis: Analysis) -> list[Covariate]:
        """The covariates of the row groups that ``analysis`` names; all when it names none."""
        if not analysis.row_groups:
            return list(self.covariates)
        wanted = analysis.row_groups.split(";")
        return [one for group in wanted for one in self.covariates if one.row_group == group]


def study_ids(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The studies that the warehouse holds, in the order of their rows."""
    query = f"select study_id from {SCHEMA}.studies order by sort_order, study_id"
    return [one for (one,) in warehouse.rows(connection, query)]


def read_study(connection: duckdb.DuckDBPyConnection, study_id: str) -> Study:
    """The study ``study_id``; raises ``MyelomartError`` that lists the known ones."""
    known = study_ids(connection)
    if study_id not in known:
        raise MyelomartError(
            f"There is no study «{study_id}» in this warehouse. It has: {', '.join(known)}. "
            "A study is added as rows in seeds/studies."
        )
    row = _records(connection, "studies", study_id)[0]
    cohorts = _typed(Cohort, _records(connection, "cohorts", study_id, order="arm desc, cohort_id"))
    named = {cohort.cohort_id for cohort in cohorts}
    criteria = _records(connection, "cohort_criteria", order="cohort_id, step, label")
    return Study(
        study_id,
        row["title"],
        row["question"],
        row["design"],
        row["caution"],
        cohorts,
        tuple(one for one in _typed(Criterion, criteria) if one.cohort_id in named),
        _typed(Covariate, _records(connection, "covariates", study_id, order="sort_order")),
        _typed(Endpoint, _records(connection, "endpoints", study_id, order="sort_order")),
        _typed(Analysis, _records(connection, "study_analyses", study_id, order="sort_order")),
    )


def study_frame(
    connection: duckdb.DuckDBPyConnection, table: str, study_id: str | None, order: str = "all"
) -> pd.DataFrame:
    """The rows of ``studies.<table>`` that belong to ``study_id`` (all without one), in order."""
    where = "where study_id = ?" if study_id else ""
    query = f"select * from {SCHEMA}.{table} {where} order by {order}"
    return connection.execute(query, [study_id] if study_id else []).df()


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


def _records(connection, table: str, study_id: str | None = None, order: str = "all") -> list[dict]:
    frame = study_frame(connection, table, study_id, order).astype(object)
    return frame.where(frame.notna(), None).to_dict("records")


def _typed(kind: type, records: list[dict]) -> tuple:
    names = [field.name for field in fields(kind)]
    casts = {field.name: str(field.type) for field in fields(kind)}
    return tuple(
        kind(**{name: _cast(record[name], casts[name]) for name in names}) for record in records
    )


def _cast(value: object, wanted: str) -> object:
    if value is None:
        return None
    if wanted.startswith("int"):
        return int(value)
    if wanted.startswith("str") and isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value

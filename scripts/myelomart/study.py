"""A study as its rows say it, typed; `myelomart.protocol` says the same in prose."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from functools import cached_property

import duckdb
import pandas as pd

from myelomart import warehouse
from myelomart.errors import MyelomartError

SCHEMA = "studies"
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")  # studies and outputs name files


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
    event_group: str | None = None
    characteristic: str | None = None
    value_operator: str | None = None
    value_number: float | None = None
    value_text: str | None = None
    min_count: int = 1


@dataclass(frozen=True)
class Covariate:
    """What is reported of every person at index, and adjusted for when it says so."""

    covariate_id: str
    label: str
    row_group: str
    value_kind: str
    is_adjusted_for: bool
    event_group: str | None = None
    characteristic: str | None = None
    summary: str | None = None
    window_start_days: int | None = None
    window_end_days: int | None = None
    anchor_event_group: str | None = None


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
    prior_until_day: int | None = None
    negative_control_reason: str | None = None  # why no treatment can cause it

    @property
    def horizon_months(self) -> float | None:
        """The end of the follow-up window in months of a twelfth of a year."""
        return None if self.horizon_days is None else 12 * self.horizon_days / 365


@dataclass(frozen=True)
class Rule:
    """What makes an endpoint happen, compete with it, censor it or open its time at risk."""

    endpoint_id: str
    role: str
    priority: int
    event_group: str
    value_operator: str | None
    value_number: float | None
    reason: str


@dataclass(frozen=True)
class Stratum:
    """A subgroup of the persons: those whose characteristic has the value."""

    stratum_id: str
    label: str
    characteristic: str
    value_operator: str
    value_number: float | None
    value_text: str | None


@dataclass(frozen=True)
class FollowedLab:
    """A laboratory test that is read before and after index, and on which days."""

    lab: str
    label: str
    baseline_from_day: int
    baseline_until_day: int
    start_day: int
    horizon_days: int

    @property
    def horizon_months(self) -> float:
        """The end of the window in months of a twelfth of a year."""
        return 12 * self.horizon_days / 365


@dataclass(frozen=True)
class TableRow:
    """What a table says of a covariate, or of one level of it, beside its numbers."""

    covariate_id: str
    level: str | None
    sort_order: int | None
    part_of: str | None
    note: str | None


@dataclass(frozen=True)
class Code:
    """A code behind an event group, or a derived event, which has none."""

    event_group_id: str
    group_label: str
    event_type: str
    event_label: str
    excluded_role: str | None
    vocabulary_id: str | None
    code: str | None
    code_name: str | None
    include_descendants: bool | None
    source: str | None


@dataclass(frozen=True)
class Item:
    """What a guideline asks of a protocol or report, and the parts that answer it."""

    guideline: str
    item_id: str
    item: str
    answered_by: str
    source: str


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
    fewest_per_level: int | None = None
    published_curves: str | None = None
    counted_endpoint_ids: str | None = None

    @property
    def is_adjusted(self) -> bool:
        """Whether the arms are made alike by a model of the covariates."""
        return self.population == "matched" or self.adjustment == "covariates"

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
    rules: tuple[Rule, ...] = ()
    strata: tuple[Stratum, ...] = ()
    followed_labs: tuple[FollowedLab, ...] = ()
    table_rows: tuple[TableRow, ...] = ()
    codes: tuple[Code, ...] = ()
    items: tuple[Item, ...] = ()
    said: dict[str, str] = field(default_factory=dict)  # field of the protocol to its words
    characteristics: dict[str, str] = field(default_factory=dict)  # characteristic to its words
    source_document: str | None = None
    rule_set: str | None = None

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
        """The endpoints that ``analysis`` names, in its order; all when it names or counts none."""
        if not analysis.endpoint_ids:
            return [] if analysis.counted_endpoint_ids else list(self.endpoints)
        return [self.endpoint(one) for one in analysis.endpoint_ids.split(";")]

    def arms_of(self, analysis: Analysis) -> dict[str, str]:
        """The labels of the treated arm and of its comparator, as columns of an estimate."""
        return {
            "arm": self.cohort(analysis.treated_cohort_id).label,
            "comparator": self.cohort(analysis.comparator_cohort_id).label,
        }

    def counted_of(self, analysis: Analysis) -> list[Endpoint]:
        """The endpoints of which ``analysis`` counts every occurrence, in its order."""
        named = (analysis.counted_endpoint_ids or "").split(";")
        return [self.endpoint(one) for one in named if one]

    def covariates_of(self, analysis: Analysis) -> list[Covariate]:
        """The covariates of the row groups that ``analysis`` names; all when it names none."""
        if not analysis.row_groups:
            return list(self.covariates)
        wanted = analysis.row_groups.split(";")
        return [one for group in wanted for one in self.covariates if one.row_group == group]

    def rules_of(self, endpoint_id: str, role: str) -> list[Rule]:
        """The rules of one role of an endpoint, the first to be read first."""
        own = [one for one in self.rules if (one.endpoint_id, one.role) == (endpoint_id, role)]
        return sorted(own, key=lambda one: one.priority)

    def levels_of(self, covariate_id: str) -> list[str]:
        """The levels of a covariate that tables always show, in the order of the document."""
        own = [one for one in self.table_rows if one.covariate_id == covariate_id and one.level]
        return [one.level for one in sorted(own, key=lambda one: one.sort_order or 0)]

    @cached_property
    def _group_labels(self) -> dict[str, str]:
        return {one.event_group_id: one.group_label for one in reversed(self.codes)}

    def group_label(self, event_group: str) -> str:
        """An event group in words."""
        return self._group_labels.get(event_group, event_group.replace("_", " "))


def study_ids(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The studies that the warehouse holds, in the order of their rows."""
    query = f"select study_id from {SCHEMA}.studies order by sort_order, study_id"
    return [one for (one,) in warehouse.rows(connection, query)]


def rule_set_of(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The rule set in force in the warehouse."""
    return warehouse.value(connection, f"select min(rule_set) from {SCHEMA}.study_rule_set")


def read_study(connection: duckdb.DuckDBPyConnection, study_id: str) -> Study:
    """The study ``study_id``; raises ``MyelomartError`` that lists the known ones."""
    known = study_ids(connection)
    if study_id not in known:
        raise MyelomartError(
            f"There is no study «{study_id}» in this warehouse. It has: {', '.join(known)}. "
            "A study is added as a file: `myelomart study new`."
        )
    refuse_path(study_id)
    row = _records(connection, "studies", study_id)[0]
    cohorts = _typed(Cohort, _records(connection, "cohorts", study_id, order="arm desc, cohort_id"))
    named = {cohort.cohort_id for cohort in cohorts}
    analyses = _typed(
        Analysis, _records(connection, "study_analyses", study_id, order="sort_order")
    )
    refuse_path(*(name for one in analyses for name in (one.analysis_id, one.output_id)))
    criteria = _records(connection, "cohort_criteria", order="cohort_id, step, label")
    codes = "event_group_id, event_type, event_label, vocabulary_id, code"
    known = _records(connection, "known_characteristics", order="characteristic")
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
        analyses,
        _typed(Rule, _records(connection, "endpoint_rules", study_id, "endpoint_id, priority")),
        _typed(Stratum, _records(connection, "strata", study_id, order="stratum_id")),
        _typed(FollowedLab, _records(connection, "followed_labs", study_id, "sort_order, lab")),
        _typed(TableRow, _records(connection, "table_rows", study_id, "covariate_id, sort_order")),
        _typed(Code, _records(connection, "study_code_lists", order=codes)),
        _typed(Item, _records(connection, "protocol_items", order="sort_order")),
        {
            one["field"]: one["content"]
            for one in _records(connection, "study_protocol", study_id, order="field")
        },
        {one["characteristic"]: one["label"] for one in known},
        row["source_document"],
        rule_set_of(connection),
    )


def refuse_path(*names: str) -> None:
    """Refuse a name that could lead out of the folder in which the file of that name is written."""
    for name in names:
        if not FILE_NAME.fullmatch(name):
            raise MyelomartError(
                f"«{name}» cannot be the name of a study or an output: files are named after it. "
                "Use letters, digits, _ and -, at most 100, in its file."
            )


def study_frame(
    connection: duckdb.DuckDBPyConnection, table: str, study_id: str | None, order: str = "all"
) -> pd.DataFrame:
    """The rows of ``studies.<table>`` that belong to ``study_id`` (all without one), in order."""
    where = "where study_id = ?" if study_id else ""
    query = f"select * from {SCHEMA}.{table} {where} order by {order}"
    return connection.execute(query, [study_id] if study_id else []).df()


def _records(connection, table: str, study_id: str | None = None, order: str = "all") -> list[dict]:
    frame = study_frame(connection, table, study_id, order).astype(object)
    return frame.where(frame.notna(), None).to_dict("records")


def _typed(kind: type, records: list[dict]) -> tuple:
    names = [field.name for field in fields(kind)]
    casts = {field.name: str(field.type) for field in fields(kind)}
    return tuple(
        kind(**{name: _cast(record[name], casts[name]) for name in names if name in record})
        for record in records  # those of a former version lack what came later
    )


def _cast(value: object, wanted: str) -> object:
    if value is None:
        return None
    if wanted.startswith("int"):
        return int(value)
    if wanted.startswith("str") and isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value

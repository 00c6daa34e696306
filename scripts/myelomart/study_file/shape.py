"""How the parts of a study file become columns: the one place that says it.

The expansion, the JSON Schema and the checks read it. A column that a table gets is a key of its
part at once, under its own name; only a shorter key or a default is a line here. A new table with
a `study_id` is a key of the study at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from myelomart.rows.declared import tables

TOP_TEXT = {
    "study": "Name of the study: small letters, digits and _; it names the folder of its results.",
    "events": "Events that the study asks for and that nobody defined before; others are named.",
    "criteria": "Criteria that several cohorts share: each is written once, cohorts name it.",
    "cohorts": "Who is in: the event that starts the clock, and the criteria in their order.",
    "covariates": "What is known at index: reported, and adjusted for where it says so.",
    "endpoints": "What is counted after index: the event, what competes, what ends the follow-up.",
    "strata": "Subgroups.",
    "matching": "How matched analyses find their pairs, unless an analysis says otherwise.",
    "analyses": "Which outputs are made, of whom, with which method.",
    "overrides": "true: this replaces what has the same name among our rows.",
}
COMPARED = ">=", "<=", ">", "<", "="
ROLES = ("entry", "event", "competing", "censor")
FIRST_PRIORITY = {"entry": 0, "event": 1, "competing": 2, "censor": 3}


@dataclass(frozen=True)
class Part:
    """The entries of a table: shorter keys, keys that fill several columns, and defaults."""

    table: str
    named_by: tuple[str, ...] = ()  # columns that the place in the file gives
    short: dict[str, str] = field(default_factory=dict)  # key in the file: column
    window: tuple[str, str] | None = None  # columns of `days`
    subjects: tuple[str, ...] = ()  # event, characteristic: keys that say what is looked at
    compared: bool = False  # a subject may be compared with a value
    defaults: dict[str, str] = field(default_factory=dict)
    lists: tuple[str, ...] = ()  # columns that hold several, with semicolons between
    needed: tuple[str, ...] = ()  # keys
    own: tuple[str, ...] = ()  # keys that are no column

    @property
    def keys(self) -> dict[str, str]:
        """Key in the file to column, of every column that no other key fills."""
        filled = {*self.named_by, *self.short.values(), *(self.window or ())}
        if self.subjects:
            filled |= {"event_group", "characteristic", "criterion_type", "covariate_type"}
        if self.compared:
            filled |= {"value_operator", "value_number", "value_text"}
        plain = {name: name for name in tables()[self.table].types if name not in filled}
        return self.short | plain

    @property
    def all_keys(self) -> tuple[str, ...]:
        """Every key that an entry may have."""
        days = ("days",) if self.window else ()
        return (*self.own, *self.subjects, *days, *self.keys)


STUDY = Part(
    "studies",
    named_by=("study_id",),
    defaults={"sort_order": "100"},
    needed=("study", "title", "question", "design", "caution"),
    own=tuple(TOP_TEXT),
)
EVENTS = Part(
    "event_groups",
    named_by=("event_group_id", "event_type", "event_code"),
    needed=("label",),
    own=("overrides",),
)
COHORTS = Part(
    "cohorts",
    named_by=("cohort_id", "study_id"),
    short={"index": "index_event_group"},
    defaults={"arm": "single", "index_occurrence": "1", "index_offset_days": "0"},
    needed=("label", "index"),
    own=("criteria",),
)
CRITERIA = Part(
    "cohort_criteria",
    named_by=("cohort_id", "step", "kind", "label"),
    short={"at_least": "min_count"},
    window=("window_start_days", "window_end_days"),
    subjects=("event", "characteristic"),
    compared=True,
    defaults={"min_count": "1"},
    own=("include", "exclude", "any_of"),
)
COVARIATES = Part(
    "covariates",
    named_by=("study_id", "covariate_id", "row_group"),
    short={"kind": "value_kind", "adjusted": "is_adjusted_for", "read_at": "anchor_event_group"},
    window=("window_start_days", "window_end_days"),
    subjects=("event", "characteristic"),
    defaults={"summary": "any", "is_adjusted_for": "false"},
    needed=("label", "kind"),
)
ENDPOINTS = Part(
    "endpoints",
    named_by=("study_id", "endpoint_id", "row_group"),
    short={"tested": "tested_event_group", "negative_control": "negative_control_reason"},
    window=("start_day", "horizon_days"),
    defaults={"start_day": "1", "excludes_prior": "false", "prior_until_day": "0"},
    needed=("label",),
    own=(*ROLES, "reason", "rules"),
)
RULES = Part(
    "endpoint_rules",
    named_by=("study_id", "endpoint_id", "role", "event_group"),
    compared=True,
    own=ROLES,
)
STRATA = Part(
    "strata",
    named_by=("study_id", "stratum_id"),
    subjects=("characteristic",),
    compared=True,
    needed=("label",),
)
ANALYSES = Part(
    "analyses",
    named_by=("analysis_id", "study_id"),
    short={
        "output": "output_id",
        "type": "analysis_type",
        "cohort": "treated_cohort_id",
        "treated": "treated_cohort_id",
        "comparator": "comparator_cohort_id",
        "months": "months_shown",
        "endpoints": "endpoint_ids",
        "counted": "counted_endpoint_ids",
        "by": "group_covariate_id",
        "outcome": "outcome_covariate_id",
        "by_endpoint": "group_endpoint_id",
    },
    defaults={"population": "all", "adjustment": "none"},
    lists=("months_shown", "endpoint_ids", "counted_endpoint_ids", "row_groups"),
    needed=("output", "title", "type"),
)
MATCHING = ("caliper", "caliper_scale", "match_order", "seed")
FOLDER = "studies"
PARTS = (STUDY, EVENTS, COHORTS, CRITERIA, COVARIATES, ENDPOINTS, RULES, STRATA, ANALYSES)
TABLES = tuple(part.table for part in PARTS)


def further_parts() -> dict[str, Part]:
    """Tables of studies without a part of their own: entries under the name of the table."""
    return {
        name: Part(name, named_by=("study_id",))
        for name, table in tables().items()
        if table.folder == FOLDER and "study_id" in table.types and name not in TABLES
    }


def is_mapping(part: Part) -> bool:
    """Whether a further part is written as name: text, having no more than these two columns."""
    return len(tables()[part.table].types) == 3

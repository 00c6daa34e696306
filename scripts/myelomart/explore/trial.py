"""A definition tried on the warehouse: who is in, who is out at which step, by dbt's own models.

What a criterion found is kept, so that switching it off and on again asks nothing anew. All lies in
temporary tables of one connection; the warehouse is only read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, replace

import duckdb
import pandas as pd

from myelomart import warehouse
from myelomart.explore.definition import COHORT, Criterion, Definition
from myelomart.explore.models import query_of
from myelomart.explore.opened import Answer, Opened

INDEX = "tried_index_events"
RESULTS = "tried_criterion_results"
DECISIONS = "tried_decisions"
PROFILE = "tried_profile"
COHORT_MODELS = (
    "grouped_events",
    "index_events",
    "lookback_days",
    "index_characteristics",
    "criterion_results",
    "cohort_decisions",
    "cohort_members",
    "cohort_attrition",
    "baseline_covariates",
    "endpoint_events",
    "time_to_event",
    "study_population",
)
TYPES = {
    "cohort_id": "varchar",
    "arm": "varchar",
    "study_id": "varchar",
    "index_event_group": "varchar",
    "index_occurrence": "integer",
    "index_offset_days": "integer",
    "index_from": "date",
    "index_to": "date",
    "step": "integer",
    "kind": "varchar",
    "label": "varchar",
    "criterion_type": "varchar",
    "event_group": "varchar",
    "characteristic": "varchar",
    "value_operator": "varchar",
    "value_number": "double",
    "value_text": "varchar",
    "min_count": "integer",
    "window_start_days": "integer",
    "window_end_days": "integer",
    "event_group_id": "varchar",
    "event_type": "varchar",
    "event_code": "varchar",
    "excluded_role": "varchar",
    "anchor_event_group": "varchar",
}
STUDY = "explored"
CRITERION_COLUMNS = list(Criterion(step=0, kind="", label="").row())
GROUP_COLUMNS = ["event_group_id", "event_type", "event_code", "excluded_role"]


class Trial:
    """One connection's temporary tables, and the definition that they are of."""

    def __init__(self, opened: Opened):
        self.opened = opened
        self.connection = opened.cursor()
        self._index: Definition | None = None
        self._decided: Definition | None = None
        self._found: set[str] = set()
        self._profiled: tuple | None = None

    def decide(self, definition: Definition) -> None:
        """Fill the temporary tables: the persons with the index event, and who of them is in."""
        bare = replace(definition, criteria=())
        if bare != self._index:
            self._make(INDEX, "index_events", definition, given={})
            self.connection.execute(f"drop table if exists {RESULTS}")
            self._index, self._decided, self._found = bare, None, set()
        for one in definition.counted:
            self._find(definition, one)
        if definition.counted != (self._decided.counted if self._decided else None):
            given = {
                "index_events": f"select * from {INDEX}",
                "criterion_results": self._results_of(definition),
            }
            self._make(DECISIONS, "cohort_decisions", definition, given)
        self._decided = definition

    def attrition(self, definition: Definition) -> pd.DataFrame:
        """The flow into the cohort: the rows of `cohort_attrition`."""
        self.decide(definition)
        given = {"cohort_decisions": f"select * from {DECISIONS}"}
        query = self.query("cohort_attrition", definition, given)
        return self.connection.execute(f"{query} order by step").df()

    def describe(self, definition: Definition, names: tuple[str, ...]) -> None:
        """Fill `tried_profile`: some characteristics of everybody with the index event, at index.

        They do not change while criteria are switched, so they are read once per index event.
        """
        bare = replace(definition, criteria=())
        if self._profiled == (bare, names):
            return
        strata = [{"characteristic": name} for name in names]
        given = {
            "index_events": f"select * from {INDEX}",
            "strata": rows_as_sql(strata, ["characteristic"]),
            "characteristics": f"select * from core.characteristics where {_is_in('name', names)}",
        }
        self._make(PROFILE, "index_characteristics", bare, given)
        self._profiled = (bare, names)

    def criterion_results(self, definition: Definition, person_id: int) -> pd.DataFrame:
        """What each criterion that counts found of one person."""
        self.decide(definition)
        rows = self._results_of(definition, f"and person_id = {int(person_id)}")
        return self.connection.execute(f"{rows} order by step, label").df()

    def followed(
        self, definition: Definition, study_id: str, endpoint_id: str
    ) -> dict[str, Answer]:
        """The members as a study has them: population, covariates, and time to an endpoint."""
        self.decide(definition)
        study, endpoint = _text(study_id), _text(endpoint_id)
        rules = f"where study_id = {study} and endpoint_id = {endpoint}"
        given = {
            "cohort_members": f"select {study} as study_id, cohort_id, person_id, index_date "
            f"from {DECISIONS} where is_member",
            "index_events": f"select {study} as study_id, * exclude (study_id) from {INDEX}",
            "cohorts": f"select {_text(COHORT)} as cohort_id, 'single' as arm",
            "endpoints": f"select * from studies.endpoints {rules}",
            "endpoint_rules": f"select * from studies.endpoint_rules {rules}",
            "covariates": f"select * from studies.covariates where study_id = {study}",
            "event_groups": "select * from studies.event_groups",
            "clinical_events": "select * from core.clinical_events",
            "drug_exposures": "select * from core.drug_exposures",
            "characteristics": "select * from core.characteristics",
        }
        models = {
            "population": "study_population",
            "endpoints": "time_to_event",
            "covariates": "baseline_covariates",
        }
        made = {}
        for name, model in models.items():
            sql = self.query(model, definition, given)
            made[name] = Answer(self.connection.execute(sql).df(), sql)
        return made

    def query(self, model: str, definition: Definition, given: dict | None = None) -> str:
        """The SQL that gives a model's rows of ``definition``, with ``given`` relations as they
        stand."""
        everything = self._rows_of(definition) | (given or {})
        return query_of(model, everything, COHORT_MODELS, self.opened.schemas, self.opened.rule_set)

    def _find(self, definition: Definition, one: Criterion) -> None:
        key = _key(one)
        if key in self._found:
            return
        alone = replace(definition, criteria=(one,))
        given = {"index_events": f"select * from {INDEX}"}
        query = self.query("criterion_results", alone, given)
        label = warehouse.literal(one.label)
        sql = f"select '{key}' as criterion_key, {label} as label, found.* from ({query}) as found"
        is_first = not self._found
        into = (
            f"create temp table {RESULTS} as {sql}" if is_first else f"insert into {RESULTS} {sql}"
        )
        self.connection.execute(into)
        self._found.add(key)

    def _results_of(self, definition: Definition, more: str = "") -> str:
        if not definition.counted:
            return (
                "select null::varchar as cohort_id, null::bigint as person_id, null::varchar as "
                "criterion_id, null::varchar as kind, null::integer as step, null::bigint as "
                "match_count, null::boolean as is_met, null::varchar as label where false"
            )
        keys = ", ".join(f"'{_key(one)}'" for one in definition.counted)
        return f"select * from {RESULTS} where criterion_key in ({keys}) {more}"

    def _make(self, table: str, model: str, definition: Definition, given: dict) -> None:
        query = self.query(model, definition, given)
        self.connection.execute(f"create or replace temp table {table} as {query}")

    def _rows_of(self, definition: Definition) -> dict[str, str]:
        """What stands in the place of the seeds of a study."""
        cohort = definition.row() | {"study_id": STUDY}
        criteria = [one.row() for one in definition.counted]
        groups = [dict(zip(GROUP_COLUMNS, one, strict=True)) for one in self._groups(definition)]
        return self._narrowed(definition) | {
            "person": f"select * from range({self.opened.persons_in_source})",
            "cohorts": rows_as_sql([cohort], list(cohort)),
            "cohort_criteria": rows_as_sql(criteria, CRITERION_COLUMNS),
            "event_groups": rows_as_sql(groups, GROUP_COLUMNS),
            "covariates": rows_as_sql([], ["study_id", "anchor_event_group", "characteristic"]),
            "strata": rows_as_sql([], ["characteristic"]),
        }

    def _narrowed(self, definition: Definition) -> dict[str, str]:
        """The large marts cut down to what a definition names; the models would cut them later."""
        groups = self._groups(definition)
        pairs = [
            f"(event_type = {_text(kind)} and event_code = {_text(code)})"
            for kind, code in sorted({one[1:3] for one in groups})
        ]
        roles = sorted({one[3] for one in groups if one[3]})
        names = sorted({one.characteristic for one in definition.counted if one.characteristic})
        return {
            "clinical_events": f"select * from core.clinical_events where {_any(pairs)}",
            "drug_exposures": f"select * from core.drug_exposures where {_is_in('role', roles)}",
            "characteristics": f"select * from core.characteristics where {_is_in('name', names)}",
        }

    def _groups(self, definition: Definition) -> list[tuple]:
        """Group, kind, code and excluded role of the events that a definition asks for."""
        wanted = {definition.index_event_group} | {
            one.event_group for one in definition.counted if one.event_group
        }
        known = [one for one in self.opened.event_groups if one[0] in wanted]
        own = [(name, *pair, None) for name, pair in definition.groups.items() if name in wanted]
        return known + own


def definition_of(connection: duckdb.DuckDBPyConnection, cohort_id: str) -> Definition:
    """The definition of a cohort of a study, from the warehouse's rows."""
    columns = "index_event_group, index_occurrence, index_offset_days, index_from, index_to"
    query = f"select {columns} from studies.cohorts where cohort_id = ?"
    (group, occurrence, offset, since, until) = warehouse.rows(connection, query, [cohort_id])[0]
    names = [one for one in CRITERION_COLUMNS if one not in ("cohort_id", "criterion_type")]
    rows = warehouse.rows(
        connection,
        f"select {', '.join(names)} from studies.cohort_criteria where cohort_id = ? "
        "order by step, label",
        [cohort_id],
    )
    criteria = tuple(Criterion(**dict(zip(names, row, strict=True))) for row in rows)
    days = [None if day is None else str(day) for day in (since, until)]
    return Definition(group, occurrence, offset, *days, criteria)


def rows_as_sql(rows: list[dict], columns: list[str]) -> str:
    """Rows as a select of typed literals; without rows one that has the columns alone."""
    if not rows:
        nothing = ", ".join(f"cast(null as {TYPES[one]}) as {one}" for one in columns)
        return f"select {nothing} where false"
    return "\nunion all\n".join(
        "select " + ", ".join(f"{_literal(row.get(one), TYPES[one])} as {one}" for one in columns)
        for row in rows
    )


def _literal(value: object, kind: str) -> str:
    if value is None:
        return f"cast(null as {kind})"
    if kind in ("integer", "double"):
        return f"cast({float(value) if kind == 'double' else int(value)} as {kind})"
    return f"cast({warehouse.literal(str(value))} as {kind})"


def _any(conditions: list[str]) -> str:
    return " or ".join(conditions) or "false"


def _is_in(column: str, names: Sequence[str]) -> str:
    return f"{column} in ({', '.join(map(_text, names))})" if names else "false"


def _text(value: str) -> str:
    return warehouse.literal(value)


def _key(one: Criterion) -> str:
    told = json.dumps(astuple(replace(one, is_on=True)))
    return hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()

"""A definition tried on the warehouse: who is in, who is out at which step, by dbt's own models.

What a criterion found is kept, so that switching it off and on again asks nothing anew. All lies in
temporary tables of one connection; the warehouse is only read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple, replace

import duckdb
import pandas as pd

from myelomart import warehouse
from myelomart.explore import narrowed
from myelomart.explore.definition import COHORT, Criterion, Definition
from myelomart.explore.models import query_of, rows_as_sql
from myelomart.explore.opened import Answer, Opened

INDEX = "tried_index_events"
RESULTS = "tried_criterion_results"
DECISIONS = "tried_decisions"
PROFILE = "tried_profile"
READ = "tried_days"  # of the codes of a group
AT_INDEX = "tried_at_index"
VALUES = "tried_values"  # of characteristics
MOST_READ = 24  # tables
EVENTS = "tried_events"  # of one person
NO_RESULTS = (
    "select null::varchar as cohort_id, null::bigint as person_id, null::varchar as criterion_id, "
    "null::varchar as kind, null::integer as step, null::bigint as match_count, "
    "null::boolean as is_met, null::varchar as label where false"
)
NO_VALUES = (
    "select null::varchar as cohort_id, null::bigint as person_id, "
    "null::varchar as anchor_event_group, null::varchar as characteristic, "
    "null::double as value_number, null::varchar as value_text where false"
)
FOLLOWED = {
    "population": "study_population",
    "endpoints": "time_to_event",
    "covariates": "baseline_covariates",
}
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
        self._at_index: dict[str, str] = {}  # characteristic to the table with its value at index
        self._read: list[str] = []  # tables, the oldest first
        self._values: dict[str, str] = {}  # characteristic to the table that holds it
        self._queries: dict[str, str] = {}
        self._of_persons: dict[tuple[str, int], pd.DataFrame] = {}

    def decide(self, definition: Definition) -> None:
        """Fill the temporary tables: the persons with the index event, and who of them is in.

        What a table is of is forgotten before it is made: who stops the page may do so in between.
        """
        self._index_days(definition.bare)
        for one in definition.counted:
            self._find(definition, one)
        decided = self._decided
        if decided is None or definition.asked != decided.asked:
            self._decided = None
            given = {
                "index_events": f"select * from {INDEX}",
                "criterion_results": self._results_of(definition),
            }
            self._make(DECISIONS, "cohort_decisions", definition, given)
        self._decided = definition

    def _index_days(self, bare: Definition) -> None:
        """Fill the table of the persons with the index event, if it is of another one."""
        self._forget_oldest()
        if bare == self._index:
            return
        made = [f"{RESULTS}_{key}" for key in self._found] + [*self._at_index.values()]
        self._index, self._decided, self._found = None, None, set()
        self._at_index.clear()
        self._of_persons.clear()
        for table in made:
            self.connection.execute(f"drop table if exists {table}")
        groups, given = self._groups(bare), {}
        if read := self._days_of(groups):
            is_first = bare.index_occurrence == 1
            given = {"clinical_events": narrowed.index_days(groups, read, is_first)}
        self._make(INDEX, "index_events", bare, given)
        self._index = bare

    def attrition(self, definition: Definition) -> pd.DataFrame:
        """The flow into the cohort: the rows of `cohort_attrition`."""
        self.decide(definition)
        given = {"cohort_decisions": f"select * from {DECISIONS}"}
        query = self.query("cohort_attrition", definition, given)
        return self._rows(f"{query} order by step")

    def ask(self, question: str, **bound: object) -> Answer:
        """The rows of a question about the temporary tables."""
        return self.opened.ask(question, on=self.connection, **bound)

    def describe(self, definition: Definition, names: tuple[str, ...]) -> None:
        """Make `tried_profile`: some characteristics of everybody with the index event, at index.

        They do not change while criteria are switched, so they are read once per index event, with
        those that criteria ask for.
        """
        bare = definition.bare
        self._index_days(bare)
        self._values_at_index(bare, {*names, *_characteristics(definition.counted)})
        told = self._values_at_index(bare, names)
        self.connection.execute(f"create or replace temp view {PROFILE} as {told}")

    def criterion_results(self, definition: Definition, person_id: int) -> pd.DataFrame:
        """What each criterion that counts found of one person, on how many days."""
        self.decide(definition)
        if not definition.counted:
            return self._rows(NO_RESULTS)
        asked = {(_key(one, definition), person_id): one for one in definition.counted}
        new = {key: one for key, one in asked.items() if key not in self._of_persons}
        if new:
            person = f"where person_id = {int(person_id)}"
            groups = self._groups(replace(definition, criteria=tuple(new.values())))
            events = narrowed.marts(groups, [])["clinical_events"]
            self._rows(f"create or replace temp table {EVENTS} as from ({events}) {person}")
            values = self._values_at_index(definition.bare, _characteristics(new.values()))
            given = {
                "index_events": f"select * from {INDEX} {person}",
                "clinical_events": f"select * from {EVENTS}",
                "index_characteristics": f"from ({values}) {person}",
            }
            parts = [self._results(definition, one, given) for one in new.values()]
            found = self._rows("\nunion all\n".join(parts))
            for key in new:
                self._of_persons[key] = found[found["criterion_key"] == key[0]]
        rows = pd.concat([self._of_persons[key] for key in asked], ignore_index=True)
        return rows.sort_values(["step", "label"], ignore_index=True)

    def followed(
        self, definition: Definition, study_id: str, endpoint_id: str, wanted: Iterable[str]
    ) -> dict[str, Answer]:
        """The members as a study has them: population, time to an endpoint, covariates.

        ``wanted`` are some of the names of `FOLLOWED`.
        """
        self.decide(definition)
        study, endpoint = _text(study_id), _text(endpoint_id)
        rules = f"where study_id = {study} and endpoint_id = {endpoint}"
        among = f"where person_id in (select person_id from {DECISIONS} where is_member)"
        given = {
            "cohort_decisions": f"select {study} as study_id, * exclude (study_id) "
            f"from {DECISIONS} where is_member",
            "index_events": f"select {study} as study_id, * exclude (study_id) from {INDEX}",
            "cohorts": f"select {_text(COHORT)} as cohort_id, 'single' as arm",
            "endpoints": f"select * from studies.endpoints {rules}",
            "endpoint_rules": f"select * from studies.endpoint_rules {rules}",
            "covariates": f"select * from studies.covariates where study_id = {study}",
            "drug_exposures": f"select * from core.drug_exposures {among}",
            "characteristics": f"select * from core.characteristics {among}",
        }
        asked_by = {
            "endpoints": f"select event_group from studies.endpoint_rules {rules}",
            "covariates": "select unnest([event_group, anchor_event_group]) "
            f"from studies.covariates where study_id = {study}",
            "population": "select null",
        }
        made = {}
        for name in wanted:
            groups = (
                f"select * from studies.event_groups where event_group_id in ({asked_by[name]})"
            )
            events = (
                f"select * from core.clinical_events {among} and (event_type, event_code) in "
                f"(select (event_type, event_code) from ({groups}))"
            )
            own = given | {"event_groups": groups, "clinical_events": events}
            sql = self.query(FOLLOWED[name], definition, own)
            made[name] = Answer(self._rows(sql), sql)
        return made

    def query(self, model: str, definition: Definition, given: dict | None = None) -> str:
        """The SQL that gives a model's rows of ``definition``, with ``given`` relations as they
        stand."""
        everything = self._rows_of(definition) | (given or {})
        key = f"{model} {everything}"
        if key not in self._queries:
            self._queries[key] = query_of(
                model, everything, COHORT_MODELS, self.opened.schemas, self.opened.rule_set
            )
        return self._queries[key]

    def _find(self, definition: Definition, one: Criterion) -> None:
        """Keep whom a criterion lets in, of everybody with the index event."""
        key = _key(one, definition)
        if key in self._found:
            return
        given = {
            "index_events": f"select * from {INDEX}",
            "index_characteristics": self._values_at_index(
                definition.bare, _characteristics([one])
            ),
        }
        if one.event_group:
            groups = self._groups(replace(definition, criteria=(one,)), with_index=False)
            given["clinical_events"] = narrowed.in_window(groups, one, INDEX, self._days_of(groups))
        sql = self._results(definition, one, given)
        self._rows(f"create or replace temp table {RESULTS}_{key} as {sql}")
        self._found.add(key)

    def _days_of(self, groups: list[narrowed.Group]) -> str | None:
        """A table of all days of ``groups``, read once; None where there is no such table."""
        codes = sorted((kind, code) for _, kind, code, _ in groups)
        if not codes or any(one[3] for one in groups):
            return None
        table = f"{READ}_{_name(codes)}"
        return table if self._keep(table, narrowed.days(groups)) else None

    def _values_at_index(self, bare: Definition, names: Iterable[str]) -> str:
        """The rows of some characteristics at index; the new ones are made in one query."""
        if new := sorted({*names} - self._at_index.keys()):
            given = {
                "index_events": f"select * from {INDEX}",
                "strata": rows_as_sql([{"characteristic": one} for one in new], ["characteristic"]),
                "characteristics": self._values_of(new),
            }
            table = f"{AT_INDEX}_{_name(new)}"
            self._make(table, "index_characteristics", bare, given)
            self._at_index |= dict.fromkeys(new, table)
        tables: dict[str, list[str]] = {}
        for one in sorted({*names}):
            tables.setdefault(self._at_index[one], []).append(one)
        parts = (
            f"select * from {table} where characteristic in ({', '.join(map(_text, own))})"
            for table, own in tables.items()
        )
        return "\nunion all\n".join(parts) or NO_VALUES

    def _values_of(self, names: Iterable[str]) -> str:
        """The rows of some characteristics; those that were not read before are, in one scan."""
        names = sorted(names)
        if new := [one for one in names if self._values.get(one) not in self._read]:
            table = f"{VALUES}_{_name(new)}"
            if not self._keep(table, narrowed.characteristics(new)):
                return narrowed.characteristics(names)
            self._values |= dict.fromkeys(new, table)
        tables = sorted({self._values[one] for one in names}) or ["core.characteristics"]
        return "\nunion all\n".join(narrowed.characteristics(names, one) for one in tables)

    def _keep(self, table: str, sql: str) -> bool:
        """Whether ``table`` holds the rows of ``sql``, which are read once; not without room."""
        if table not in self._read:
            try:
                self._rows(f"create or replace temp table {table} as {sql}")
            except duckdb.OutOfMemoryException:
                return False
            self._read.append(table)
        return True

    def _forget_oldest(self) -> None:
        """Let go of what was read long ago; never while a query that names it is being made."""
        for old in self._read[:-MOST_READ]:
            self.connection.execute(f"drop table if exists {old}")
        self._read = self._read[-MOST_READ:]

    def _results(self, definition: Definition, one: Criterion, given: dict[str, str]) -> str:
        """The SQL of what a criterion finds of ``given`` persons, with its key and its label."""
        query = self.query("criterion_results", replace(definition, criteria=(one,)), given)
        label = _text(one.label)
        return (
            f"select '{_key(one, definition)}' as criterion_key, {label} as label, * from ({query})"
        )

    def _results_of(self, definition: Definition) -> str:
        """What was found that can decide: of a step of one criterion the persons who leave."""
        if not definition.counted:
            return NO_RESULTS
        steps = [one.step for one in definition.counted]
        leaves = "where (kind = 'include') = (is_met is not true)"
        tables = {one: f"{RESULTS}_{_key(one, definition)}" for one in definition.counted}
        return "\nunion all\n".join(
            f"select * from {table} {leaves if steps.count(one.step) == 1 else ''}"
            for one, table in tables.items()
        )

    def _make(self, table: str, model: str, definition: Definition, given: dict) -> None:
        query = self.query(model, definition, given)
        self._rows(f"create or replace temp table {table} as {query}")

    def _rows(self, sql: str) -> pd.DataFrame:
        return self.opened.run(self.connection, sql, {})

    def _rows_of(self, definition: Definition) -> dict[str, str]:
        """What stands in the place of the seeds of a study."""
        cohort = definition.row() | {"study_id": STUDY}
        criteria = [one.row() for one in definition.counted]
        groups = [dict(zip(GROUP_COLUMNS, one, strict=True)) for one in self._groups(definition)]
        names = {one.characteristic for one in definition.counted if one.characteristic}
        return narrowed.marts(self._groups(definition), names) | {
            "person": f"select * from range({self.opened.persons_in_source})",
            "cohorts": rows_as_sql([cohort], list(cohort)),
            "cohort_criteria": rows_as_sql(criteria, CRITERION_COLUMNS),
            "event_groups": rows_as_sql(groups, GROUP_COLUMNS),
            "covariates": rows_as_sql([], ["study_id", "anchor_event_group", "characteristic"]),
            "strata": rows_as_sql([], ["characteristic"]),
        }

    def _groups(self, definition: Definition, with_index: bool = True) -> list[narrowed.Group]:
        """The events that a definition asks for."""
        wanted = {one.event_group for one in definition.counted if one.event_group}
        if with_index:
            wanted.add(definition.index_event_group)
        known = [one for one in self.opened.event_groups if one[0] in wanted]
        own = [(name, *pair, None) for name, pair in definition.groups.items() if name in wanted]
        return known + own


def _characteristics(criteria: Iterable[Criterion]) -> set[str]:
    return {one.characteristic for one in criteria if one.characteristic}


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


def _text(value: str) -> str:
    return warehouse.literal(value)


def _key(one: Criterion, definition: Definition) -> str:
    """A name for what a criterion finds: what it asks, and the codes of an event of its own."""
    codes = definition.groups.get(one.event_group or "")
    return _name([*astuple(replace(one, is_on=True)), codes])


def _name(told: list) -> str:
    """A name that can stand in SQL."""
    return hashlib.md5(json.dumps(told).encode(), usedforsecurity=False).hexdigest()

"""The warehouse that the explorer looks at: what it is, and one way to ask it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path

import duckdb
import pandas as pd

from myelomart import warehouse

DATABASE = "MYELOMART_EXPLORE"  # names the warehouse to the process that serves the page
SYNTHETIC = "synthetic"  # in the name that a source gives itself in CDM_SOURCE


@dataclass(frozen=True)
class Answer:
    """Rows, and the SQL that gave them with the values that were bound."""

    rows: pd.DataFrame
    sql: str
    bound: Mapping[str, object] = field(default_factory=dict)

    @property
    def shown_sql(self) -> str:
        """The SQL to paste into DuckDB; what was bound stands above it as variables."""
        heads = [f"set variable {k} = {_written(v)};\n" for k, v in self.bound.items()]
        sql = self.sql
        for name in self.bound:
            sql = sql.replace(f"${name}", f"getvariable('{name}')")
        return "".join(heads) + sql


class Opened:
    """A warehouse that is open for reading, with what the pages ask of it again and again."""

    def __init__(self, path: Path):
        self.path = Path(path)
        self._open = ExitStack()
        landing = sorted(self.path.parent.glob(f"{self.path.name}.landing.*"))
        self.connection = self._open.enter_context(warehouse.database(self.path, reach=landing))

    def close(self) -> None:
        """Let go of the file."""
        self._open.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of one's own, with temporary tables of one's own."""
        return self.connection.cursor()

    def ask(self, question: str, **bound: object) -> Answer:
        """The rows of `queries/<question>.sql`, its values bound by name."""
        return ask(self.cursor(), question, **bound)

    @cached_property
    def schemas(self) -> dict[str, str]:
        """Every table and view to its schema; those of the schema `studies` go first."""
        rows = warehouse.rows(
            self.cursor(),
            "select table_name, schema_name from duckdb_tables() where not internal union all "
            "select view_name, schema_name from duckdb_views() where not internal "
            "order by schema_name = 'studies', schema_name",
        )
        return dict(rows)

    @cached_property
    def event_groups(self) -> list[tuple]:
        """The events that the studies name: group, kind, code, excluded role."""
        columns = "event_group_id, event_type, event_code, excluded_role"
        return warehouse.rows(
            self.cursor(), f"select {columns} from studies.event_groups order by all"
        )

    @cached_property
    def rule_set(self) -> str:
        """The rule set of the lines of therapy in force."""
        return str(
            warehouse.value(self.cursor(), "select min(rule_set) from studies.study_rule_set")
        )

    @cached_property
    def persons_in_source(self) -> int:
        """Everybody in the source, with myeloma or without."""
        query = "select max(persons_before) from cohorts.cohort_attrition where step = -2"
        return int(warehouse.value(self.cursor(), query) or 0)

    @cached_property
    def source_names(self) -> list[str]:
        """What the sources call themselves in CDM_SOURCE; none where that cannot be read."""
        try:
            query = "select distinct cdm_source_name from omop.cdm_source order by 1"
            return [one for (one,) in warehouse.rows(self.cursor(), query) if one]
        except duckdb.Error:  # the landing was taken away: the marts are there all the same
            return []

    @property
    def is_synthetic(self) -> bool:
        """Whether every source says of itself that its persons are made up."""
        return bool(self.source_names) and all(
            SYNTHETIC in one.lower() for one in self.source_names
        )


def ask(connection: duckdb.DuckDBPyConnection, question: str, **bound: object) -> Answer:
    """The rows of a question on a connection, which may have temporary tables."""
    sql = text_of(question)
    return Answer(connection.execute(sql, bound).df(), sql, bound)


def text_of(question: str) -> str:
    """The SQL of a question."""
    return (
        resources.files("myelomart.explore.queries").joinpath(f"{question}.sql").read_text("utf-8")
    )


def _written(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_written, value)) + "]"
    return str(value) if isinstance(value, (int, float)) else warehouse.literal(str(value))

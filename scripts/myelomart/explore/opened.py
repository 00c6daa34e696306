"""The warehouse that the explorer looks at: what it is, and one way to ask it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from textwrap import indent

import duckdb
import pandas as pd

from myelomart import warehouse
from myelomart.errors import MyelomartError
from myelomart.study import rule_set_of

DATABASE = "MYELOMART_EXPLORE"  # names the warehouse to the process that serves the page
PART = re.compile(r"\{\{ (\w+) \}\}")
Run = Callable[[duckdb.DuckDBPyConnection, str, Mapping[str, object]], pd.DataFrame]
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

    def __init__(self, path: Path, run: Run | None = None):
        """Open ``path``; ``run`` waits for the rows of a query, and may show that it does."""
        self.path, self.run = Path(path), run or answered
        self.kept: dict[tuple, object] = {}  # what pages asked for before
        self._open = ExitStack()
        landing = sorted(self.path.parent.glob(f"{self.path.name}.landing.*"))
        self.connection = self._open.enter_context(warehouse.database(self.path, reach=landing))

    def close(self) -> None:
        """Let go of the file."""
        self._open.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of one's own, with temporary tables of one's own."""
        return self.connection.cursor()

    def ask(self, question: str, on: duckdb.DuckDBPyConnection | None = None, **bound) -> Answer:
        """The rows of `queries/<question>.sql`, its values bound by name.

        ``on`` is a connection with the temporary tables that the question reads.
        """
        sql = text_of(question)
        return Answer(self.run(on or self.cursor(), sql, bound), sql, bound)

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
        return str(rule_set_of(self.cursor()))

    @cached_property
    def beside(self) -> dict[str, Path]:
        """Rule set to warehouse: this one, and those in its folder that another one built."""
        found = {self.rule_set: self.path}
        for file in sorted(self.path.parent.glob("*.duckdb")):
            with suppress(MyelomartError, duckdb.Error):  # in use, or no warehouse
                if file != self.path:
                    with warehouse.database(file) as other:
                        found.setdefault(str(rule_set_of(other)), file)
        return found

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


def answered(
    connection: duckdb.DuckDBPyConnection, sql: str, bound: Mapping[str, object] | None = None
) -> pd.DataFrame:
    """The rows of ``sql``, waited for in silence."""
    return connection.execute(sql, bound or {}).df()


def text_of(question: str) -> str:
    """The SQL of a question; another question that it names in braces stands in its place."""
    folder = resources.files("myelomart.explore.queries")
    text = folder.joinpath(f"{question}.sql").read_text("utf-8")
    return PART.sub(lambda named: indent(f"\n{text_of(named[1])}", "    "), text)


def _written(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_written, value)) + "]"
    return str(value) if isinstance(value, (int, float)) else warehouse.literal(str(value))

"""What each check at the door counted in each build, carried on from warehouse to warehouse.

Counts of rows alone. The table is in the new database before it takes the place of the former one,
so that both are whole at any moment; it is no model, for a model knows no former build.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from myelomart import warehouse

NAME = "check_history"
COLUMNS = "built_at, source_name, checked, check_name, failing, counted"
MAKE = f"""
create or replace table qc.{NAME} (
    built_at timestamp, source_name varchar, checked varchar, check_name varchar,
    failing bigint, counted bigint
);
comment on table qc.{NAME} is
'One row per build, source and check at the door that some row failed then; one without a check
for a build in which all passed.';
"""
OWN = """
select checks.source_name, checks.checked, checks.check_name, checks.failing, checks.counted
from (select 1) as build left join qc.quality_checks as checks on true
order by all
"""


def carry_on(made: Path, former: Path, at: datetime | None = None) -> None:
    """Write the history of ``former`` into the database ``made``, and behind it its own checks."""
    rows = _rows_of(former) if former.exists() else []
    at = (at or datetime.now(UTC)).replace(tzinfo=None, microsecond=0)
    with warehouse.database(made, read_only=False) as connection:
        rows += [(at, *own) for own in warehouse.rows(connection, OWN)]
        connection.execute(MAKE)
        connection.executemany(f"insert into qc.{NAME} values (?, ?, ?, ?, ?, ?)", rows)


def _rows_of(former: Path) -> list[tuple]:
    """The rows that a database has; none in one that was made before there was a history."""
    known = f"select 1 from duckdb_tables() where schema_name = 'qc' and table_name = '{NAME}'"
    with warehouse.database(former) as connection:
        if not warehouse.rows(connection, known):
            return []
        return warehouse.rows(connection, f"select {COLUMNS} from qc.{NAME} order by all")

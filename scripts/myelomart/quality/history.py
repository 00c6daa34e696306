"""What each check at the door counted in each build, carried on from warehouse to warehouse.

Counts of rows alone. The table is in the new database before it takes the place of the former one,
so that both are whole at any moment; it is no model, for a model knows no former build.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from myelomart import warehouse

NAME = "check_history"
COLUMNS = {
    "built_at": ("timestamp", "When the build ended, in UTC."),
    "source_name": ("varchar", "Source that was checked."),
    "checked": ("varchar", "The table, or the table and the column, that was checked."),
    "check_name": ("varchar", "Name of the check; NULL for a build in which all passed."),
    "failing": ("bigint", "Rows that failed."),
    "counted": ("bigint", "Rows that were looked at."),
}
MAKE = ";".join(
    (
        f"create or replace table qc.{NAME} "
        f"({', '.join(f'{name} {kind}' for name, (kind, _) in COLUMNS.items())})",
        f"comment on table qc.{NAME} is "
        "'One row per build, source and check at the door that some row failed then.'",
        *(f"comment on column qc.{NAME}.{name} is '{told}'" for name, (_, told) in COLUMNS.items()),
    )
)
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
        if not _has(connection, "quality_checks"):  # dbt was asked for some models alone
            return
        rows += [(at, *own) for own in warehouse.rows(connection, OWN)]
        connection.execute(MAKE)
        connection.executemany(f"insert into qc.{NAME} values (?, ?, ?, ?, ?, ?)", rows)


def _rows_of(former: Path) -> list[tuple]:
    """The rows that a database has; none in one that was made before there was a history."""
    with warehouse.database(former) as connection:
        if not _has(connection, NAME):
            return []
        return warehouse.rows(
            connection, f"select {', '.join(COLUMNS)} from qc.{NAME} order by all"
        )


def _has(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    known = "select 1 from duckdb_tables() where schema_name = 'qc' and table_name = ?"
    return bool(warehouse.rows(connection, known, [table]))

"""Opens databases: the only module that does.

DuckDB 2.0 keeps a result open until it is read to its end, so every helper here reads all of it.

SQL comes with sources (views, checks of a site), and SQL can read and write any file. So a
connection reaches the folders that its work needs and no other, and never an extension or secret.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import duckdb
from adbc_driver_manager import dbapi

from myelomart import room
from myelomart.errors import SourceError, WarehouseError

CLOSED = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
}
DUCKDB_MAGIC = b"DUCK"


@contextmanager
def scratch(
    reach: Iterable[Path] | None = None, spill_to: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory connection for reading files in bounded memory (``settings``).

    It reaches the folders and files of ``reach`` alone; without it, every file (tests, benchmarks).
    What does not fit in memory is spilled to ``spill_to`` (default: DuckDB's choice).
    """
    spill = {} if spill_to is None else {"temp_directory": str(spill_to)}
    connection = duckdb.connect(":memory:", config=settings() | spill)
    try:
        connection.execute("load icu; set TimeZone = 'UTC'")  # nothing depends on the machine's
        if reach is not None:
            limit_to(connection, reach)
        yield connection
    finally:
        connection.close()


def settings() -> dict[str, str]:
    """What every DuckDB is opened with: no extension from outside, and how much it may take."""
    threads = {"threads": room.threads()} if room.threads() else {}
    return CLOSED | {"memory_limit": room.memory()} | threads


def limit_to(connection: duckdb.DuckDBPyConnection, reach: Iterable[Path]) -> None:
    """Let ``connection`` reach these folders and files, and no other; it cannot be undone.

    DuckDB compares names as they are written, resolved, and as the pattern that it was given.
    """
    folders, files = set(), set()
    for path in reach:
        for name in {os.path.abspath(path), os.path.realpath(path)}:
            (folders if os.path.isdir(name) else files).update({name, glob.escape(name)})
    connection.execute(
        f"set allowed_directories = [{', '.join(map(literal, sorted(folders)))}];"
        f"set allowed_paths = [{', '.join(map(literal, sorted(files)))}];"
        "set enable_external_access = false; set lock_configuration = true"
    )


def with_log(path: Path) -> list[Path]:
    """A DuckDB file and its write-ahead log, which is looked for whenever the file is opened."""
    real = path.resolve()
    return [path, real, *(one.with_name(one.name + ".wal") for one in (path, real))]


@contextmanager
def database(
    path: Path | str, read_only: bool = True, reach: Iterable[Path] = ()
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the DuckDB file at ``path``; its views read no file that is not in ``reach``.

    Raises ``WarehouseError`` when the file is absent, is not a DuckDB database, or is in use.
    """
    path = Path(path)
    if read_only and not path.exists():
        raise WarehouseError(f"There is no database at {path}: make one with `myelomart build`.")
    if path.is_dir():
        raise WarehouseError(f"{path} is a folder, not a database: name a file with --db.")
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=settings())
    except duckdb.Error as error:
        raise WarehouseError(_why_not_opened(path, str(error))) from error
    try:
        if not value(connection, "select current_setting('lock_configuration')"):  # open elsewhere
            connection.execute("load icu; set TimeZone = 'UTC'")  # nothing depends on the machine's
            limit_to(connection, [*with_log(path), *reach])
        yield connection
    finally:
        connection.close()


def attach(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach the DuckDB file at ``path`` to ``connection`` under ``name``, for reading alone."""
    try:
        connection.execute(f"attach {literal(path)} as {quoted(name)} (type duckdb, read_only)")
    except duckdb.Error as error:
        raise WarehouseError(_why_not_opened(path, str(error))) from error


@contextmanager
def sqlite(path: Path) -> Iterator[dbapi.Connection]:
    """An ADBC connection to the SQLite file at ``path``, which is not written to."""
    from adbc_driver_sqlite import dbapi as driver

    try:
        with driver.connect(f"file:{quote(str(path.resolve()))}?mode=ro") as connection:
            with connection.cursor() as cursor:
                cursor.execute("pragma trusted_schema = off")  # its SQL calls no unsafe function
            yield connection
    except dbapi.Error as error:
        raise SourceError(f"The SQLite file {path} cannot be read: {_reason(error)}.") from error


@contextmanager
def postgres(address: str, shown: str, secrets: tuple[str, ...] = ()) -> Iterator[dbapi.Connection]:
    """An ADBC connection to a PostgreSQL server.

    ``shown`` is its ``address`` without secrets; ``secrets`` stand in no error.
    """
    from adbc_driver_postgresql import dbapi as driver

    try:
        with driver.connect(address) as connection:
            yield connection
    except dbapi.Error as error:
        reason = _reason(error).replace(address, shown)
        for secret in secrets:
            reason = reason.replace(secret, "***")
        raise SourceError(
            f"The server {shown} cannot be read: {reason}. Check address, user and rights; a "
            "password belongs into PGPASSWORD or ~/.pgpass."
        ) from error


def is_duckdb(path: Path) -> bool:
    """True when the file at ``path`` begins as a DuckDB database does."""
    with path.open("rb") as opened:
        return opened.read(12)[8:] == DUCKDB_MAGIC


def close_whole(path: Path) -> None:
    """Bring all that the database at ``path`` holds into its one file."""
    with database(path, read_only=False) as connection:
        connection.execute("checkpoint")
    _refuse_log(path)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Nobody else has the database at ``path`` open until the block ends.

    Raises ``WarehouseError`` when another process has it open, and when a log of changes lies
    beside it: the database that takes its place would take the log for its own.
    """
    connection = None
    if path.exists():
        try:
            connection = duckdb.connect(str(path))
            connection.execute("checkpoint")
        except duckdb.Error as error:
            if "lock" in str(error).lower():
                raise WarehouseError(_why_not_opened(path, str(error))) from error
    try:
        _refuse_log(path)
        yield
    finally:
        if connection is not None:
            connection.close()


def _refuse_log(path: Path) -> None:
    log = path.with_name(path.name + ".wal")
    if log.exists() and log.stat().st_size:
        raise WarehouseError(
            f"{log} holds changes that are not yet in {path.name}: open the database once, close "
            "it, and try again; or remove the log when the database is gone."
        )


def is_locked(path: Path) -> bool:
    """True when another process holds the database at ``path`` open for writing or reading."""
    if not path.exists():
        return False
    try:
        duckdb.connect(str(path), config=settings()).close()
    except duckdb.Error as error:
        return "lock" in str(error).lower()
    return False


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: list | dict | None = None
) -> list[tuple]:
    """All rows that ``query`` returns, with its ``parameters`` bound."""
    return connection.execute(query, parameters or []).fetchall()


def value(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: list | dict | None = None
) -> object:
    """The first column of the first row that ``query`` returns."""
    return rows(connection, query, parameters)[0][0]


def quoted(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """``text`` as an SQL string; for file names, where DuckDB takes no bound parameter."""
    return "'" + str(text).replace("'", "''") + "'"


def _why_not_opened(path: Path, message: str) -> str:
    if "lock" in message.lower():
        holder = re.search(r"PID (\d+)", message)
        who = f"process {holder.group(1)}" if holder else "another process"
        return f"The database {path} is in use by {who}: close it there and try again."
    if "not a valid duckdb database" in message.lower() or "serialized" in message.lower():
        return (
            f"{path} is not a DuckDB database that this version can read: name another with --db."
        )
    return f"The database {path} cannot be opened: {message.splitlines()[0]}"


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")

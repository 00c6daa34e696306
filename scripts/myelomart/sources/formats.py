"""Recognises what a source is and lists its tables as files that can be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from myelomart.errors import SourceError
from myelomart.sources import databases, files, layout, trinetx

DUCKDB_MARK = b"DUCK"
SQLITE_MARK = b"SQLite format 3"
Say = Callable[[str], None]


def open_source(
    location: str, wanted: str, export: Path, say: Say
) -> tuple[str, dict[str, files.TableFiles]]:
    """The format of the source at ``location`` in words and its files by table.

    ``wanted`` is omop, trinetx or auto. Tables of a database are written to the folder ``export``.
    Raises ``SourceError`` when there is nothing at ``location``, or nothing we know.
    """
    if databases.is_address(location):
        export.mkdir(parents=True, exist_ok=True)
        return "OMOP CDM in PostgreSQL", databases.export_postgres(location, export, say)
    path = Path(location).expanduser()
    if not path.exists():
        raise SourceError(f"There is no folder or file {path}: check what stands after --source.")
    if path.is_file():
        return _open_database_file(path, export, say)
    return _open_folder(path, wanted)


def _open_database_file(
    path: Path, export: Path, say: Say
) -> tuple[str, dict[str, files.TableFiles]]:
    with path.open("rb") as handle:
        start = handle.read(16)
    export.mkdir(parents=True, exist_ok=True)
    if start[8:12] == DUCKDB_MARK:
        return "OMOP CDM in DuckDB", databases.export_duckdb(path, export, say)
    if start.startswith(SQLITE_MARK):
        return "OMOP CDM in SQLite", databases.export_sqlite(path, export, say)
    raise SourceError(
        f"{path} is neither a DuckDB nor a SQLite file: give a folder, such a file, or an address."
    )


def _open_folder(folder: Path, wanted: str) -> tuple[str, dict[str, files.TableFiles]]:
    is_omop = "person" in files.names_in(folder, set(layout.cdm_tables()))
    is_export = trinetx.is_export(folder)
    if wanted == "trinetx" or (wanted == "auto" and is_export and not is_omop):
        return "TriNetX export", trinetx.find_tables(folder)
    if wanted == "auto" and is_export and is_omop:
        raise SourceError(
            f"{folder} holds an OMOP CDM and a TriNetX export: say which with --format."
        )
    if not is_omop:
        raise SourceError(
            f"{folder} has neither a person table (OMOP: person.parquet, person.csv or .csv.gz) "
            "nor a patient table (TriNetX: patient.csv): check what stands after --source."
        )
    found = files.find_tables(folder, set(layout.cdm_tables()))
    forms = sorted({table.form for table in found.values()})
    return f"OMOP CDM as {' and '.join(forms)}", found


def shown(location: str) -> str:
    """``location`` as it may be shown and kept: an address without its user and password."""
    return databases.without_secrets(location) if databases.is_address(location) else location

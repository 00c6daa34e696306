"""Opens a source: recognises what it is, finds its tables and its vocabulary."""

from __future__ import annotations

import shutil
import zoneinfo
from dataclasses import replace
from pathlib import Path

from myelomart.errors import SourceError
from myelomart.sources import addresses, databases, files, lakehouse, layout
from myelomart.sources.fhir.export import is_export
from myelomart.sources.fhir.reading import read_export
from myelomart.sources.readable import readable_of
from myelomart.sources.source import COHORTS, FORMATS, SHIFTS, OpenSource, Say, Source, Table

DUCKDB_MARK = b"DUCK"
SQLITE_MARK = b"SQLite format 3"


def open_source(source: Source, work: Path, say: Say) -> OpenSource:
    """Open ``source``; what must be exported from it is written below the folder ``work``.

    Raises ``SourceError`` when there is nothing at its location, or nothing we know.
    """
    _check(source)
    work.mkdir(parents=True, exist_ok=True)
    opened = _open(source, work, say)
    if source.vocabulary and not _is_schema(source):
        _add_vocabulary(opened, source.vocabulary, work / "vocabulary", say)
    elif opened.vocabulary_place is None and "concept" in opened.tables:
        opened.vocabulary_place = opened.shown
    if opened.is_fhir:  # its codes are looked up in the vocabulary
        place, _ = addresses.file_and_options(source.location)
        read_export(opened, place, work, lambda table: readable_of(table, work / "looked_up").scan)
    if source.cohort:
        opened.notes.append(f"only persons with a diagnosis of {source.cohort} are read")
    return opened


def _check(source: Source) -> None:
    if source.format not in FORMATS:
        raise SourceError(f"--format {source.format}: known are {', '.join(FORMATS)}.")
    if source.dates_shifted and source.dates_shifted not in SHIFTS:
        raise SourceError(f"--dates-shifted {source.dates_shifted}: known are {', '.join(SHIFTS)}.")
    if source.cohort and source.cohort not in COHORTS:
        raise SourceError(f"--cohort {source.cohort}: known are {', '.join(COHORTS)}.")
    if source.timezone and source.timezone not in zoneinfo.available_timezones():
        raise SourceError(
            f"--timezone {source.timezone}: there is no such zone; write it as Europe/Berlin."
        )


def _open(source: Source, work: Path, say: Say) -> OpenSource:
    if addresses.is_address(source.location):
        address = addresses.address_of(source.location)
        address = replace(address, options=_options(source, address.options))
        read = databases.open_server(address, source.cohort, work, say)
        kind = f"OMOP CDM in {databases.server_of(address).NAME}"
        return _of_database(source, kind, address.shown, read)
    path, options = addresses.file_and_options(source.location)
    if not path.exists():
        if path.is_symlink():
            raise SourceError(f"{path} is a link to something that is not there: mend the link.")
        raise SourceError(f"There is no folder or file {path}: check what stands after --source.")
    if path.is_dir():
        if source.cohort:
            raise SourceError(
                f"{path} is a folder, and --cohort reads a part of a database: leave it out."
            )
        return _open_folder(source, path, work, say)
    try:
        with path.open("rb") as handle:
            start = handle.read(16)
    except PermissionError as error:
        raise SourceError(f"{path} may not be read: ask its owner for the right to.") from error
    options = _options(source, options)
    if start[8:12] == DUCKDB_MARK:
        read = databases.open_duckdb(path, options, source.cohort, source.allow_views)
        opened = _of_database(source, "OMOP CDM in DuckDB", str(path), read)
        opened.attached = path
        return opened
    if start.startswith(SQLITE_MARK):
        outside = options.pop("vocabulary", None)
        read = databases.open_sqlite(path, options, source.cohort, work, say, source.allow_views)
        opened = _of_database(source, "OMOP CDM in SQLite", str(path), read)
        if outside:
            _add_vocabulary(opened, outside, work / "vocabulary", say, beside=path)
        return opened
    raise SourceError(
        f"{path} is neither a DuckDB nor a SQLite file: give a folder, such a file, or an address."
    )


def _options(source: Source, options: dict[str, str]) -> dict[str, str]:
    """What stands behind the address, and the schema that --vocabulary names."""
    return options | ({"vocabulary": source.vocabulary} if _is_schema(source) else {})


def _is_schema(source: Source) -> bool:
    """True when --vocabulary names a schema: a database is read, and no such path is there."""
    if not source.vocabulary or addresses.is_address(source.vocabulary):
        return False
    if addresses.is_address(source.location):
        return not Path(source.vocabulary).expanduser().exists()
    path, _ = addresses.file_and_options(source.location)
    return path.is_file() and not Path(source.vocabulary).expanduser().exists()


def _of_database(source: Source, kind: str, shown: str, read: databases.Read) -> OpenSource:
    return OpenSource(
        source, kind, shown, read.tables, [], read.vocabulary_place, notes=list(read.notes)
    )


def _open_folder(source: Source, folder: Path, work: Path, say: Say) -> OpenSource:
    omop, trinetx = files.omop_layout(), files.trinetx_layout()
    is_omop = files.has_table(folder, omop, "person")
    is_trinetx = files.has_table(folder, trinetx, "trinetx_patient")
    is_fhir = is_export(folder)
    if source.format == "auto" and is_trinetx + is_omop + is_fhir > 1:
        kinds = {"an OMOP CDM": is_omop, "a TriNetX export": is_trinetx, "FHIR resources": is_fhir}
        held = " and ".join(kind for kind, is_here in kinds.items() if is_here)
        raise SourceError(f"{folder} holds {held}: say which with --format.")
    if source.format == "fhir" or (source.format == "auto" and is_fhir):
        if not is_fhir:
            raise SourceError(f"{folder} has no file of FHIR resources (.ndjson, .ndjson.gz).")
        return OpenSource(source, "FHIR bulk export", str(folder), {})
    if source.format == "trinetx" or (source.format == "auto" and is_trinetx):
        if not is_trinetx:
            raise SourceError(f"{folder} has no patient.csv: it is not a TriNetX export.")
        of, kind = trinetx, "TriNetX export"
    elif is_omop:
        of, kind = omop, "OMOP CDM"
    else:
        raise SourceError(
            f"{folder} has neither a person table (OMOP: person.parquet, person.csv or .csv.gz) "
            "nor a patient table (TriNetX: patient.csv) nor resources (FHIR: Patient.ndjson): "
            "check what stands after --source."
        )
    tables, unused, lakes = files.find_tables(folder, of)
    forms = {table.form for table in tables.values()} | {files.lake_kind(lake) for lake in lakes}
    for lake in lakes:
        table = files.table_of_lake(lake, of)
        tables[table] = lakehouse.read_lake(lake, table, work, say)
    if of is omop:
        kind = f"{kind} as {' and '.join(sorted(forms))}"
    return OpenSource(source, kind, str(folder), tables, unused)


def _add_vocabulary(
    opened: OpenSource, location: str, work: Path, say: Say, beside: Path | None = None
) -> None:
    """Take the vocabulary from a folder, file or address of its own."""
    path, options = addresses.file_and_options(location)
    if beside is not None and not path.exists() and (beside.parent / location).exists():
        path = beside.parent / location
    place = location
    if addresses.is_address(location):
        raise SourceError(
            "--vocabulary takes a schema of the source, a folder, or a DuckDB or SQLite file."
        )
    if not path.exists():
        raise SourceError(
            f"There is no folder or file {path}: check what stands after --vocabulary."
        )
    if path.is_dir():
        found, _, lakes = files.find_tables(path, files.vocabulary_layout())
        for lake in lakes:
            table = files.table_of_lake(lake, files.vocabulary_layout())
            work.mkdir(parents=True, exist_ok=True)
            found[table] = lakehouse.read_lake(lake, table, work, say)
        place = str(path)
    else:
        found = _vocabulary_of_file(path, options, work, say, opened.source.allow_views)
        place = str(path)
    if "concept" not in found:
        raise SourceError(f"{path} has no table concept: check what stands after --vocabulary.")
    for table in layout.VOCABULARY:
        opened.tables.pop(table, None)
    opened.tables |= {name: table for name, table in found.items() if name in layout.VOCABULARY}
    opened.vocabulary_place = place
    opened.notes.append(f"the vocabulary is read from {place}")


def _vocabulary_of_file(
    path: Path, options: dict, work: Path, say: Say, allow_views: bool
) -> dict[str, Table]:
    with path.open("rb") as handle:
        start = handle.read(16)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    if start[8:12] == DUCKDB_MARK:
        return databases.export_vocabulary_of_duckdb(path, options, work, allow_views)
    if start.startswith(SQLITE_MARK):
        return databases.export_vocabulary_of_sqlite(path, work, say, allow_views)
    raise SourceError(f"{path} is neither a folder nor a DuckDB or SQLite file.")

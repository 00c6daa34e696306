"""Finds the files of each table in a folder and says how to read them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from myelomart.errors import SourceError
from myelomart.warehouse import literal

SUFFIXES = {".parquet": "parquet", ".csv": "csv", ".csv.gz": "csv", ".tsv": "csv", ".tsv.gz": "csv"}
DELIMITERS = ",;\t|"
GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"
# tables whose columns are not known before: what dates a row, and what is no property of it
PROPERTY_DATES = (
    "observation_date",
    "oncology_treatment_start_date",
    "diagnosis_date",
    "test_date",
)
NO_PROPERTIES = ("patient_id", "source_id", "derived_by_trinetx", "source_file_name")
SMALLEST_PARQUET = 12  # bytes: two marks and the length of the footer


@dataclass(frozen=True)
class TableFiles:
    """The files of one table, all of one form ('parquet' or 'csv'), sorted by path.

    ``of_properties`` says that its columns are not known before, and that a row is to be read as
    one property a cell.
    """

    table: str
    form: str
    paths: tuple[Path, ...]
    of_properties: bool = False


def find_tables(folder: Path, names: set[str]) -> dict[str, TableFiles]:
    """Files by table for each of ``names`` that ``folder`` holds, in any case of letters.

    A table is one file (``person.parquet``, ``PERSON.csv.gz``) or a folder of them, partitioned or
    not.
    Raises ``SourceError`` when a table is there twice or its files cannot be what they say.
    """
    found: dict[str, TableFiles] = {}
    for entry in sorted(folder.iterdir()):
        table = entry.name.lower()
        suffix = suffix_of(entry)
        if suffix:
            table = table.removesuffix(suffix)
        if table not in names or entry.name.startswith((".", "_")):
            continue
        files = _files_below(table, entry) if entry.is_dir() else _one_file(table, entry, suffix)
        if files is None:
            continue
        if table in found:
            raise SourceError(
                f"{folder}: the table {table} is there twice "
                f"({found[table].paths[0].name} and {entry.name}): keep one of them."
            )
        found[table] = files
    for files in found.values():
        for path in files.paths:
            check_readable(path, files.form)
    return found


def names_in(folder: Path, names: set[str]) -> set[str]:
    """Those of ``names`` that are tables of ``folder``, by the names of its files alone."""
    entries = {entry.name.lower() for entry in folder.iterdir()}
    return {name for name in names if entries & {name, *(name + suffix for suffix in SUFFIXES)}}


def suffix_of(path: Path) -> str | None:
    """The ending of ``path`` that names a form we read, in lower case."""
    name = path.name.lower()
    return next((ending for ending in SUFFIXES if name.endswith(ending)), None)


def check_readable(path: Path, form: str) -> None:
    """Raise ``SourceError`` when ``path`` is barred, empty, cut off, or not what its name says."""
    size = path.stat().st_size
    if size == 0:
        raise SourceError(f"{path} is empty (0 bytes): export it again, or remove it.")
    try:
        opened = path.open("rb")
    except PermissionError as error:
        raise SourceError(f"{path} may not be read: ask its owner for the right to.") from error
    with opened as handle:
        start = handle.read(4)
        if form != "parquet":
            if path.name.lower().endswith(".gz") and not start.startswith(GZIP):
                raise SourceError(
                    f"{path} is not gzip though its name says so: rename or repack it."
                )
            return
        if start != PARQUET:
            raise SourceError(f"{path} is not Parquet though its name says so: export it again.")
        handle.seek(-4, 2)
        if size < SMALLEST_PARQUET or handle.read(4) != PARQUET:
            raise SourceError(f"{path} is cut off (its end is missing): copy or export it again.")


def scan(files: TableFiles) -> str:
    """The FROM clause that reads ``files``; CSV columns all come as text."""
    return _properties(_read(files)) if files.of_properties else _read(files)


def _properties(read: str) -> str:
    """One row per cell besides the patient, the date and where it stands."""
    dates = ", ".join(f"null::varchar as {name}" for name in PROPERTY_DATES)
    apart = ", ".join(literal(name) for name in (*PROPERTY_DATES, *NO_PROPERTIES))
    return f"""(
        select
            patient_id, coalesce({", ".join(PROPERTY_DATES)}) as property_date,
            lower(property) as property, property_value, source_file_name
        from (
            unpivot (
                select columns(*)::varchar from {read}
                union all by name
                select null::varchar as patient_id, {dates} where false
            )
            on columns(lambda name: lower(name) not in ({apart}))
            into name property value property_value
        )
    )"""


def _read(files: TableFiles) -> str:
    paths = "[" + ", ".join(literal(path) for path in files.paths) + "]"
    if files.form == "parquet":
        return (
            f"read_parquet({paths}, union_by_name = true, hive_partitioning = "
            f"{_is_partitioned(files)}, hive_types_autocast = false, filename = 'source_file_name')"
        )
    delimiter, quote = csv_dialect(files.paths[0])
    return (
        f"read_csv({paths}, header = true, all_varchar = true, "
        f"delim = {literal(delimiter)}, quote = {literal(quote)}, escape = {literal(quote)}, "
        "nullstr = ['', 'NULL', '\\N'], auto_detect = false, columns = "
        f"{_csv_columns(files, delimiter)}, max_line_size = 16777216, "
        "comment = '\x1a', filename = 'source_file_name')"
    )


def csv_dialect(path: Path) -> tuple[str, str]:
    """Delimiter and quote of a CSV file.

    The delimiter is the one its header has most of. Tab-separated vocabularies hold lone quotation
    marks in their text, so nothing quotes there.
    """
    header = csv_header(path)
    delimiter = max(DELIMITERS, key=header.count)
    return delimiter, "" if delimiter == "\t" else '"'


def csv_header(path: Path) -> str:
    """The first line of a CSV file without byte-order mark and line end."""
    import gzip

    opener = gzip.open if path.name.lower().endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as lines:
            line = lines.readline().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path} is not UTF-8 text: save it as UTF-8.") from error
    except (OSError, EOFError) as error:
        raise SourceError(f"{path} cannot be read: {error}.") from error
    if not line.strip():
        raise SourceError(f"{path} has no header in its first line: the column names belong there.")
    return line


def csv_column_names(path: Path) -> list[str]:
    """The column names of a CSV file as its header writes them."""
    delimiter = csv_dialect(path)[0]
    return [name.strip().strip('"') for name in csv_header(path).split(delimiter)]


def _csv_columns(files: TableFiles, delimiter: str) -> str:
    names = csv_column_names(files.paths[0])
    for path in files.paths[1:]:
        if csv_column_names(path) != names:
            raise SourceError(
                f"{path} has other columns than {files.paths[0].name}: the files of one table "
                "must have the same header."
            )
    lowered = [name.lower() for name in names]
    doubled = sorted({name for name in lowered if lowered.count(name) > 1})
    if doubled:
        raise SourceError(f"{files.paths[0]}: the column {doubled[0]} is there twice: remove one.")
    return "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names) + "}"


def _one_file(table: str, path: Path, suffix: str | None) -> TableFiles | None:
    return TableFiles(table, SUFFIXES[suffix], (path,)) if suffix else None


def _files_below(table: str, folder: Path) -> TableFiles | None:
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and suffix_of(path) and not path.name.startswith((".", "_"))
    )
    forms = {SUFFIXES[suffix_of(path)] for path in paths}
    if len(forms) > 1:
        raise SourceError(f"{folder} mixes Parquet and CSV: keep one of them.")
    return TableFiles(table, forms.pop(), tuple(paths)) if paths else None


def _is_partitioned(files: TableFiles) -> str:
    parts = {part for path in files.paths for part in path.parent.parts[-4:]}
    return str(any("=" in part for part in parts)).lower()

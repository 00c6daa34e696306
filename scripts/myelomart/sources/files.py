"""Finds the files of each table in a folder, and names every file that no table takes.

A table is one file (``person.parquet``, ``PERSON.csv.gz``), several beside each other as exporters
split them (``measurement_2.csv``, ``measurement000000000000.csv``, ``lab_result (1).csv``), or a
folder of files, partitioned or not. What a file is its first bytes say, not its name alone. A file
that holds a table of the layout and that no table takes stops the landing; any other file that is
not read is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from myelomart.errors import SourceError
from myelomart.sources import layout, text
from myelomart.sources.source import DataFile, Table, UnusedFile
from myelomart.warehouse import literal, quoted

PARQUET = b"PAR1"
PARQUET_LOCKED = b"PARE"
SMALLEST_PARQUET = 12  # bytes: two marks and the length of the footer
ENDINGS = re.compile(
    r"(?P<inner>(\.(c\d{3}|snappy|gz|gzip|zstd|zst|lz4|lz4raw|brotli|uncompressed))*)"
    r"\.(?P<form>parquet|parq|pq|csv|tsv|txt|tab|psv)(\.(gz|gzip|zip|zst|zstd|bz2|xz))?$"
)
OTHER_ENDINGS = re.compile(
    r"\.(sas7bdat|xpt|dta|sav|rds|rda|rdata|xlsx?|xlsb|ods|feather|arrow|ipc|orc|avro|jsonl?|ndjson"
    r"|xml|dat|dmp|dump|bak|mdb|accdb|7z|rar|tar|tgz|zip|gz|bz2|xz|zst|db|sqlite|duckdb|hdf5?|h5"
    r"|part|tmp|crdownload|filepart)(\.(gz|gzip|zip|zst|zstd|bz2|xz))?$"
)
# what splitters put behind the name of a table
CHUNKS = re.compile(r"([ _.\-]*(part|chunk|file|split|shard|of)?[ _.\-]*(\(\d+\)|\[\d+\]|\d+))+$")
NO_DATA = re.compile(r"\.(md|html?|pdf|log|sql|py|r|sh|ya?ml|toml|ini|docx?|crc|json|xml|lock)$")
HIDDEN = (".", "_")
SHOWN_UNUSED = 20
LEAST_COLUMNS = 3  # needed columns by which a file is known as a table, whatever it is called
OTHER_TABLES = {  # of the CDM and of a vocabulary, which no model reads
    "attribute_definition", "cohort", "cohort_definition", "concept_class", "concept_cpt4",
    "concept_synonym", "condition_era", "cost", "domain", "dose_era", "drug_era", "drug_strength",
    "fact_relationship", "metadata", "note", "payer_plan_period", "relationship",
    "source_to_concept_map", "specimen", "vocabulary",
}  # fmt: skip
# TriNetX: other names of its tables, and files of an export that no model reads
TRINETX = "trinetx_"
OF_PROPERTIES = {TRINETX + "tumor_properties", TRINETX + "oncology_treatment"}
OTHER_NAMES = {
    "patients": "patient",
    "lab_results": "lab_result",
    "vital_signs": "vitals_signs",
    "vital_sign": "vitals_signs",
    "medication": "medication_ingredient",
    "medications": "medication_ingredient",
    "tumors": "tumor",
}
TRINETX_OTHERS = {"patient_cohort", "cohort_details", "manifest", "cost"}
# tables whose columns are not known before: what dates a row, and what is no property of it
PROPERTY_DATES = (
    "observation_date",
    "oncology_treatment_start_date",
    "diagnosis_date",
    "test_date",
)
NO_PROPERTIES = ("patient_id", "source_id", "derived_by_trinetx", "source_file_name")


@dataclass(frozen=True)
class Layout:
    """The names by which the tables of one layout go in a folder, and the columns they need."""

    names: dict[str, str]
    needed: dict[str, set[str]]
    others: set[str]


def omop_layout() -> Layout:
    """An OMOP CDM: tables go by their own names."""
    tables = layout.cdm_tables()
    needed = {
        table: {column.name for column in columns if column.role not in ("optional", "row_number")}
        for table, columns in tables.items()
    }
    return Layout({table: table for table in tables}, needed, OTHER_TABLES)


def vocabulary_layout() -> Layout:
    """A folder of a vocabulary, as Athena hands it out."""
    needed = {table: omop_layout().needed[table] for table in layout.VOCABULARY}
    others = OTHER_TABLES | set(layout.cdm_tables()) - set(layout.VOCABULARY)
    return Layout({table: table for table in layout.VOCABULARY}, needed, others)


def trinetx_layout() -> Layout:
    """A TriNetX export: tables land under a name of ours, and go by several."""
    tables = layout.trinetx_tables()
    names = {table.removeprefix(TRINETX): table for table in tables}
    names |= {other: TRINETX + name for other, name in OTHER_NAMES.items()}
    needed = {table: {"patient_id"} for table in tables}
    return Layout(names, needed, TRINETX_OTHERS)


def has_table(folder: Path, of: Layout, table: str) -> bool:
    """True when an entry of ``folder`` goes by a name of ``table``."""
    return any(_table_of(entry, of) == table for entry in _entries(folder))


def find_tables(folder: Path, of: Layout) -> tuple[dict[str, Table], list[UnusedFile], list[Path]]:
    """The tables in ``folder``, the files that nobody reads, and the folders of lakehouse tables.

    Raises ``SourceError`` when a table is there twice, when a file cannot be what it says, and when
    a file that nobody reads holds a table.
    """
    parts: dict[str, dict[str, list[DataFile]]] = {}
    unused: list[UnusedFile] = []
    lakes: list[Path] = []
    strays: list[Path] = []
    for entry in _entries(folder):
        table = _table_of(entry, of)
        if entry.is_symlink() and not entry.exists():
            if table or _ending(entry):
                raise SourceError(f"{entry} is a link to a file that is not there: mend the link.")
            unused.append(UnusedFile(entry.name, "a link to a file that is not there"))
        elif table is None:
            strays.append(entry)
        elif lake_kind(entry):
            lakes.append(entry)
        else:
            stem = entry.name.lower().removesuffix(_ending(entry))
            before = parts.setdefault(table, {})
            if stem in before:
                raise SourceError(
                    f"{folder}: the table {table} is there twice "
                    f"({before[stem][0].path.name} and {entry.name}): keep one of them."
                )
            found, left = _below(table, entry) if entry.is_dir() else ([_file(entry)], [])
            before[stem] = found
            unused += left
    tables = {}
    for table, by_stem in parts.items():
        files = [file for found in by_stem.values() for file in found]
        forms = {file.form for file in files}
        if len(forms) > 1:
            names = ", ".join(sorted({file.path.name for file in files})[:3])
            raise SourceError(
                f"{folder}: the table {table} mixes Parquet and CSV ({names}): keep one of them."
            )
        tables[table] = Table(
            table, str(files[0].path), tuple(files), of_properties=table in OF_PROPERTIES
        )
    for entry in lakes:
        table = _table_of(entry, of)
        if table in tables:
            raise SourceError(
                f"{folder}: the table {table} is there twice "
                f"({tables[table].files[0].path.name} and {entry.name}): keep one of them."
            )
    for entry in strays:
        unused += _strays(entry, of, folder)
    return tables, unused + _hidden(folder), lakes


def _hidden(folder: Path) -> list[UnusedFile]:
    """The files that are hidden by their name (``_old.csv``): no program reads them."""
    return [
        UnusedFile(entry.name, "hidden by its name")
        for entry in sorted(folder.iterdir())
        if entry.name.startswith(HIDDEN) and entry.is_file() and _ending(entry)
    ]


def table_of_lake(folder: Path, of: Layout) -> str:
    """The table that a lakehouse folder holds, by its name."""
    return _table_of(folder, of)


def lake_kind(folder: Path) -> str:
    """'Delta' or 'Iceberg' when ``folder`` is such a table, '' when it is not."""
    if not folder.is_dir():
        return ""
    if (folder / "_delta_log").is_dir():
        return "Delta"
    if any((folder / "metadata").glob("*.metadata.json")):
        return "Iceberg"
    if (folder / ".hoodie").is_dir():
        return "Hudi"
    return ""


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith(HIDDEN))
    except PermissionError as error:
        raise SourceError(f"{folder} may not be read: ask its owner for the right to.") from error


def _ending(path: Path) -> str:
    """The ending of ``path`` that names a form we read, as it is written there in lower case."""
    match = ENDINGS.search(path.name.lower())
    return match.group(0) if match else ""


def _table_of(entry: Path, of: Layout) -> str | None:
    name = entry.name.lower()
    ending = _ending(entry)
    if not ending and not entry.is_dir():
        return None
    name = name.removesuffix(ending)
    if name in of.names:
        return of.names[name]
    return of.names.get(CHUNKS.sub("", name))


def _below(table: str, folder: Path) -> tuple[list[DataFile], list[UnusedFile]]:
    """The files of a table that is a folder, and what else lies there."""
    found, unused = [], []
    for path in _walk(folder):
        if path.is_symlink() and not path.exists():
            raise SourceError(f"{path} is a link to a file that is not there: mend the link.")
        if _ending(path):
            found.append(_file(path, folder))
        elif _starts_with(path, PARQUET):
            found.append(_file(path, folder, "parquet"))
        elif NO_DATA.search(path.name.lower()):
            unused.append(UnusedFile(str(path.relative_to(folder.parent)), "no table"))
        else:
            raise SourceError(
                f"{path} lies in the folder of the table {table} and is of no form that is read: "
                "export it as Parquet or CSV, or take it out of the folder."
            )
    if not found:
        raise SourceError(
            f"{folder} stands for the table {table} and holds no file that is read: put its files "
            "there, or remove the folder."
        )
    return found, unused


def _walk(folder: Path) -> Iterator[Path]:
    """Every file below ``folder``; what is hidden, and what lies in a hidden folder, is no data."""
    for entry in _entries(folder):
        if lake_kind(entry):
            raise SourceError(
                f"{entry} is a {lake_kind(entry)} table inside the folder of another table: "
                "move it, or name its folder after its table."
            )
        if entry.is_dir():
            yield from _walk(entry)
        else:
            yield entry


def _file(path: Path, table_folder: Path | None = None, form: str | None = None) -> DataFile:
    """``path`` as a file of a table; its first bytes must be what its name says."""
    form = form or ("parquet" if _says_parquet(path) else "csv")
    if not path.is_file():
        raise SourceError(f"{path} is no file that can be read: put the table's file there.")
    try:
        size = path.stat().st_size
        with path.open("rb") as handle:
            start = handle.read(4)
    except PermissionError as error:
        raise SourceError(f"{path} may not be read: ask its owner for the right to.") from error
    if size == 0:
        raise SourceError(f"{path} is empty (0 bytes): export it again, or remove it.")
    packed = text.packing_of(path)
    if form == "csv":
        if start == PARQUET:
            raise SourceError(f"{path} is Parquet though its name says text: rename it.")
        if path.name.lower().endswith((".gz", ".gzip")) and packed != "gzip":
            raise SourceError(f"{path} is not gzip though its name says so: rename or repack it.")
    elif not packed:
        check_parquet(path)
    return DataFile(path, form, packed, _partition(path, table_folder))


def _says_parquet(path: Path) -> bool:
    match = ENDINGS.search(path.name.lower())
    return bool(match) and match.group("form") in ("parquet", "parq", "pq")


def check_parquet(path: Path, shown: Path | None = None) -> None:
    """Raise ``SourceError`` unless ``path`` begins and ends as Parquet; ``shown`` is its name."""
    shown = shown or path
    with path.open("rb") as handle:
        start = handle.read(4)
        if start == PARQUET_LOCKED:
            raise SourceError(f"{shown} is encrypted Parquet: export it without encryption.")
        if start != PARQUET:
            raise SourceError(f"{shown} is not Parquet though its name says so: export it again.")
        handle.seek(-4, 2)
        if path.stat().st_size < SMALLEST_PARQUET or handle.read(4) != PARQUET:
            raise SourceError(f"{shown} is cut off (its end is missing): copy or export it again.")


def _starts_with(path: Path, mark: bytes) -> bool:
    try:
        with path.open("rb") as handle:
            return handle.read(len(mark)) == mark
    except OSError:
        return False


def _partition(path: Path, table_folder: Path | None) -> tuple[tuple[str, str | None], ...]:
    """What the folders between the table's and the file say: ``year=2020``."""
    if table_folder is None:
        return ()
    pairs = (
        part.split("=", 1) for part in path.relative_to(table_folder).parts[:-1] if "=" in part
    )
    return tuple(
        (name, None if value == "__HIVE_DEFAULT_PARTITION__" else unquote(value))
        for name, value in pairs
    )


def _strays(entry: Path, of: Layout, folder: Path) -> list[UnusedFile]:
    """What nobody reads at ``entry``; a table that nobody reads stops the landing."""
    if entry.is_dir():
        kind = lake_kind(entry)
        if kind:
            return [UnusedFile(entry.name, f"a {kind} table that no model reads")]
        found = []
        for below in _entries(entry):
            found += _strays(below, of, folder)
        return found
    shown = str(entry.relative_to(folder))
    name = entry.name.lower()
    ending = _ending(entry)
    stem = name.removesuffix(ending)
    if not ending:
        match = OTHER_ENDINGS.search(name)
        plain = name[: match.start()] if match else name
        table = of.names.get(plain) or of.names.get(CHUNKS.sub("", plain))
        if table and (match or not entry.suffix) and not NO_DATA.search(name):
            raise SourceError(
                f"{entry} is named as the table {table} and is of a form that is not read: export "
                "it as Parquet or CSV, or take it out of the folder."
            )
        return [UnusedFile(shown, "of no form that is read")]
    if CHUNKS.sub("", stem) in of.others:
        return [UnusedFile(shown, "a table that no model reads")]
    columns = _columns_of(entry)
    for table, needed in of.needed.items():
        is_table = needed <= columns and (
            len(needed) >= LEAST_COLUMNS or _is_named_like(stem, table, of)
        )
        if is_table:
            raise SourceError(
                f"{entry} holds rows of the table {table}, and nothing reads it under this name: "
                f"name it {_own_name(table, of)}{ending}, {_own_name(table, of)}_2{ending} … "
                "beside the table's other files, or take it out of the folder."
            )
    return [UnusedFile(shown, "no table of the layout")]


def _is_named_like(stem: str, table: str, of: Layout) -> bool:
    names = [name for name, own in of.names.items() if own == table]
    return any(re.search(rf"(^|[^a-z]){name}(s|es)?([^a-z]|$)", stem) for name in names)


def _own_name(table: str, of: Layout) -> str:
    return next(name for name, own in of.names.items() if own == table)


def _columns_of(path: Path) -> set[str]:
    """The column names of a file in lower case; none when it cannot be read."""
    try:
        file = _file(path)
        if file.form == "csv":
            return {name.lower() for name in text.dialect_of(file, "").names}
        return {name.lower() for name in pq.read_schema(path).names} if not file.packed else set()
    except (SourceError, OSError, pa.ArrowException):
        return set()


def parquet_facts(path: Path) -> tuple[int, set[str]]:
    """Rows of a Parquet file by its footer, and its columns of the old type INT96.

    INT96 is an instant in UTC, though readers show it as a time of no zone.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema
            columns = (schema.column(number) for number in range(len(schema)))
            instants = {one.name.lower() for one in columns if one.physical_type == "INT96"}
            return file.metadata.num_rows, instants
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(
            f"{path} is damaged Parquet (its footer cannot be read): copy or export it again."
        ) from error


def properties(read: str) -> str:
    """SQL: one row per cell of ``read`` besides the patient, the date and where it stands."""
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


def pattern(path: Path | str) -> str:
    """``path`` as an SQL literal in which no character stands for others.

    DuckDB reads every name as a pattern; in brackets a character means itself.
    """
    escaped = re.sub(r"[\[*?]", lambda mark: f"[{mark.group()}]", str(path))
    return literal(escaped)


def read_parquet(paths: list[Path], partition: tuple[tuple[str, str | None], ...]) -> str:
    """SQL that reads Parquet files of one partition, whose values are columns too."""
    listed = ", ".join(pattern(path) for path in paths)
    read = (
        f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false, "
        "binary_as_string = true, filename = 'source_file_name')"
    )
    if not partition:
        return read
    known = {name.lower() for path in paths for name in _names_of(path)}
    added = [
        f"cast({'null' if value is None else literal(value)} as varchar) as {quoted(name)}"
        for name, value in partition
        if name.lower() not in known
    ]
    return f"(select {', '.join(['*', *added])} from {read})"


def _names_of(path: Path) -> list[str]:
    try:
        return pq.read_schema(path).names
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{path} is damaged Parquet (its footer cannot be read): copy or export it again."
        ) from error

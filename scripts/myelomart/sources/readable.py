"""A table as DuckDB can read it: odd files are first rewritten as plain ones."""

from __future__ import annotations

import shutil
from pathlib import Path

from myelomart.sources import columns, files, text
from myelomart.sources.source import (
    DataFile,
    RowAccount,
    Table,
)
from myelomart.warehouse import literal, quoted


def readable_of(found: Table, work: Path) -> columns.Readable:
    """The table as DuckDB reads it: odd files are first rewritten as plain ones below ``work``."""
    if found.relation:
        scan = (
            f"(select *, {literal(found.place)} as {columns.FILE_NAME} "
            f"from {found.relation}{found.where})"
        )
        rows = None if found.where else found.rows
        return columns.Readable(found.name, found.place, scan, "database", rows)
    plain = [_plain_file(file, found, work, number) for number, file in enumerate(found.files)]
    scans, rows, instants = [], 0, set()
    if found.form == "parquet":
        for path in plain:
            counted, odd = files.parquet_facts(path)
            rows += counted
            instants |= odd
        partitions: dict[tuple, list[Path]] = {}
        for path, file in zip(plain, found.files, strict=True):
            partitions.setdefault(file.partition, []).append(path)
        scans = [files.read_parquet(paths, part) for part, paths in partitions.items()]
    else:
        dialects: dict[tuple, list[Path]] = {}
        for path, file in zip(plain, found.files, strict=True):
            dialect = text.dialect_of(file, found.name)
            screened = text.screen(file, dialect)
            rows += screened.records
            packed = file.packed
            if not screened.is_plain:
                path = work / "plain" / found.name / f"{len(dialects)}_{file.path.name}"
                text.plain_copy(file, dialect, path)
                packed = ""
            dialects.setdefault((dialect, packed, file.partition), []).append((path, file))
        plain = [path for pairs in dialects.values() for path, _ in pairs]
        shown_files = [file for pairs in dialects.values() for _, file in pairs]
        for (dialect, packed, partition), pairs in dialects.items():
            listed = "[" + ", ".join(files.pattern(path) for path, _ in pairs) + "]"
            scans.append(
                _with_partition(text.scan(listed, dialect, packed, literal), partition, dialect)
            )
        shown = {str(path): file.path.name for path, file in zip(plain, shown_files, strict=True)}
        marks = frozenset(dialect.delimiter for dialect, *_ in dialects)
        return _of_files(found, scans, rows, shown, delimiters=marks)
    shown = {str(path): file.path.name for path, file in zip(plain, found.files, strict=True)}
    is_alone = len(plain) == 1 and not found.files[0].partition and not found.of_properties
    linkable = plain[0] if is_alone else None
    return _of_files(found, scans, rows, shown, instants=frozenset(instants), linkable=linkable)


def _of_files(found, scans, rows, shown, **facts) -> columns.Readable:
    scan = scans[0]
    if len(scans) > 1:
        scan = "(" + " union all by name ".join(f"select * from {one}" for one in scans) + ")"
    if found.of_properties:  # a row is one cell of the file
        scan, rows = files.properties(scan), None
    return columns.Readable(found.name, found.place, scan, found.form, rows, shown, **facts)


def _with_partition(scan: str, partition: tuple, dialect: text.Dialect) -> str:
    known = {name.lower() for name in dialect.names}
    added = [
        f"cast({'null' if value is None else literal(value)} as varchar) as {quoted(name)}"
        for name, value in partition
        if name.lower() not in known
    ]
    return f"(select {', '.join(['*', *added])} from {scan})" if added else scan


def _plain_file(file: DataFile, found: Table, work: Path, number: int) -> Path:
    """A Parquet file that is packed once more is unpacked; any other stays where it is."""
    if file.form != "parquet" or not file.packed:
        return file.path
    target = work / "plain" / found.name / f"{number}_{file.path.name}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    with text.opened(file) as packed, target.open("wb") as out:
        shutil.copyfileobj(packed, out)
    files.check_parquet(target, file.path)
    return target


def count_again(found: Table, readable: columns.Readable, account: RowAccount) -> None:
    """Where two ways of counting a text's records differ, a third and slow one decides."""
    if found.form != "csv" or readable.rows is None:
        return
    read = account.rows + account.rows_set_aside
    if read != account.rows_in:
        account.rows_in = sum(
            text.count_exactly(file, text.dialect_of(file, found.name)) for file in found.files
        )

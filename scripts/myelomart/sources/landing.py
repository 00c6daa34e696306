"""Lands sources: every table of every source as Parquet of fixed columns and types.

A source is opened once (`opening`), and then each table goes straight through: made readable
(`_readable`), matched with its layout and written (`columns`), mended where only the whole table
can tell (`mending`), and accounted for row by row. Where the user's own Parquet already has the
right columns and types it is taken as it is. What a source lacks is one empty file. The
manifest says what was read, and lets the next landing do only what changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from myelomart import warehouse, whole
from myelomart.errors import SourceError
from myelomart.lock import held
from myelomart.private_files import make_private, private
from myelomart.sources import columns, files, folder, layout, mending, text
from myelomart.sources.databases import ATTACHED, file_and_options
from myelomart.sources.folder import landed_path, set_aside_path
from myelomart.sources.opening import open_source
from myelomart.sources.source import (
    DataFile,
    OpenSource,
    RowAccount,
    Source,
    Table,
    parse_source,
)
from myelomart.sources.text_ids import ACTION, keep_text_ids
from myelomart.warehouse import literal, quoted

Say = Callable[[str], None]
OPTIONS = ("format", "timezone", "vocabulary", "dates_shifted", "cohort", "allow_views")
WHYS = ("", "days")  # the files of rows that the landing sets aside

__all__ = ["Source", "land", "parse_source", "read_manifest"]


@private()
def land(sources: list[Source], landing: Path, say: Say = print) -> dict:
    """Bring ``sources`` into ``landing`` and return the manifest.

    Tables whose files did not change since the last time stay as they are.
    Raises ``SourceError`` with file, table, column and row when something cannot be read.
    """
    _check_names(sources)
    is_older = "specification" in read_manifest(landing)  # than the mark
    if not is_older or (landing / whole.MARKER).exists():
        whole.claim(landing, folder.MADE_BY)
    make_private(landing)
    with held(whole.lock_of(landing), f"Another command is landing into {landing}", SourceError):
        before = read_manifest(landing)
        manifest = {"specification": _specification_hash(), "sources": []}
        known = before if before.get("specification") == manifest["specification"] else {}
        for source in sources:
            with folder.temporary(landing / folder.EXPORTED / source.name) as work:
                before_it = _entry(known, source)
                entry = _land_source(source, landing, work, before_it, say, len(sources) == 1)
            manifest["sources"].append(entry)
        _refuse_changed(manifest)
        folder.remove_other_sources(landing, {source.name for source in sources})
        if manifest != before:
            folder.write_atomically(
                landing / "manifest.json", json.dumps(manifest, indent=1) + "\n"
            )
    return manifest


def read_manifest(landing: Path) -> dict:
    """The manifest of ``landing``, or {} when there is none that can be read."""
    try:
        return json.loads((landing / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def bytes_of(source: Source) -> int:
    """The bytes of a source's files; 0 where that is not known (a server, nothing there)."""
    path, _ = file_and_options(source.location)
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _land_source(
    source: Source, landing: Path, work: Path, before: dict, say: Say, is_alone: bool
) -> dict:
    opened = open_source(source, work, say)
    entry = {
        "name": source.name,
        "location": opened.shown,
        "format": opened.kind,
        "options": {name: getattr(source, name) for name in OPTIONS},
        "is_alone": is_alone,
        "vocabulary": opened.vocabulary_place,
        "unused": [{"file": one.path, "reason": one.reason} for one in opened.unused],
        "tables": {},
    }
    if any(before.get(key) != entry[key] for key in ("options", "format", "is_alone")):
        before = {}
    reach = [landing, *(path for one in opened.tables.values() for path in _paths(one, opened))]
    reach += warehouse.with_log(opened.attached) if opened.attached else []
    with warehouse.scratch(reach, spill_to=landing / ".spill") as connection:
        for table in layout.landing_tables():  # so that they can be read when nothing is in them
            columns.write_empty(
                connection, table, landing / table / f"source_name={source.name}" / "none.parquet"
            )
        changed = _land_tables(connection, opened, landing, work, before, entry)
        span = _mend_days(connection, opened, landing, entry, changed)
    for table in changed:
        place = opened.tables[table].place if table in opened.tables else opened.shown
        RowAccount(**_account_of(entry["tables"][table])).close(table, place)
    entry["data_cut"] = span.cut.isoformat()
    _write_accounts(entry, opened, landing)
    _say_what_happened(entry, opened, changed, say)
    return entry


def _land_tables(
    connection, opened: OpenSource, landing: Path, work: Path, before: dict, entry: dict
) -> list[str]:
    """Land every table that changed; return those, in order. ``entry`` gets all of them."""
    name, cache = opened.source.name, {}
    known = before.get("tables", {})
    prints = {
        table: [
            _fingerprint(path, known.get(table), cache)
            for path in _paths(opened.tables.get(table), opened)
        ]
        for table in layout.tables()
    }
    changed = [
        table
        for table in layout.tables()
        if not (
            table in known
            and _same(known[table]["files"], prints[table])
            and landed_path(landing, name, table).exists()
        )
    ]
    if changed:  # the cut may have moved
        changed += [t for t in known if known[t].get("ends_capped") and t not in changed]
    attached = False
    for table in layout.tables():
        if table not in changed:
            entry["tables"][table] = known[table] | {"files": prints[table]}
            continue
        (landing / "manifest.json").unlink(missing_ok=True)  # true again when all is landed
        folder.put_back(landing, name, table)
        for why in WHYS:
            set_aside_path(landing, name, table, why).unlink(missing_ok=True)
        folder.text_ids_path(landing, name, table).unlink(missing_ok=True)
        found = opened.tables.get(table)
        if found is not None and found.relation and not attached:
            warehouse.attach(connection, opened.attached, ATTACHED)
            attached = True
        _refuse_copies(found, prints[table])
        account = _land_table(
            connection, table, found, landing, work, opened.source, entry["is_alone"]
        )
        entry["tables"][table] = account.as_dict() | {"files": prints[table]}
    return changed


def _land_table(
    connection,
    table: str,
    found: Table | None,
    landing: Path,
    work: Path,
    source: Source,
    is_alone: bool,
) -> RowAccount:
    target = landed_path(landing, source.name, table)
    target.parent.mkdir(parents=True, exist_ok=True)
    if found is None:
        columns.write_empty(connection, table, target)
        return RowAccount()
    readable = _readable(found, work)
    try:
        account = _write_table(connection, readable, target, landing, source, is_alone)
    except duckdb.Error as error:
        raise columns.unreadable(readable, error) from error
    _count_again(found, readable, account)
    account.rows_left_out = found.rows_left_out
    account.rows_in += found.rows_left_out
    if found.relation and found.where:
        account.rows_left_out = found.rows - account.rows_in
        account.rows_in = found.rows
    mending.number_unnamed(connection, table, target, account)
    return account


def _write_table(
    connection,
    readable: columns.Readable,
    target: Path,
    landing: Path,
    source: Source,
    is_alone: bool,
) -> RowAccount:
    """Take the table as it is where it fits, else write it."""
    table = readable.table
    plan = columns.plan(connection, readable, source.timezone, is_alone)
    if plan.fits and not mending.unreadable_numbers(connection, table, readable.linkable):
        folder.take(readable.linkable, target)
        account = RowAccount("copied parquet", rows=columns.parquet_rows(target))
        account.rows_in = account.rows if readable.rows is None else readable.rows
        return account
    account = columns.write(connection, plan, target, set_aside_path(landing, source.name, table))
    keep_text_ids(
        connection, plan, target, account, folder.text_ids_path(landing, source.name, table)
    )
    return account


def _readable(found: Table, work: Path) -> columns.Readable:
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


def _count_again(found: Table, readable: columns.Readable, account: RowAccount) -> None:
    """Where two ways of counting a text's records differ, a third and slow one decides."""
    if found.form != "csv" or readable.rows is None:
        return
    read = account.rows + account.rows_set_aside
    if read != account.rows_in:
        account.rows_in = sum(
            text.count_exactly(file, text.dialect_of(file, found.name)) for file in found.files
        )


def _mend_days(
    connection, opened: OpenSource, landing: Path, entry: dict, changed: list[str]
) -> mending.Span:
    name = opened.source.name
    landed = {
        table: landed_path(landing, name, table)
        for table, account in entry["tables"].items()
        if account["rows"]
    }
    span = mending.span_of(connection, landed, bool(opened.source.dates_shifted))
    for table in changed:
        if table in landed and mending.needs_mending(table, landed[table], span):
            account = RowAccount(**_account_of(entry["tables"][table]))
            faults = set_aside_path(landing, name, table, "days")
            mending.mend_days(connection, table, landed[table], faults, account, span, landed)
            entry["tables"][table] |= account.as_dict()
    return span


def _account_of(entry: dict) -> dict:
    return {key: value for key, value in entry.items() if key != "files"}


def _refuse_copies(found: Table | None, prints: list[dict]) -> None:
    """Two files of one table with the same content are one file, saved twice."""
    if found is None or len(prints) < 2 or found.relation:
        return
    seen: dict[str, str] = {}
    for one in prints:
        other = seen.setdefault(one["sha256"], one["path"])
        if other != one["path"] and found.rows is None:
            raise SourceError(
                f"{one['path']} has the same content as {Path(other).name}: every row of the table "
                f"{found.name} would count twice; remove one of them."
            )


# --- what is kept and said -----------------------------------------------------------------------


def _write_accounts(entry: dict, opened: OpenSource, landing: Path) -> None:
    """The accounts as landed tables, for the warehouse to keep."""
    counts = (
        "rows_in", "rows_set_aside", "rows_left_out", "rows_renumbered", "cells_emptied",
        "ends_capped",
    )  # fmt: skip
    accounts = [
        {"table_name": table, "form": account["form"], "files": len(account["files"])}
        | {"rows_landed": account["rows"]}
        | {key: account[key] for key in counts}
        for table, account in entry["tables"].items()
        if account["form"] != "absent"
    ]
    reasons = [
        {
            "table_name": table, "action": one["action"], "column_name": one["column"],
            "reason": one["reason"], "form": one["form"], "row_count": one["rows"],
        }
        for table, account in entry["tables"].items()
        for one in account["reasons"]
    ]  # fmt: skip
    read = [
        {"table_name": table, "file_name": Path(one["path"]).name, "is_read": True, "reason": None}
        for table, account in entry["tables"].items()
        for one in account["files"]
    ]
    unused = [
        {"table_name": None, "file_name": one.path, "is_read": False, "reason": one.reason}
        for one in opened.unused
    ]
    source = {
        "format": entry["format"],
        "timezone": opened.source.timezone,
        "dates_shifted": opened.source.dates_shifted,
        "cohort": opened.source.cohort,
        "vocabulary": opened.vocabulary_place,
        "data_cut": entry["data_cut"],
    }
    for table, rows in {
        "row_accounts": accounts,
        "row_reasons": reasons,
        "source_files": read + unused,
        "landed_sources": [source],
    }.items():
        target = landing / table / f"source_name={entry['name']}" / "part.parquet"
        _write_rows(table, rows, target)


def _write_rows(table: str, rows: list[dict], target: Path) -> None:
    kinds = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "BOOLEAN": pa.bool_()}
    schema = pa.schema([(c.name, kinds[c.type]) for c in layout.landing_tables()[table]])
    temporary = target.with_name(target.name + ".new")
    pq.write_table(pa.Table.from_pylist(rows, schema), temporary)
    os.replace(temporary, target)  # an older landing may hold the same file under its name


def _say_what_happened(entry: dict, opened: OpenSource, changed: list[str], say: Say) -> None:
    name, tables = entry["name"], entry["tables"]
    expected = layout.trinetx_tables() if opened.is_trinetx else layout.cdm_tables()
    absent = [table for table in expected if tables[table]["form"] == "absent"]
    read = len([table for table in changed if table in opened.tables])
    state = f"{read} tables read" if read else "nothing changed, nothing read again"
    say(f"source {name}: {opened.kind}, {state}")
    if absent:
        say(f"source {name}: absent, so taken as empty: {', '.join(absent)}")
    for note in opened.notes:
        say(f"source {name}: {note}")
    totals = {
        key: sum(account[key] for account in tables.values())
        for key in ("rows_in", "rows", "rows_set_aside", "rows_left_out")
    }
    say(
        f"source {name}: {totals['rows_in']:,} rows in = {totals['rows']:,} landed + "
        f"{totals['rows_set_aside']:,} set aside"
        + (f" + {totals['rows_left_out']:,} left out" if totals["rows_left_out"] else "")
    )
    for table in changed:
        if tables[table]["columns_dropped"]:
            dropped = ", ".join(tables[table]["columns_dropped"])
            say(f"source {name}: {table}: columns that the layout lacks, left out: {dropped}")
    for table, account in tables.items():
        said = _said(account)
        if said:
            say(f"source {name}: {table}: {said}")
    shown = opened.unused[: files.SHOWN_UNUSED]
    if shown:
        more = len(opened.unused) - len(shown)
        listed = "; ".join(f"{one.path} ({one.reason})" for one in shown)
        say(f"source {name}: not read: {listed}" + (f"; and {more} more" if more else ""))


def _said(account: dict) -> str:
    """What was mended in a table, in words; '' when nothing was."""
    parts = []
    if account["rows_set_aside"] or account["cells_emptied"]:
        forms = {
            f"{one['column']} like «{one['form']}»" for one in account["reasons"] if one["form"]
        }
        parts.append(
            f"{account['rows_set_aside']:,} rows set aside and {account['cells_emptied']:,} cells "
            f"emptied because they could not be read ({', '.join([*sorted(forms), 'listed'])} in "
            "qc.rows_set_aside)"
        )
    commas = [one["column"] for one in account["reasons"] if one["action"] == "decimal comma read"]
    if commas:
        parts.append(f"a decimal comma is read in {', '.join(commas)}")
    of_texts = [one for one in account["reasons"] if one["action"] == ACTION]
    if of_texts:
        listed = ", ".join(f"{one['column']} in {one['rows']:,} rows" for one in of_texts)
        parts.append(f"ids that are texts got numbers made of them: {listed}")
    for key, words in (
        ("rows_renumbered", "rows numbered anew, because they have no id that is a number"),
        ("ends_capped", "ends of time set to the day the data were cut"),
        ("rows_left_out", "rows left out, of persons outside the cohort"),
    ):
        if account[key]:
            parts.append(f"{account[key]:,} {words}")
    return "; ".join(parts)


# --- what changed since the last landing ---------------------------------------------------------


def _paths(found: Table | None, opened: OpenSource) -> list[Path]:
    if found is None:
        return []
    return [opened.attached] if found.relation else [file.path for file in found.files]


def _fingerprint(path: Path, old: dict | None, cache: dict[Path, dict]) -> dict:
    """Path, size, time and hash of a file; the hash is kept while size and time hold."""
    if path in cache:
        return cache[path]
    status = path.stat()
    entry = {"path": str(path.resolve()), "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    for known in (old or {}).get("files", []):
        if {key: known[key] for key in entry} == entry:
            cache[path] = known
            return known
    with path.open("rb") as handle:
        cache[path] = entry | {"sha256": hashlib.file_digest(handle, "sha256").hexdigest()}
    return cache[path]


def _refuse_changed(manifest: dict) -> None:
    """A file that was written to while it was read may have landed in part."""
    for entry in manifest["sources"]:
        for table, account in entry["tables"].items():
            for known in account["files"]:
                path = Path(known["path"])
                if folder.EXPORTED in path.parts:  # a copy of our own
                    continue
                status = path.stat() if path.exists() else None
                read = (known["size"], known["mtime_ns"])
                if status is None or (status.st_size, status.st_mtime_ns) != read:
                    raise SourceError(
                        f"{path} (table {table}) was changed while it was read: wait until it is "
                        "written, and try again."
                    )


def _same(before: list[dict], now: list[dict]) -> bool:
    """True when the same files hold the same content, whenever they were written."""
    keys = ("path", "size", "sha256")
    return [[one[key] for key in keys] for one in before] == [
        [one[key] for key in keys] for one in now
    ]


def _entry(manifest: dict, source: Source) -> dict:
    for entry in manifest.get("sources", []):
        if entry["name"] == source.name:
            return entry
    return {}


def _specification_hash() -> str:
    digest = hashlib.sha256()
    for name in (*layout.SPECIFICATIONS, layout.OF_LANDING):
        digest.update(layout.specification_file(name).read_bytes())
    return digest.hexdigest()


def _check_names(sources: list[Source]) -> None:
    if not sources:
        raise SourceError("No source was named: give --source FOLDER.")
    names = [source.name for source in sources]
    for name in names:
        if names.count(name) > 1:
            raise SourceError(
                f"Two sources are called {name}: name them apart, "
                "--source a=FOLDER --source b=FOLDER."
            )

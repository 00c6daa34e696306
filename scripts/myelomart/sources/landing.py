"""Lands sources: every table of every source as Parquet of fixed columns and types.

A source is opened once (`opening`), and then each table goes straight through: made readable
(`readable_of`), matched with its layout and written (`columns`), mended where only the whole table
can tell (`mending`), and accounted for row by row. Where the user's own Parquet already has the
right columns and types it is taken as it is. What a source lacks is one empty file. The
manifest says what was read, and lets the next landing do only what changed.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb

from myelomart import warehouse, whole
from myelomart.errors import SourceError
from myelomart.lock import held
from myelomart.private_files import make_private, private
from myelomart.sources import columns, folder, layout, mending
from myelomart.sources.accounts import count_set_aside, say_what_happened, write_accounts
from myelomart.sources.addresses import file_and_options
from myelomart.sources.databases import ATTACHED
from myelomart.sources.fingerprints import (
    fingerprint,
    has_same_content,
    paths_of,
    refuse_changed,
    refuse_copies,
)
from myelomart.sources.folder import landed_path, set_aside_path
from myelomart.sources.opening import open_source
from myelomart.sources.readable import count_again, readable_of
from myelomart.sources.source import (
    OpenSource,
    RowAccount,
    Say,
    Source,
    Table,
    parse_source,
)
from myelomart.sources.text_ids import keep_text_ids

OPTIONS = ("format", "timezone", "vocabulary", "dates_shifted", "cohort", "allow_views")
WHYS = ("", "days", "opened", "refused")  # the files of rows that the landing sets aside

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
        refuse_changed(manifest)
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
    reach = [landing, *(path for one in opened.tables.values() for path in paths_of(one, opened))]
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
    write_accounts(entry, opened, landing)
    say_what_happened(entry, opened, changed, say)
    return entry


def _land_tables(
    connection, opened: OpenSource, landing: Path, work: Path, before: dict, entry: dict
) -> list[str]:
    """Land every table that changed; return those, in order. ``entry`` gets all of them."""
    name, cache = opened.source.name, {}
    known = before.get("tables", {})
    prints = {
        table: [
            fingerprint(path, known.get(table), cache)
            for path in paths_of(opened.tables.get(table), opened)
        ]
        for table in layout.tables()
    }
    changed = [
        table
        for table in layout.tables()
        if not (
            table in known
            and has_same_content(known[table]["files"], prints[table])
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
        refuse_copies(found, prints[table])
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
    readable = readable_of(found, work)
    try:
        account = _write_table(connection, readable, target, landing, source, is_alone)
    except duckdb.Error as error:
        raise columns.unreadable(readable, error) from error
    count_again(found, readable, account)
    account.rows_left_out = found.rows_left_out
    account.rows_in += found.rows_left_out
    if found.relation and found.where:
        account.rows_left_out = found.rows - account.rows_in
        account.rows_in = found.rows
    mending.number_unnamed(connection, table, target, account)
    for why, path in found.set_aside.items():
        folder.take(path, set_aside_path(landing, source.name, table, why))
        count_set_aside(connection, path, account)
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

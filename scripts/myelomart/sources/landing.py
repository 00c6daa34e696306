"""Lands sources: every table of every source as Parquet of fixed columns and types.

``<landing>/<table>/source_name=<name>/part.parquet`` holds a table; where the user's own Parquet
already has the right columns and types it is linked, not copied. What a source lacks is one empty
file. The manifest says what was read, and lets the next landing do only what changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from myelomart import warehouse
from myelomart.errors import SourceError
from myelomart.sources import columns, files, formats, kept, layout
from myelomart.sources.lock import held

DEFAULT_NAME = "cdm"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """Where data come from: a name of ours, a folder, file or address, and its format."""

    name: str
    location: str
    format: str = "auto"


@dataclass
class LandedTable:
    """What became of one table of one source."""

    form: str = "absent"
    files: list[dict] = field(default_factory=list)
    rows: int = 0
    columns_dropped: list[str] = field(default_factory=list)
    columns_missing: list[str] = field(default_factory=list)
    rows_set_aside: int = 0
    cells_emptied: int = 0


def parse_source(text: str) -> Source:
    """``NAME=LOCATION`` or ``LOCATION`` (then named 'cdm') as a Source."""
    match = re.match(r"^([A-Za-z][A-Za-z0-9_]*)=(.+)$", text)
    return Source(*match.groups()) if match else Source(DEFAULT_NAME, text)


def land(sources: list[Source], landing: Path, say: Say = print) -> dict:
    """Bring ``sources`` into ``landing`` and return the manifest.

    Tables whose files did not change since the last time stay as they are.
    Raises ``SourceError`` with file, table, column and row when something cannot be read.
    """
    _check_names(sources)
    landing.mkdir(parents=True, exist_ok=True)
    refusal = SourceError(f"Another build is reading sources into {landing}: wait until it ends.")
    with held(landing / ".lock", refusal):
        before = read_manifest(landing)
        manifest = {"specification": _specification_hash(), "sources": []}
        kept = before if before.get("specification") == manifest["specification"] else {}
        for source in sources:
            manifest["sources"].append(_land_source(source, landing, _entry(kept, source), say))
        _remove_others(landing, {source.name for source in sources})
        if manifest != before:
            _write_atomically(landing / "manifest.json", json.dumps(manifest, indent=1) + "\n")
    return manifest


def read_manifest(landing: Path) -> dict:
    """The manifest of ``landing``, or {} when there is none that can be read."""
    try:
        return json.loads((landing / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _land_source(source: Source, landing: Path, before: dict, say: Say) -> dict:
    export = landing / ".exported" / source.name
    kind, tables = formats.open_source(source.location, source.format, export, say)
    shown = formats.shown(source.location)
    entry = {"name": source.name, "location": shown, "format": kind, "tables": {}}
    faults = landing / "rows_set_aside" / f"source_name={source.name}"
    changed = []
    with warehouse.scratch(spill_to=landing / ".spill") as connection:
        for table in layout.landing_tables():  # so that they can be read when nothing is in them
            folder = landing / table / f"source_name={source.name}"
            folder.mkdir(parents=True, exist_ok=True)
            columns.write_empty(connection, table, folder / "none.parquet")
        for table in layout.tables():
            old = before.get("tables", {}).get(table)
            target = kept.landed_path(landing, source.name, table)
            paths = tables[table].paths if table in tables else ()
            prints = [_fingerprint(path, old) for path in paths]
            if old and _same(old["files"], prints) and target.exists():
                entry["tables"][table] = old | {"files": prints}
                continue
            changed.append(table)
            (landing / "manifest.json").unlink(missing_ok=True)  # true again when all is landed
            kept.put_back(landing, source.name, table)
            landed = _land_table(connection, table, tables.get(table), target, faults)
            entry["tables"][table] = asdict(landed) | {"files": prints}
    expected = layout.trinetx_tables() if kind.startswith("TriNetX") else layout.cdm_tables()
    absent = [table for table in expected if entry["tables"][table]["form"] == "absent"]
    read = len([table for table in changed if table in tables])
    state = f"{read} tables read" if read else "nothing changed, nothing read again"
    say(f"source {source.name}: {kind}, {state}")
    if absent:
        say(f"source {source.name}: absent, so taken as empty: {', '.join(absent)}")
    _say_what_was_mended(entry, say)
    return entry


def _land_table(
    connection, table: str, found: files.TableFiles | None, target: Path, fault_folder: Path
) -> LandedTable:
    target.parent.mkdir(parents=True, exist_ok=True)
    faults = fault_folder / f"{table}.parquet"
    faults.unlink(missing_ok=True)
    if found is None:
        columns.write_empty(connection, table, target)
        return LandedTable()
    plan = columns.plan(connection, table, found)
    landed = LandedTable(found.form, columns_dropped=plan.dropped, columns_missing=plan.missing)
    if plan.fits and len(found.paths) == 1:
        target.unlink(missing_ok=True)
        _link(found.paths[0], target)
        landed.form = "linked parquet"
    else:
        landed.rows_set_aside, landed.cells_emptied = columns.write(
            connection, plan, target, faults
        )
    landed.rows = warehouse.value(
        connection, f"select count(*) from read_parquet({warehouse.literal(target)})"
    )
    return landed


def _link(path: Path, target: Path) -> None:
    """A second name for what was exported into the landing; a pointer to what is the user's."""
    if ".exported" in path.parts:
        os.link(path, target)
    else:
        target.symlink_to(path.resolve())


def _say_what_was_mended(entry: dict, say: Say) -> None:
    for table, landed in entry["tables"].items():
        if landed["rows_set_aside"] or landed["cells_emptied"]:
            say(
                f"source {entry['name']}: {table}: {landed['rows_set_aside']} rows set aside and "
                f"{landed['cells_emptied']} cells emptied because they could not be read "
                "(listed in qc.rows_set_aside)"
            )


def _fingerprint(path: Path, old: dict | None) -> dict:
    """Path, size, time and hash of a file; the hash is kept while size and time hold."""
    status = path.stat()
    entry = {"path": str(path.resolve()), "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    for known in (old or {}).get("files", []):
        if {key: known[key] for key in entry} == entry:
            return known
    with path.open("rb") as handle:
        return entry | {"sha256": hashlib.file_digest(handle, "sha256").hexdigest()}


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


def _remove_others(landing: Path, names: set[str]) -> None:
    """Take away what an earlier landing left of sources that are no longer named."""
    for folder in [*landing.glob("*/source_name=*"), *landing.glob("*/*/source_name=*")]:
        if folder.name.removeprefix("source_name=") not in names:
            shutil.rmtree(folder)


def _write_atomically(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)

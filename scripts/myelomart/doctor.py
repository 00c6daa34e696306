"""What `myelomart doctor` looks at: versions, memory, disk, sources, and what would be built.

Nothing is built. The tables of a source are found by name; a SQLite file and a bulk export
of FHIR are read, into a folder that is removed.
"""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from myelomart import __version__, extras, room
from myelomart.errors import MyelomartError
from myelomart.project import own_rows, project_root, site_folder

PACKAGES = ("numpy", "pandas", "scipy", "duckdb", "dbt-core", "dbt-duckdb", "great-expectations")


def examine(sources: list, database: Path) -> dict[str, Any]:
    """What is here, as one object; ``faults`` are sentences on what would stop a build.

    ``sources`` are `Source`s that a build would read into ``database``.
    """
    faults: list[str] = []
    gone = extras.absent("warehouse")
    if gone:
        faults.append(str(extras.lacking("warehouse", gone[0])))
    there = database.expanduser().resolve()
    found = {
        "versions": _versions(),
        "extras": {name: not extras.absent(name) for name in extras.MODULES},
        "machine": _machine(there),
        "database": None if gone else _database(there, faults),
        "sources": [] if gone else [_source(one, faults) for one in sources],
        "would_build": _would_build(faults),
    }
    if sources and not gone:
        _weigh(found, sources, faults)
    return found | {"faults": faults}


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {"myelomart": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _machine(database: Path) -> dict[str, Any]:
    mount, free = room.free_on(database)
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "memory_bytes": room.available_memory(),
        "duckdb_memory": room.memory(),
        "duckdb_threads": int(room.threads() or os.cpu_count() or 1),
        "disk": str(mount),
        "disk_free_bytes": free,
        "chromium": next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None),
    }


def _database(path: Path, faults: list[str]) -> dict[str, Any]:
    """Whether a warehouse stands at ``path``, and whether a build could take its place."""
    from myelomart.building import check_place

    told: dict[str, Any] = {"path": str(path), "exists": path.exists(), "studies": None}
    try:
        check_place(path)
        if path.exists():
            told["bytes"] = path.stat().st_size
            told["studies"] = _studies_in(path)
    except MyelomartError as error:
        faults.append(str(error))
    return told


def _studies_in(path: Path) -> list[str]:
    from myelomart import warehouse
    from myelomart.study import study_ids

    with warehouse.database(path) as connection:
        return list(study_ids(connection))


def _source(source, faults: list[str]) -> dict[str, Any]:
    """What a source is and which tables it has."""
    from myelomart.sources import addresses, databases
    from myelomart.sources.landing import bytes_of
    from myelomart.sources.opening import open_source

    told: dict[str, Any] = {"name": source.name, "readable": False}
    try:
        if addresses.is_address(source.location):
            told |= {"location": addresses.without_secrets(source.location)}
            told["kind"], told["tables"] = databases.tables_on(source.location)
        else:
            told |= {"location": source.location, "bytes": bytes_of(source)}
            with tempfile.TemporaryDirectory() as work:
                opened = open_source(source, Path(work), lambda sentence: None)
            told |= {"location": opened.shown, "kind": opened.kind, "tables": sorted(opened.tables)}
            told |= {"unused": len(opened.unused), "vocabulary": opened.vocabulary_place}
        told["readable"] = True
    except MyelomartError as error:
        faults.append(str(error))
    return told


def _would_build(faults: list[str]) -> dict[str, Any]:
    """The project that a build would run, with a site's rows in it."""
    root, site = project_root(), site_folder()
    told = {
        "project": str(root),
        "models": sum(1 for _ in (root / "models").rglob("*.sql")),
        "site": str(site) if site else None,
        "site_studies": [],
    }
    if site:
        try:
            rows = own_rows(site)
            told["site_studies"] = [one.study for one in rows.study_files if one.study]
        except MyelomartError as error:
            faults.append(str(error))
    return told


def _weigh(found: dict[str, Any], sources: list, faults: list[str]) -> None:
    """Add what a build takes of the disk, and say where that is not there."""
    from myelomart.building import size_of_build

    size, free = size_of_build(sources), found["machine"]["disk_free_bytes"]
    found["would_build"]["bytes"] = size
    if size > free:
        faults.append(
            f"A build of these sources needs about {room.in_words(size)}, and "
            f"{found['machine']['disk']} has {room.in_words(free)} free: name another --db."
        )

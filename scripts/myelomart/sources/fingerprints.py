"""What a file holds, so that the next landing does only what changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from myelomart.errors import SourceError
from myelomart.sources import folder
from myelomart.sources.source import (
    OpenSource,
    Table,
)


def paths_of(found: Table | None, opened: OpenSource) -> list[Path]:
    """The files that a table is read from."""
    if found is None:
        return []
    if found.relation:
        return [opened.attached]
    return [*(file.path for file in found.files), *found.set_aside.values()]


def fingerprint(path: Path, old: dict | None, cache: dict[Path, dict]) -> dict:
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


def refuse_changed(manifest: dict) -> None:
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


def refuse_copies(found: Table | None, prints: list[dict]) -> None:
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


def has_same_content(before: list[dict], now: list[dict]) -> bool:
    """True when the same files hold the same content, whenever they were written."""
    keys = ("path", "size", "sha256")
    return [[one[key] for key in keys] for one in before] == [
        [one[key] for key in keys] for one in now
    ]

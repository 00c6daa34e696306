"""The files of a bulk export: found by what they hold, counted by their lines.

A bulk server writes one resource a line (NDJSON), a file or several for each type, under names of
its own. So a file is judged by its first resource, and each line by its ``resourceType``.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from myelomart.errors import SourceError
from myelomart.sources.source import UnusedFile

NDJSON = re.compile(r"\.(ndjson|jsonl|json)(\.gz)?$")
OTHERWISE_PACKED = re.compile(r"\.(ndjson|jsonl)\.(zip|zst|zstd|bz2|xz|7z)$")
HIDDEN = (".", "_")
MANIFEST = "transactionTime"  # the answer of a bulk server, which lists its files


@dataclass(frozen=True)
class ExportFile:
    """A file of resources: how many lines of it hold one, and the bytes of the longest."""

    path: Path
    lines: int
    longest: int = 0


def is_export(folder: Path) -> bool:
    """True when a file in ``folder`` begins with a resource."""
    return any(_first(path, quietly=True) for path in _named(folder))


def files_of(folder: Path) -> tuple[list[ExportFile], list[UnusedFile]]:
    """The files of resources in ``folder`` and below, and the others.

    Raises ``SourceError`` when a file named as one holds something else.
    """
    found, unused = [], []
    for path in sorted(_walk(folder)):
        shown = str(path.relative_to(folder))
        if OTHERWISE_PACKED.search(path.name.lower()):
            raise SourceError(
                f"{path} is packed in a way that is not read: unpack it, or use gzip."
            )
        is_hidden = path.name.startswith(HIDDEN)
        if not NDJSON.search(path.name.lower()):
            unused += [] if is_hidden else [UnusedFile(shown, "no file of resources")]
        elif is_hidden:
            unused.append(UnusedFile(shown, "hidden by its name"))
        elif _first(path) is None:
            unused.append(UnusedFile(shown, "no file of resources"))
        else:
            sizes = [len(line) for _, line in _lines(path)]
            found.append(ExportFile(path, len(sizes), max(sizes)))
    return found, unused


def bad_line(files: list[ExportFile]) -> SourceError | None:
    """The first line that is no JSON object, as an error; what stands there is not shown."""
    for file in files:
        for number, line in _lines(file.path):
            try:
                is_object = isinstance(json.loads(line), dict)
            except ValueError:
                is_object = False
            if not is_object:
                return SourceError(
                    f"{file.path}: line {number} is no resource in JSON, most often because the "
                    "file was cut off: export it again."
                )
    return None


def _named(folder: Path) -> Iterator[Path]:
    return (
        path
        for path in folder.iterdir()
        if NDJSON.search(path.name.lower()) and not path.name.startswith(HIDDEN)
    )


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_symlink() and not path.exists():
            raise SourceError(f"{path} is a link to a file that is not there: mend the link.")
        if path.is_file():
            yield path


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, each with its number."""
    with _opened(path) as handle:
        try:
            for number, line in enumerate(handle, start=1):
                if line.strip():
                    yield number, line
        except (OSError, EOFError) as error:
            raise SourceError(f"{path} is damaged gzip: copy or export it again.") from error


def _opened(path: Path):
    try:
        with path.open("rb") as handle:
            is_packed = handle.read(2) == b"\x1f\x8b"
    except PermissionError as error:
        raise SourceError(f"{path} may not be read: ask its owner for the right to.") from error
    if is_packed != path.name.lower().endswith(".gz"):
        raise SourceError(
            f"{path} is {'' if is_packed else 'not '}gzip, unlike its name: rename it."
        )
    return gzip.open(path) if is_packed else path.open("rb")


def _first(path: Path, quietly: bool = False) -> str | None:
    """The type of the first resource of a file; None where it holds none.

    Raises ``SourceError`` for an empty file, and for one that holds resources in another way.
    """
    try:
        _, line = next(_lines(path), (0, b""))
    except SourceError:
        if quietly:
            return None
        raise
    if not line and not quietly and not path.name.lower().removesuffix(".gz").endswith(".json"):
        raise SourceError(f"{path} is empty: export it again, or remove it.")
    if line.startswith(b"\xef\xbb\xbf"):
        if quietly:
            return None
        raise SourceError(f"{path} begins with a byte order mark: save it as UTF-8 without one.")
    try:
        resource = json.loads(line)
    except ValueError:
        if quietly or path.name.lower().removesuffix(".gz").endswith(".json"):
            return None
        raise bad_line([ExportFile(path, 0)]) from None
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if kind == "Bundle" and not quietly:
        raise SourceError(
            f"{path} holds Bundles, not resources: export in bulk, one resource a line; deletions "
            "since an earlier export are not applied, so export whole."
        )
    return kind if isinstance(kind, str) and MANIFEST not in resource else None

"""The landing as a folder: what stands where, and one folder for each content.

``<landing>/<table>/source_name=<name>/part.parquet`` is a landed table. Beside it stand the rows
that were set aside, and the tables as they came where rows were set aside for their quality.

A build makes its landing out of sight, names it by its content
(``<database>.landing.<hash>``) and never writes to it again: the views of a database read the rows
that it was built from for as long as it stands.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from myelomart import warehouse, whole
from myelomart.errors import MyelomartError

EXPORTED = ".exported"
LEFT_OUT = (whole.MARKER, ".spill", EXPORTED)
MADE_BY = "build"
CHECK = ".landing.check"
NAMED = re.compile(r"\.(?:spark_)?landing\.([0-9a-f]{16})(?=/|$)")
FICLONE = 0x40049409  # linux/fs.h


def landed_path(landing: Path, source: str, table: str) -> Path:
    """The landed table that dbt reads."""
    return landing / table / f"source_name={source}" / "part.parquet"


def kept_path(landing: Path, source: str, table: str) -> Path:
    """The table as it came, where rows of it were set aside for their quality."""
    return landing / ".before_quality" / table / f"source_name={source}" / "part.parquet"


def set_aside_path(landing: Path, source: str, table: str, why: str = "") -> Path:
    """The rows of the table that were set aside; ``why`` is days, quality or '' (reading)."""
    name = f"{table}_{why}" if why else table
    return landing / "rows_set_aside" / f"source_name={source}" / f"{name}.parquet"


def faults_path(landing: Path, source: str, table: str) -> Path:
    """The rows of the table that were set aside for their quality."""
    return set_aside_path(landing, source, table, "quality")


def is_kept(landing: Path, source: str, table: str) -> bool:
    """True when rows of the table were set aside for their quality."""
    path = kept_path(landing, source, table)
    return path.exists() or path.is_symlink()


def put_back(landing: Path, source: str, table: str) -> None:
    """Undo what was set aside for quality: the table as it came takes its place again."""
    if is_kept(landing, source, table):
        os.replace(kept_path(landing, source, table), landed_path(landing, source, table))
    faults_path(landing, source, table).unlink(missing_ok=True)


def take(path: Path, target: Path) -> None:
    """A second name for what was exported into the landing; a copy of what is the user's.

    The user's file may be written over; where the disk can, the copy shares its blocks.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(target.name + ".new")
    temporary.unlink(missing_ok=True)
    if EXPORTED in path.parts:
        _link_or_copy(str(path), str(temporary))
    else:
        with path.open("rb") as source, temporary.open("wb") as copy:
            try:
                fcntl.ioctl(copy, FICLONE, source.fileno())
            except OSError:
                shutil.copyfileobj(source, copy, 1 << 24)
    os.replace(temporary, target)


def remove_other_sources(landing: Path, names: set[str]) -> None:
    """Take away what an earlier landing left of sources that are no longer named."""
    for folder in [*landing.glob("*/source_name=*"), *landing.glob("*/*/source_name=*")]:
        if folder.name.removeprefix("source_name=") not in names:
            shutil.rmtree(folder)


@contextmanager
def temporary(folder: Path) -> Iterator[Path]:
    """A folder for copies that last as long as the work; what was linked has a second name."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_atomically(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, which is never seen half written."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


# --- one folder for each content ---------------------------------------------------------------


def landings(database: Path, target: str = "duckdb") -> list[Path]:
    """The whole landings of ``database``, the oldest first."""
    found = [
        path
        for path in database.parent.iterdir()
        if path.name.startswith(_prefix(database, target))
        and NAMED.search(path.name)
        and (path / whole.MARKER).is_file()
    ]
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))


def landing_of(database: Path) -> Path:
    """The landing that the views of ``database`` read."""
    read = read_by(database)
    for path in landings(database):
        if NAMED.search(path.name)[1] in read:
            return path
    raise MyelomartError(f"The views of {database} read no landing beside it: build it again.")


def check_landing(database: Path) -> Path:
    """What `myelomart check` reads for ``database``: the database reads its own."""
    return database.with_name(database.name + CHECK)


def begin(new: Path, before: Path | None) -> None:
    """Begin the landing ``new`` with what is landed already, linked and not copied."""
    if before is None:
        new.mkdir()
    else:
        ignored = shutil.ignore_patterns(*LEFT_OUT)
        shutil.copytree(before, new, symlinks=True, ignore=ignored, copy_function=_link_or_copy)
    whole.mark(new, MADE_BY)


def keep(new: Path, database: Path, target: str) -> Path:
    """Give the landing ``new`` the name of its content, beside ``database``; that is its path."""
    for name in (EXPORTED, ".spill"):
        shutil.rmtree(new / name, ignore_errors=True)
    content = content_of(new)
    kept = database.with_name(_prefix(database, target) + content)
    whole.refuse_foreign(kept, MADE_BY)
    if not kept.exists() or content_of(kept) != content:  # somebody may have removed files of it
        whole.finish(new, MADE_BY)
        os.rename(new, new.with_name(kept.name))
        whole.put(new.parent, kept)
    os.utime(kept)  # the latest
    return kept


def content_of(landing: Path) -> str:
    """The hash by which a landing is named: of the names and contents of its files."""
    listed = "".join(f"{digest} {name}\n" for name, digest in whole.hashes(landing).items())
    return hashlib.sha256(listed.encode()).hexdigest()[:16]


def read_by(database: Path) -> set[str]:
    """The contents of the landings that the views of ``database`` read."""
    with warehouse.database(database) as connection:
        queries = warehouse.rows(connection, "select sql from duckdb_views() where not internal")
    return {found for (query,) in queries for found in NAMED.findall(query)}


def remove_unread(database: Path, target: str, trash: Path, kept: Path | None = None) -> None:
    """Remove the landings of ``database`` that no database beside it reads.

    A database that cannot be opened may read any. ``kept`` stays. A landing goes to ``trash``
    first: under its own name it is whole or not there. One with files of somebody else stays.
    """
    found = [path for path in landings(database, target) if path != kept]
    if not found:
        return
    read: set[str] = set()
    for other in database.parent.iterdir():
        try:
            if other.is_file() and warehouse.is_duckdb(other):
                read |= read_by(other)
        except (MyelomartError, OSError):
            return
    unread = [path for path in found if NAMED.search(path.name)[1] not in read]
    for path in unread:
        with suppress(MyelomartError):
            whole.refuse_foreign(path, MADE_BY)
            os.rename(path, trash / path.name)
            whole.discard(trash / path.name)


def _prefix(database: Path, target: str) -> str:
    return f"{database.name}.{'' if target == 'duckdb' else 'spark_'}landing."


def _link_or_copy(source: str, target: str) -> None:
    """Parquet is only ever replaced, so a second name for it is safe; the rest is small."""
    try:
        if source.endswith(".parquet"):
            os.link(source, target)
            return
    except OSError:  # a disk that has no second names
        pass
    shutil.copy2(source, target)

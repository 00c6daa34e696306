"""The landing as a folder: what stands where, one writer at a time, and the way back.

``<landing>/<table>/source_name=<name>/part.parquet`` is a landed table. Beside it stand the rows
that were set aside, and the tables as they came where rows were set aside for their quality. A
landing is made beside the one in use and takes its place only when it is whole: a database's views
read its landing, so a build that fails must leave that as it was too.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from myelomart.errors import MyelomartError

EXPORTED = ".exported"
LEFT_OUT = (".lock", ".spill", EXPORTED)


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


def text_ids_path(landing: Path, source: str, table: str) -> Path:
    """Which text each id of the table's rows was made of, where they are texts."""
    return landing / "text_ids" / f"source_name={source}" / f"{table}.parquet"


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


def link(path: Path, target: Path) -> None:
    """A second name for what was exported into the landing; a pointer to what is the user's."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    if EXPORTED in path.parts:
        os.link(path, target)
    else:
        target.symlink_to(path.resolve())


def remove_other_sources(landing: Path, names: set[str]) -> None:
    """Take away what an earlier landing left of sources that are no longer named."""
    for folder in [*landing.glob("*/source_name=*"), *landing.glob("*/*/source_name=*")]:
        if folder.name.removeprefix("source_name=") not in names:
            shutil.rmtree(folder)


def write_atomically(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, which is never seen half written."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


@contextmanager
def held(path: Path, refusal: MyelomartError) -> Iterator[None]:
    """Hold the lock file at ``path``; raise ``refusal`` when another process holds it.

    The lock is given back however its process ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise refusal from error
        yield


class LandingSwap:
    """The landing in use, the one that is being made, and the way back."""

    def __init__(self, landing: Path):
        self.landing = landing
        self.new = landing.with_name(landing.name + ".new")
        self._before = landing.with_name(landing.name + ".before")

    def __enter__(self) -> LandingSwap:
        """Begin with what is landed already, linked and not copied."""
        self._go_back()  # what a build left that was killed
        shutil.rmtree(self.new, ignore_errors=True)
        if self.landing.exists():
            ignored = shutil.ignore_patterns(*LEFT_OUT)
            shutil.copytree(
                self.landing, self.new, symlinks=True, ignore=ignored, copy_function=_link_or_copy
            )
        return self

    def use(self) -> None:
        """Put the new landing in its place; it stays there unless the build fails."""
        if self.landing.exists():
            os.rename(self.landing, self._before)
        os.rename(self.new, self.landing)

    def __exit__(self, kind, error, traceback) -> None:
        """Keep the new landing after a success; go back after a failure."""
        if kind is None:
            shutil.rmtree(self._before, ignore_errors=True)
        else:
            self._go_back()
        shutil.rmtree(self.new, ignore_errors=True)

    def _go_back(self) -> None:
        if self._before.exists():
            shutil.rmtree(self.landing, ignore_errors=True)
            os.rename(self._before, self.landing)


def _link_or_copy(source: str, target: str) -> None:
    """Parquet is only ever replaced, so a second name for it is safe; the rest is small."""
    if source.endswith(".parquet"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)

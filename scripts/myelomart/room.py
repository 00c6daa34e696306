"""The room that the work takes: memory, threads and disk, and a sentence when it is not there."""

from __future__ import annotations

import errno
import os
import re
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from myelomart.errors import NoRoom
from myelomart.extras import of_duckdb

MEMORY, THREADS = "MYELOMART_MEMORY", "MYELOMART_THREADS"
SHARE = 2  # DuckDB takes at most one part in two of the memory: the rest is for Python and others
LEAST_MEMORY = 64 * 1024**2
CONTAINERS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory() -> str:
    """The memory that DuckDB may take: what ``--memory`` says, else half of what there is."""
    return os.environ.get(MEMORY) or f"{max(available_memory() // SHARE, LEAST_MEMORY) // 1024}KiB"


def threads() -> str | None:
    """The threads that DuckDB may use, as ``--threads`` says; None leaves it one per core."""
    return os.environ.get(THREADS) or None


def available_memory() -> int:
    """Bytes of memory of the machine, or of the container or the limit that we run in."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        limits.append(soft)
    for file in CONTAINERS:
        try:
            limits.append(int(Path(file).read_text("ascii")))
        except (OSError, ValueError):  # absent, or «max»
            continue
    return min(limits)


def is_size(text: str) -> bool:
    """True for an amount of memory: 4GB, 512MB, 1.5GiB."""
    return bool(re.fullmatch(r"\d+(\.\d+)?\s*[KMGT]i?B", text.strip(), re.IGNORECASE))


@contextmanager
def needed(what: str, size: int, place: Path) -> Iterator[None]:
    """Say of a full disk what ``what`` needs: ``size`` bytes, at ``place``.

    Raises ``NoRoom`` in place of what the system or DuckDB says.
    """
    try:
        yield
    except (NoRoom, OSError, MemoryError, *of_duckdb("Error")) as error:
        said = error if isinstance(error, NoRoom) else no_room(error, place)
        if said is None:
            raise
        if said.lacks_need:
            said = NoRoom(f"{said} {what} needs about {in_words(size)} there.")
        raise said from error


def no_room(error: BaseException | str, place: Path | None = None) -> NoRoom | None:
    """The sentence for an ``error`` that says the disk, a limit or the memory is at its end.

    ``error`` may be the text of another process. The disk is that of the file which it names, else
    that of ``place``. None for any other error.
    """
    text = str(error)
    number = error.errno if isinstance(error, OSError) else None
    path = _path_in(error) or place
    if number in (errno.ENOSPC, errno.EDQUOT) or re.search(
        r"No space left|Disk quota|out of disk|Could not write all bytes", text
    ):
        return NoRoom(_full_disk(path), lacks_need=True)
    if number == errno.EFBIG or "File too large" in text:
        limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
        allowed = "" if limit == resource.RLIM_INFINITY else f" of {in_words(limit)}"
        return NoRoom(
            f"{_named(path)} would be larger than the limit{allowed} on the size of a file "
            "(`ulimit -f`, or the file system's): raise it, or name another place."
        )
    if isinstance(error, (MemoryError, *of_duckdb("OutOfMemoryException"))) or re.search(
        r"Out of Memory Error|bad_alloc|Cannot allocate memory|Failed to allocate", text
    ):
        return NoRoom(
            f"The memory does not suffice: DuckDB may take {memory_in_words()} of the "
            f"{in_words(available_memory())} that are there. Close other programs, give more with "
            "--memory, or fewer --threads."
        )
    return None


def in_words(size: float) -> str:
    """An amount of bytes as people say it.

    >>> in_words(1_500_000)
    '1.5 MB'
    """
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"


def free_on(path: Path) -> tuple[Path, int]:
    """Where the disk of ``path`` is mounted, and the bytes that are free for us there."""
    there = next(one for one in (path, *path.parents) if one.exists())
    mount = next(one for one in (there, *there.parents) if os.path.ismount(one))
    return mount, shutil.disk_usage(there).free


def _full_disk(path: Path | None) -> str:
    if path is None:
        return "The disk is full."
    mount, free = free_on(path.absolute())
    return f"The disk {mount} is full ({in_words(free)} free): {path} cannot be written."


def memory_in_words() -> str:
    """What DuckDB may take, as people say it."""
    return memory() if os.environ.get(MEMORY) else in_words(available_memory() // SHARE)


def _named(path: Path | None) -> str:
    return "A file" if path is None else str(path)


def _path_in(error: BaseException | str) -> Path | None:
    """The file that an error names: Python's own word, or the first absolute path in quotes."""
    if isinstance(error, OSError) and error.filename:
        return Path(os.fsdecode(error.filename))
    found = re.search(r"\"(/[^\"\\]+)|'(/[^']+)'", str(error))
    return Path(found[1] or found[2]) if found else None

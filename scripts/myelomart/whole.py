"""Files and folders that are whole or not there.

What is written is written into a folder of our own beside its place (`staging`), synced, and put in
its place by one rename, or by one exchange of names where something stands there. A folder that we
made carries `.myelomart`, which lists what we put into it: nothing else is ever removed.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from myelomart.errors import MyelomartError
from myelomart.lock import SUFFIX, held

MARKER = ".myelomart"
STAGING = ".building"
FORMER = "former"  # within a staging folder: what stood there before, on its way out
OF_THE_SYSTEM = {".DS_Store", "Thumbs.db"}  # a file manager's
SHOWN = 3
AT_FDCWD, RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


# --- what is ours --------------------------------------------------------------------------------


def mark(folder: Path, made_by: str, files: list[str] | None = None) -> None:
    """Say in ``folder`` that the command ``made_by`` made it, of ``files`` where it is finished."""
    told = {"made_by": f"myelomart {made_by}", "files": files}
    told["note"] = "myelomart replaces or removes this folder: keep no file of your own here."
    (folder / MARKER).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def is_ours(folder: Path) -> bool:
    """True when ``folder`` carries our mark, or is empty."""
    return (folder / MARKER).is_file() or not any(folder.iterdir())


def is_made_by(folder: Path, made_by: str) -> bool:
    """True when ``folder`` says that the command ``made_by`` made it."""
    return _marker(folder).get("made_by") == f"myelomart {made_by}"


def refuse_foreign(folder: Path, made_by: str) -> None:
    """Raise ``MyelomartError`` where ``made_by`` may not replace or fill ``folder``."""
    if not os.path.lexists(folder):
        return
    advice = "name another folder, or move it away."
    if not folder.is_dir():
        raise MyelomartError(f"{folder} is not a folder: {advice}")
    if not is_ours(folder):
        raise MyelomartError(f"{folder} holds files that myelomart did not make: {advice}")
    told = _marker(folder)
    if told.get("made_by") not in (None, f"myelomart {made_by}"):
        raise MyelomartError(f"{folder} was made by `{told['made_by']}`: {advice}")
    if told.get("files") is not None:
        others = sorted({*files_in(folder)} - {*told["files"]})
        others = [name for name in others if Path(name).name not in OF_THE_SYSTEM]
        if others:
            more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
            raise MyelomartError(
                f"{folder} is replaced as a whole, and myelomart did not put "
                f"{', '.join(others[:SHOWN])}{more} there: move it away."
            )


def claim(folder: Path, made_by: str) -> None:
    """Make ``folder`` ours, to work in; raise ``MyelomartError`` where it holds what is not."""
    refuse_foreign(folder, made_by)
    if folder.exists() and _marker(folder).get("files") is not None:
        raise MyelomartError(
            f"{folder} is finished, and myelomart writes to it no more: name another folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / MARKER).exists():
        mark(folder, made_by)


def files_in(folder: Path) -> list[str]:
    """The files below ``folder`` by their path in it, without the mark."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    names = sorted(path.relative_to(folder).as_posix() for path in found)
    return [name for name in names if name != MARKER]


def discard(folder: Path) -> None:
    """Remove a folder of ours, its mark last: what is half removed is still known as ours."""
    if not os.path.lexists(folder):
        return
    if folder.is_symlink() or not folder.is_dir() or not is_ours(folder):
        raise MyelomartError(
            f"{folder} has a name that myelomart works under, and myelomart did not make it: "
            "move it away."
        )
    for entry in folder.iterdir():
        if entry.name != MARKER:
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    (folder / MARKER).unlink(missing_ok=True)
    folder.rmdir()


def _marker(folder: Path) -> dict:
    try:
        return json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


# --- putting it in its place ---------------------------------------------------------------------


@contextmanager
def staging(
    target: Path, what: str | None = None, kind: type[MyelomartError] = MyelomartError
) -> Iterator[Path]:
    """A folder of our own beside ``target`` to make it in; nobody else works on it meanwhile.

    What a killed process left there is removed, or put back where it stood.
    """
    place = target.with_name(target.name + STAGING)
    target.parent.mkdir(parents=True, exist_ok=True)
    with held(lock_of(target), what or f"Another command is writing {target}", kind):
        recover(target)
        place.mkdir()
        try:
            mark(place, "work in progress")
            yield place
        finally:
            recover(target)


@contextmanager
def folder(target: Path, made_by: str) -> Iterator[Path]:
    """A new folder that takes the place of ``target`` when the block ends without an error."""
    target = target.resolve()
    refuse_foreign(target, made_by)
    with staging(target) as place:
        made = place / target.name
        made.mkdir()
        yield made
        finish(made, made_by)
        put(place, target)


@contextmanager
def file(target: Path) -> Iterator[Path]:
    """A new file that takes the place of ``target`` when the block ends without an error."""
    target = target.resolve()
    if target.is_dir():
        raise MyelomartError(f"{target} is a folder: name a file.")
    with staging(target) as place:
        yield place / target.name
        sync(place / target.name)
        os.replace(place / target.name, target)
        sync(target.parent)


def write_text(target: Path, text: str) -> None:
    """Write ``text`` to ``target``, which is never seen half written."""
    with file(target) as made:
        made.write_text(text, encoding="utf-8")


def lock_of(target: Path) -> Path:
    """The lock of ``target``, beside it."""
    return target.with_name(target.name + SUFFIX)


def finish(made: Path, made_by: str) -> None:
    """List the files of a folder in its mark, and bring it to the disk."""
    mark(made, made_by, files_in(made))
    for path in made.rglob("*"):
        if not path.is_symlink():
            sync(path)
    sync(made)


def put(place: Path, target: Path, *beside: Path) -> None:
    """Put what was made in ``place`` where it belongs: ``target``, and what lies ``beside`` it.

    One folder changes places in one step. Of several the former leave first and ``target`` comes
    last: where there is a target, what lies beside it is its own.
    """
    if not beside and not target.exists():
        os.rename(place / target.name, target)
    elif beside or not exchange(place / target.name, target):
        (place / FORMER).mkdir()
        for path in (target, *beside):
            if path.exists():
                os.rename(path, place / FORMER / path.name)
        for path in (*beside, target):
            if (place / path.name).exists():
                os.rename(place / path.name, path)
    sync(target.parent)


def recover(target: Path) -> None:
    """Remove the staging folder of ``target``; put back what a kill between renames took away."""
    place = target.with_name(target.name + STAGING)
    is_cut = (place / MARKER).is_file() and (place / FORMER / target.name).exists()
    if is_cut and not target.exists():
        for former in sorted((place / FORMER).iterdir(), key=lambda path: path.name == target.name):
            path = target.with_name(former.name)
            if path.exists():  # of the new, which are not all there
                os.rename(path, place / former.name)
            os.rename(former, path)
        sync(target.parent)
    discard(place)


def exchange(one: Path, other: Path) -> bool:
    """Let two names change places in one step; False where the system or the disk cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):  # not Linux, or an old C library
        return False
    names = os.fsencode(one), os.fsencode(other)
    return rename(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE) == 0


def sync(path: Path) -> None:
    """Bring a file or the names of a folder to the disk, where a loss of power leaves them."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a disk that cannot sync names
            raise
    finally:
        os.close(descriptor)


# --- what it holds -------------------------------------------------------------------------------


def sha256(path: Path) -> str:
    """The hash of a file's content."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """The hash of every file below ``folder`` by its path in it."""
    return {name: sha256(folder / name) for name in files_in(folder)}

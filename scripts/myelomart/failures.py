"""What the system, DuckDB or Python says when something fails, as a sentence and an exit code."""

from __future__ import annotations

import errno
import os
import traceback
from pathlib import Path

from myelomart.errors import MyelomartError, Stopped, WarehouseError
from myelomart.extras import lacking_of, of_duckdb
from myelomart.project import PACKAGE
from myelomart.room import no_room

TRACEBACK = "MYELOMART_TRACEBACK"  # set, a fault of ours shows where it happened
FAULT = 70  # the exit code of a fault in a program, by sysexits.h
REMEDIES = {
    errno.ENOENT: "is not there: check its name",
    errno.EACCES: "may not be read or written by this user: change its rights, or name another",
    errno.EPERM: "may not be read or written by this user: change its rights, or name another",
    errno.EROFS: "lies on a disk that cannot be written to: name another place",
    errno.EISDIR: "is a folder, and a file is needed: name a file",
    errno.ENOTDIR: "lies below a file, and a folder is needed: name a folder",
    errno.EEXIST: "is there already, as something else than is needed: name another place",
    errno.ENAMETOOLONG: "has a name that is too long for the file system: name it shorter",
    errno.ELOOP: "is a link that leads back to itself: mend the link",
    errno.EMFILE: "cannot be opened, as too many files are open: raise `ulimit -n`",
}


def failure_of(error: BaseException) -> MyelomartError:
    """``error`` as one that the user can read; what nobody foresaw says where it happened.

    No text of an unforeseen error is passed on: it may hold a value of a patient.
    """
    if isinstance(error, MyelomartError):
        return error
    if _is_interrupt(error):
        return Stopped("stopped: what stood before is as it was.")
    if (said := no_room(error) or lacking_of(error)) is not None:
        return said
    if isinstance(error, OSError):
        return MyelomartError(_of_system(error))
    if isinstance(error, RuntimeError) and "home directory" in str(error):
        return MyelomartError("This user has no home directory: write the path without ~.")
    if isinstance(error, RecursionError):
        return MyelomartError("The input is nested too deeply to be read: make it flatter.")
    if isinstance(error, UnicodeError):
        return MyelomartError(
            "A name or a text is not UTF-8 and cannot be read or written: rename the file, or save "
            "it as UTF-8."
        )
    if isinstance(error, of_duckdb("CatalogException")):
        return WarehouseError(
            "The database lacks a table that this command reads: it is no whole warehouse of this "
            "version. Make it again with `myelomart build`."
        )
    if isinstance(error, of_duckdb("IOException", "FatalException")):
        return WarehouseError(
            "The database cannot be read to its end, or was taken away meanwhile: make it again "
            "with `myelomart build`."
        )
    if isinstance(error, of_duckdb("PermissionException")):
        return WarehouseError(
            "A view of the database reads a file outside it, which is not allowed: use a database "
            "that `myelomart build` made."
        )
    failure = MyelomartError(
        f"This is a fault of myelomart ({type(error).__name__} in {_place_of(error)}). Please "
        f"report it; {TRACEBACK}=1 makes the same command show more, also values of your data."
    )
    failure.exit_code = FAULT
    return failure


def _is_interrupt(error: BaseException) -> bool:
    """True for Ctrl-C, also while DuckDB is at work, which then says so in its own way."""
    told = isinstance(error, RuntimeError) and "interrupted" in str(error).lower()
    return told or isinstance(error, (KeyboardInterrupt, *of_duckdb("InterruptException")))


def _of_system(error: OSError) -> str:
    remedy = REMEDIES.get(error.errno)
    name = os.fsdecode(error.filename) if error.filename else "A file"
    if remedy is None:
        return f"{name} cannot be read or written ({error.strerror or type(error).__name__})."
    return f"{name} {remedy}."


def _place_of(error: BaseException) -> str:
    """File and line of ours, nearest to where the error was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(PACKAGE)]
    if not (ours or frames):
        return "an unknown place"
    frame = (ours or frames)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"

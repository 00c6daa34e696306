"""A lock that lies beside what it guards and says who holds it; a process that ends frees it."""

from __future__ import annotations

import datetime
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from myelomart.errors import MyelomartError

SUFFIX = ".lock"
BEGINS = b'{"pid": '  # then host and since: what a lock says of its holder


@contextmanager
def held(path: Path, what: str, kind: type[MyelomartError] = MyelomartError) -> Iterator[None]:
    """Hold the lock at ``path`` until the block ends; the file is gone then.

    Raises ``kind`` when another process holds it, with ``what`` is going on, who does it and since
    when; and when the file cannot be made or is not a lock. What a killed process left is taken
    over: the kernel frees the lock, not the file.
    """
    descriptor = _taken(path, what, kind)
    try:
        since = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: who waits for it looks at the name again
        os.close(descriptor)


def is_lock(path: Path) -> bool:
    """True when ``path`` is a lock that somebody holds or left."""
    return path.is_file() and not path.is_symlink() and path.read_bytes().startswith(BEGINS)


def _taken(path: Path, what: str, kind: type[MyelomartError]) -> int:
    """The open file of a lock that this process now holds."""
    while True:
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise kind(
                f"The lock {path} cannot be taken ({error.strerror}): see who may write to "
                f"{path.parent}, and remove the lock when it is a link or of another user."
            ) from error
        try:
            text = os.pread(descriptor, 1000, 0)
            if not _is_lock(text):
                raise kind(f"{path} is not a lock of myelomart, and has its name: move it away.")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_named(path, descriptor):
                return descriptor
            os.close(descriptor)  # it was given back, and its name removed, in between
        except BlockingIOError as error:
            os.close(descriptor)
            raise kind(f"{what}{_holder(text)}: wait until it ends.") from error
        except OSError as error:
            os.close(descriptor)
            raise kind(
                f"The disk of {path.parent} keeps no locks ({error.strerror}): work on another."
            ) from error
        except BaseException:
            os.close(descriptor)
            raise


def _is_named(path: Path, descriptor: int) -> bool:
    """True while ``path`` still names the open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _is_lock(text: bytes) -> bool:
    """True for what `held` writes, and for what a loss of power leaves of it."""
    text = text.rstrip(b"\0")
    return text.startswith(BEGINS) or BEGINS.startswith(text)


def _holder(text: bytes) -> str:
    try:
        told = json.loads(text)
        return f" (process {told['pid']} on {told['host']}, since {told['since']})"
    except (ValueError, KeyError):  # it is being written
        return ""

"""Files that hold patient data are for their owner alone, whatever the umask of who runs us."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER_ALONE = 0o077  # the umask: folders come out as 700, files as 600


@contextmanager
def private() -> Iterator[None]:
    """What is made meanwhile, by us and by the processes that we start, is its owner's alone."""
    before = os.umask(OWNER_ALONE)
    try:
        yield
    finally:
        os.umask(before)


def make_private(folder: Path) -> None:
    """Make ``folder``, a folder of ours; one that stood open is closed to all but its owner."""
    with private():
        folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)

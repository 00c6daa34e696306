"""One writer at a time: a lock that its process gives back however it ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from myelomart.errors import MyelomartError


@contextmanager
def held(path: Path, refusal: MyelomartError) -> Iterator[None]:
    """Hold the lock file at ``path``; raise ``refusal`` when another process holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise refusal from error
        yield

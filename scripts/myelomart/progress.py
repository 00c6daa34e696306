"""How far a long command is: a bar on a terminal, elsewhere a line a minute, nothing if --quiet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from myelomart import messages

EVERY = 60.0  # seconds between two lines where nobody watches a bar
Show = Callable[[int, int, str], None]  # done, of how many, which


@contextmanager
def progress(what: str) -> Iterator[Show]:
    """Give a function that is told how far ``what`` is: done, of how many, and the latest.

    Under --verbose every step is a line.
    """
    out = messages.notes()
    if messages.loudness() is messages.Loudness.VERBOSE:
        yield lambda done, total, name: out.print(f"{what}: {done:,} of {total:,} {name}".rstrip())
    elif out.is_terminal and not out.quiet:
        with _bar(what, out) as show:
            yield show
    else:
        with _line_a_minute(what, out) as show:
            yield show


@contextmanager
def _bar(what: str, out) -> Iterator[Show]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(what, markup=False), BarColumn(), MofNCompleteColumn())
    latest = TextColumn("{task.description}", markup=False)
    with Progress(*columns, TimeElapsedColumn(), latest, console=out, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, name: bar.update(
            task, completed=done, total=total, description=name
        )


@contextmanager
def _line_a_minute(what: str, out) -> Iterator[Show]:
    """A line each minute, also while nothing is told: who reads the log sees that it is at work."""
    begun, ended = time.monotonic(), threading.Event()
    told: list[str] = [""]

    def show(done: int, total: int, name: str) -> None:
        told[0] = (
            f" {done:,} of {total:,} ({100 * done / max(total, 1):.0f} %) {name}".rstrip() + ","
        )

    def tell() -> None:
        while not ended.wait(EVERY):
            out.print(f"{what}:{told[0]} {(time.monotonic() - begun) / 60:.0f} min")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield show
    finally:
        ended.set()
        teller.join()

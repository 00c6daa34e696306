"""Removes what killed commands left in a folder, and landings that no database reads."""

from __future__ import annotations

from pathlib import Path

from myelomart import lock, whole
from myelomart.errors import MyelomartError
from myelomart.sources import folder


def clean(place: Path) -> tuple[list[str], list[str]]:
    """Clean ``place``; what was removed, by name, and a sentence for each thing that was not.

    A command that runs keeps what it works on, and nothing goes that does not carry our mark.
    """
    before = {path.name for path in place.iterdir()}
    refusals = []
    for name in sorted(_targets(place)):
        target, checked = place / name, folder.check_landing(place / name)
        try:
            with whole.staging(target) as trash:  # removes what was left, or puts it back
                folder.remove_unread(target, "duckdb", trash)
            if checked.exists():
                with lock.held(whole.lock_of(checked), f"{checked} is being read"):
                    whole.discard(checked)
        except MyelomartError as error:
            refusals.append(str(error))
    return sorted(before - {path.name for path in place.iterdir()}), refusals


def _targets(place: Path) -> set[str]:
    """The names in ``place`` that a command wrote to, by what it works with beside them."""
    found = set()
    for path in place.iterdir():
        stem = path.name.removesuffix(path.suffix)
        landing = folder.NAMED.search(path.name)
        if path.suffix == whole.STAGING or (path.suffix == lock.SUFFIX and lock.is_lock(path)):
            found.add(stem)
        elif landing and "spark" not in landing[0]:
            found.add(path.name[: landing.start()])
        elif path.name.endswith(folder.CHECK):
            found.add(path.name.removesuffix(folder.CHECK))
    return found

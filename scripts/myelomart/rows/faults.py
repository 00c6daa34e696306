"""A fault in what somebody wrote: file, line, what is wrong, and what was perhaps meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from myelomart.errors import MyelomartError

FEW = 12


@dataclass(frozen=True, order=True)
class Place:
    """A line of a file."""

    file: Path
    line: int


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong in one place."""

    place: Place
    sentence: str

    def __str__(self) -> str:
        return f"{self.place.file}, line {self.place.line}: {self.sentence}"


class RowFaults(MyelomartError):
    """Every fault of the files that were read, each on a line of its own."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = sorted(set(faults))
        count = len(self.faults)
        said = "1 fault" if count == 1 else f"{count} faults"
        super().__init__("\n  ".join([f"{said} in what you wrote:", *map(str, self.faults)]))


def nearest(name: str, known: Iterable[str]) -> str:
    """«did you mean …?» for the known name that is most like ``name``; else the known, if few."""
    names = sorted(set(known))
    lowered = {one.lower(): one for one in names}
    found = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    if found:
        return f"did you mean «{lowered[found[0]]}»?"
    if not names:
        return "none is defined"
    if len(names) > FEW:
        near = difflib.get_close_matches(name.lower(), lowered, n=3, cutoff=0)
        listed = ", ".join(lowered[one] for one in near)
        return f"none of the {len(names)} known ones is like it, the nearest are {listed}"
    return f"known are {', '.join(names)}"

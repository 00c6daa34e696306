"""Compact events of one chunk, before they take the shape of OMOP tables."""

from dataclasses import dataclass, field

import numpy as np

DOMAINS = ("condition", "drug", "procedure", "measurement", "device", "observation", "mrd")


@dataclass
class Columns:
    """Growing columns of one domain: person position, day, item number, value, last day."""

    parts: list[tuple[np.ndarray, ...]] = field(default_factory=list)

    def joined(self) -> tuple[np.ndarray, ...]:
        """All parts as one array per column: person, day, item, value, end day."""
        if not self.parts:
            whole = np.zeros(0, np.int64)
            return whole, whole, whole, np.zeros(0), whole
        return tuple(np.concatenate(column) for column in zip(*self.parts, strict=True))


class EventLog:
    """Collects events and stays of a chunk; every array is indexed by person position."""

    def __init__(self) -> None:
        self.domains = {name: Columns() for name in DOMAINS}
        self.stays: list[tuple[np.ndarray, ...]] = []

    def add(self, domain: str, person, day, item, value=np.nan, end=None) -> None:
        """Append events; scalars are repeated. `end` is the last day, the same day by default."""
        person = np.asarray(person)
        size = len(person)
        if not size:
            return
        day = np.asarray(day).astype(np.int64)
        columns = (person, day, item, value, day if end is None else end)
        types = (np.int64, np.int64, np.int64, np.float64, np.int64)
        self.domains[domain].parts.append(
            tuple(
                np.broadcast_to(np.asarray(column), (size,)).astype(kind)
                for column, kind in zip(columns, types, strict=True)
            )
        )

    def stay(self, person, start, end, concept_id: int) -> None:
        """Append inpatient (9201) or emergency (9203) visits."""
        person = np.asarray(person)
        if len(person):
            start = np.asarray(start).astype(np.int64)
            end = np.broadcast_to(np.asarray(end), start.shape).astype(np.int64)
            self.stays.append((person, start, end, np.full(len(person), concept_id)))


def repeated(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions repeated `counts` times, and the running number within each position."""
    counts = np.maximum(counts, 0).astype(np.int64)
    rows = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return rows, np.arange(len(rows)) - np.repeat(starts, counts)

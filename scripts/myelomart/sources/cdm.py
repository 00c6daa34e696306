"""The tables and columns of OMOP CDM v5.4 that the warehouse reads (`cdm_v54_columns.csv`)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Column:
    """One column: its ``role`` is key, required or optional; ``former_name`` is v5.3's."""

    name: str
    type: str
    role: str
    former_name: str | None


@cache
def tables() -> dict[str, tuple[Column, ...]]:
    """Columns by table, in the order of the standard."""
    found: dict[str, list[Column]] = {}
    specification = resources.files("myelomart.sources").joinpath("cdm_v54_columns.csv")
    with specification.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            column = Column(
                row["column_name"], row["type"], row["role"], row["name_in_v53"] or None
            )
            found.setdefault(row["table_name"], []).append(column)
    return {table: tuple(columns) for table, columns in found.items()}


def key_of(table: str) -> str | None:
    """Name of the column that identifies a row of ``table``; None where the standard has none."""
    return next((column.name for column in tables()[table] if column.role == "key"), None)

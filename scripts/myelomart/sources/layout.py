"""The tables and columns that land: those of OMOP CDM v5.4 and those of a TriNetX export.

`cdm_v54_columns.csv` and `trinetx_columns.csv` list them; a table of TriNetX lands under a name
that begins with ``trinetx_``. `landing_columns.csv` lists what the landing adds.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

SPECIFICATIONS = ("cdm_v54_columns.csv", "trinetx_columns.csv")
OF_LANDING = "landing_columns.csv"
VOCABULARY = ("concept", "concept_relationship", "concept_ancestor")


@dataclass(frozen=True)
class Column:
    """One column. ``role`` is key, required, optional or row_number (numbered while it lands).

    A ``dated`` column must be there, and a row stays though its cell cannot be read: a death
    without a day is still a death.
    ``other_name`` is what an older layout calls it (CDM v5.3).
    """

    name: str
    type: str
    role: str
    other_name: str | None


@cache
def tables(specification: str | None = None) -> dict[str, tuple[Column, ...]]:
    """Columns by table, in the order of the specification (default: of both)."""
    if specification is None:
        return {name: columns for each in SPECIFICATIONS for name, columns in tables(each).items()}
    found: dict[str, list[Column]] = {}
    with specification_file(specification).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            other = row["other_name"] or None
            column = Column(row["column_name"], row["type"], row["role"], other)
            found.setdefault(row["table_name"], []).append(column)
    return {table: tuple(columns) for table, columns in found.items()}


def cdm_tables() -> dict[str, tuple[Column, ...]]:
    """The tables of OMOP CDM v5.4 that the warehouse reads."""
    return tables("cdm_v54_columns.csv")


def trinetx_tables() -> dict[str, tuple[Column, ...]]:
    """The tables of a TriNetX export that the warehouse reads."""
    return tables("trinetx_columns.csv")


def landing_tables() -> dict[str, tuple[Column, ...]]:
    """The tables that the landing itself makes: rows set aside, quality checks."""
    return tables(OF_LANDING)


def specification_file(name: str):
    """The file of a specification inside the package."""
    return resources.files("myelomart.sources").joinpath(name)


def key_of(table: str) -> str | None:
    """Name of the column that identifies a row of ``table``; None where there is none."""
    return next((column.name for column in tables()[table] if column.role == "key"), None)

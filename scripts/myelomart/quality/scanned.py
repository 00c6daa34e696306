"""A landed source, as checks look at it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from myelomart.quality.lookups import (
    Columns,
    columns_of,
    path_of,
)
from myelomart.sources import layout


@dataclass(frozen=True)
class Scanned:
    """A landed source: what the relations are made of."""

    connection: object
    landing: Path
    entry: dict

    @property
    def name(self) -> str:
        """The source's name."""
        return self.entry["name"]

    @property
    def is_trinetx(self) -> bool:
        """Is it a TriNetX export?"""
        return self.entry["format"].startswith("TriNetX")

    @property
    def shifted_by(self) -> str | None:
        """By whom its dates are moved, as it declares: person, site, or None for not at all."""
        return self.entry.get("options", {}).get("dates_shifted")

    @property
    def columns(self) -> Columns:
        """The names of its layout."""
        return columns_of(self.is_trinetx)

    @property
    def tables(self) -> list[str]:
        """The tables of its layout."""
        return list(layout.trinetx_tables() if self.is_trinetx else layout.cdm_tables())

    @property
    def filled(self) -> list[str]:
        """Those of them that have a row."""
        return [table for table in self.tables if self.entry["tables"][table]["rows"]]

    def path(self, table: str) -> str:
        """SQL that reads a table as it came."""
        return path_of(self.landing, self.name, table)

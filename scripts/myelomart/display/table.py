"""A printed table, and the same as CSV for a journal."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from myelomart.spreadsheet import as_text


@dataclass(frozen=True)
class Table:
    """A printed table: rows are lists of cells; a row of one cell is a heading."""

    caption: str
    columns: list[str]
    rows: list[list[str]]
    note: str = ""

    def as_csv(self) -> str:
        """The table as CSV; a heading goes into a column of its own."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["group", *(as_text(name or "row") for name in self.columns)])
        group = ""
        for row in self.rows:
            if len(row) == 1:
                group = row[0]
            else:
                writer.writerow([as_text(cell) for cell in (group, *row)])
        return out.getvalue()

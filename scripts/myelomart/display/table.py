"""A printed table, and the same as CSV for a journal."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from myelomart.spreadsheet import as_text

INDENT = "\u2003"  # before the label of a row that is a part of the one above
MARKS = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"  # of footnotes


class RowLabel(str):
    """The label of a row that knows its covariate."""

    covariate_id: str | None

    def __new__(cls, words: str, covariate_id: str | None) -> RowLabel:
        """The words, and the covariate that the row is of."""
        label = super().__new__(cls, words)
        label.covariate_id = covariate_id
        return label


@dataclass(frozen=True)
class Table:
    """A printed table: rows are lists of cells; a row of one cell is a heading.

    A label that begins with `INDENT` is a part of the last one that does not. The note has a
    footnote per line after the first.
    """

    caption: str
    columns: list[str]
    rows: list[list[str]]
    note: str = ""

    def as_csv(self) -> str:
        """The table as CSV; a heading goes into a column, a part is named with its whole."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["group", *(as_text(name or "row") for name in self.columns)])
        group = whole = ""
        for row in self.rows:
            label = row[0].rstrip(MARKS)
            if len(row) == 1:
                group = label
                continue
            if label.startswith(INDENT):
                label = f"{whole}: {label.removeprefix(INDENT)}"
            else:
                whole = label
            writer.writerow([as_text(cell) for cell in (group, label, *row[1:])])
        return out.getvalue()

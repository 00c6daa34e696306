"""A printed table, and the same as CSV for a journal."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cached_property

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

    @cached_property
    def of_words(self) -> frozenset[int]:
        """The columns after the first that hold words, not numbers: they begin at the left.

        >>> rows = [["a", "not reached", "none"], ["b", "3 (1–5)", "both"], ["c", "4", ""]]
        >>> sorted(Table("", ["", "median", "who"], rows).of_words)
        [2]
        """
        found = set()
        for k in range(1, len(self.columns)):
            cells = [row[k] for row in self.rows if len(row) > k and row[k] not in ("", "–")]
            words = [cell for cell in cells if cell[0].isalpha()]
            if 2 * len(words) > len(cells) and len(set(words)) > 1:
                found.add(k)
        return frozenset(found)

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

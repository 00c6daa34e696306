"""Text in CSV that a spreadsheet takes as text: a formula in a label is not run.

A text that begins like a formula (= + - @, a tab, an end of line, and their wide forms) gets an
apostrophe in front; `as_it_was` takes it away again. Numbers stay numbers, also a number with its
limits and a lone sign; a text that has the apostrophe already gets another, so nothing is lost.
"""

from __future__ import annotations

import re

import pandas as pd

MARK = "'"
BEGINS = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
# -1.5, -1.5 %, -0.4 (-1.2 to 0.3) and a marked -0.2 *; «-2+3» and «-1 (A1)» are none
LIMITS = r" \([+\-\d.,–/;% ]*( to [+\-\d.,% ]*)?\)"
NUMBER = re.compile(rf"[+-]?[\d.,]+(e[+-]?\d+)?( ?%)?({LIMITS})?( \*)?", re.IGNORECASE)


def as_text(cell: object) -> object:
    """A cell as a spreadsheet may read it; what is no text stays as it is.

    >>> as_text("=1+1"), as_text("-0.52 (-1.30 to 0.20)"), as_text("-"), as_text("'=1")
    ("'=1+1", '-0.52 (-1.30 to 0.20)', '-', "''=1")
    """
    return MARK + cell if isinstance(cell, str) and _is_formula(cell) else cell


def as_it_was(cell: object) -> object:
    """A cell that `as_text` made, as it was before.

    >>> as_it_was("'=1+1"), as_it_was("'tis")
    ('=1+1', "'tis")
    """
    is_marked = isinstance(cell, str) and cell.startswith(MARK) and _is_formula(cell)
    return cell[1:] if is_marked else cell


def safe(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with every text, also in the names of its columns, as a spreadsheet may read it."""
    columns = {
        position: column.map(as_text, na_action="ignore") if _may_hold_text(column) else column
        for position, (_, column) in enumerate(frame.items())
    }
    kept = pd.DataFrame(columns, index=frame.index)
    kept.columns = [as_text(name) for name in frame.columns]
    return kept


def read_back(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame that `safe` was made of: the apostrophes before formulas are gone."""
    kept = frame.rename(columns=as_it_was)
    for position, (_, column) in enumerate(frame.items()):
        if _may_hold_text(column) and column.astype(str).str.startswith(MARK).any():
            kept.isetitem(position, column.map(as_it_was, na_action="ignore"))
    return kept


def _may_hold_text(column: pd.Series) -> bool:
    kind = column.dtype
    return not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind))


def _is_formula(cell: str) -> bool:
    bare = cell.lstrip(MARK)
    return bool(BEGINS.match(cell) and re.search(r"\w", bare) and not NUMBER.fullmatch(bare))

"""A researcher's CSV or Parquet file as a frame, with every row that cannot be used counted.

Row numbers in messages are those of the file's data rows, from 1. An empty cell, NA, NaN or null is
missing; nothing else is.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from myelomart.design import is_category
from myelomart.errors import StatisticsError

MISSING = ["", "NA", "NaN", "nan", "null", "NULL"]
TEXT_SHARE = 0.5  # a column with more numbers than this is a number column with text in it


@dataclass(frozen=True)
class CompleteRows:
    """The rows without a missing value, and how many were dropped for each column."""

    frame: pd.DataFrame  # its index keeps the file's row positions, from 0
    n_dropped: int
    dropped: dict[str, int]


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV (also .gz) or Parquet file; a sentence when it is absent, empty or unreadable."""
    if not path.is_file():
        raise StatisticsError(f"file {path}: it does not exist")
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, keep_default_na=False, na_values=MISSING, low_memory=False)
    except (ValueError, OSError, UnicodeDecodeError) as cause:
        raise StatisticsError(f"file {path}: it cannot be read as a table ({cause})") from None
    frame.columns = [str(name) for name in frame.columns]
    if frame.empty:
        raise StatisticsError(f"file {path}: it has no data rows")
    return frame.reset_index(drop=True)


def complete_rows(frame: pd.DataFrame, names: list[str]) -> CompleteRows:
    """Keep the rows where every named column has a value."""
    names = list(dict.fromkeys(names))
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise StatisticsError(
            f"column {absent[0]}: the file has no such column; it has {', '.join(frame.columns)}"
        )
    missing = frame[names].isna()
    kept = frame.loc[~missing.any(axis=1), names]
    if kept.empty:
        worst = missing.sum().idxmax()
        raise StatisticsError(
            f"column {worst}: {int(missing[worst].sum())} of {len(frame)} rows are missing, and no "
            "row has a value in every column used"
        )
    counts = {name: int(missing[name].sum()) for name in names if missing[name].any()}
    return CompleteRows(kept.infer_objects(), len(frame) - len(kept), counts)


def numbers(frame: pd.DataFrame, name: str, *, refuse_negative: bool = False) -> pd.Series:
    """Column ``name`` as floats; text, infinity and (when asked) negative values are refused."""
    column = frame[name]
    values = pd.to_numeric(column, errors="coerce").astype(float)
    checks = [(values.isna(), "hold text, not a number"), (np.isinf(values), "are infinite")]
    if refuse_negative:
        checks.append((values < 0, "are negative"))
    for bad, what in checks:
        if bad.any():
            raise StatisticsError(
                f"column {name}: {int(bad.sum())} of {len(column)} rows {what} "
                f"(first in row {bad.idxmax() + 1}): mend or drop them"
            )
    return values


def flags(frame: pd.DataFrame, name: str, event_value: str | None = None) -> pd.Series:
    """Column ``name`` as 0/1: 1/0, true/false, or equal to ``event_value``."""
    column = frame[name]
    if event_value is not None:
        return matches(frame, name, event_value).astype(int)
    if is_category(column):
        words = column.astype(str).str.lower().map({"true": 1, "false": 0, "1": 1, "0": 0})
    else:
        words = column.astype(float)
    bad = ~words.isin([0, 1])
    if bad.any():
        row = bad.idxmax()
        raise StatisticsError(
            f"column {name}: {int(bad.sum())} of {len(column)} rows are neither 1/0 nor true/false "
            f"(first in row {row + 1}: {column[row]}): name the value that counts as the event"
        )
    return words.astype(int)


def matches(frame: pd.DataFrame, name: str, value: str) -> pd.Series:
    """Where column ``name`` equals ``value`` (n,) bool; refuses a value that never occurs."""
    column = frame[name]
    equal = column.map(label).astype(str) == label(_number_or_text(value))
    if not equal.any():
        known = sorted({label(item) for item in column.unique()}, key=str)[:10]
        raise StatisticsError(
            f"column {name}: none of {len(column)} rows holds {value}; it holds {', '.join(known)}"
        )
    return equal


def covariates(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The named columns, refusing one that is mostly numbers but holds text in some rows."""
    for name in names:
        column = frame[name]
        if not is_category(column):
            continue
        parsed = pd.to_numeric(column, errors="coerce")
        if parsed.notna().mean() > TEXT_SHARE:
            numbers(frame, name)
    return frame[names].reset_index(drop=True)


def label(value) -> str:
    """A group's label: whole numbers without decimals, anything else as it stands."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _number_or_text(value: str):
    """``value`` as a number where it is one."""
    try:
        return float(value)
    except ValueError:
        return value.lower() if value.lower() in ("true", "false") else value

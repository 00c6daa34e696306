"""A researcher's CSV or Parquet file as a frame, with every row that cannot be used counted.

Row numbers in messages are those of the file's data rows, from 1. An empty cell, NA, NaN or null is
missing; nothing else is. A column whose values are all numbers is one, however the file stores
them; whole numbers too long for a float keep all their digits.
"""

import bz2
import csv
import gzip
import lzma
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from myelomart.design import is_category
from myelomart.errors import StatisticsError
from myelomart.spreadsheet import read_back

MISSING = ["", "NA", "NaN", "nan", "null", "NULL"]
TEXT_SHARE = 0.5  # a column with more numbers than this is a number column with text in it
MOST_EXACT = 2**53  # whole numbers from here on are not all floats
LONGEST_WHOLE = 18  # digits that fit 64 bits
SHOWN_VALUES = 10
UNREADABLE = (ValueError, OSError, EOFError, zlib.error, lzma.LZMAError, csv.Error)


@dataclass(frozen=True)
class CompleteRows:
    """The rows without a missing value, and how many were dropped for each column."""

    frame: pd.DataFrame  # its index keeps the file's row positions, from 0
    n_dropped: int
    dropped: dict[str, int]


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV (also .gz) or Parquet file; a sentence when it cannot be read rightly.

    Refused are a file that is absent, empty or damaged, a column name that is given twice, and a
    row with more or fewer fields than the header (a delimiter at the end of a line is none).

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "trial.csv"
    ...     pd.DataFrame({"months": [2, 5], "died": [1, 0]}).to_csv(file, index=False)
    ...     table = read_table(file)
    >>> table["months"].tolist()
    [2, 5]
    """
    if not path.is_file():
        raise StatisticsError(f"file {path}: it does not exist")
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            frame = pd.read_parquet(path, dtype_backend="numpy_nullable")
            _refuse_repeated(path, [str(name) for name in frame.columns])
        else:
            frame = _read_csv(path)
    except StatisticsError:
        raise
    except UNREADABLE as cause:
        said = " ".join(str(cause).split()) or type(cause).__name__
        raise StatisticsError(f"file {path}: it cannot be read as a table ({said})") from None
    frame.columns = [str(name) for name in frame.columns]
    if frame.empty:
        raise StatisticsError(f"file {path}: it has no data rows")
    frame = frame.reset_index(drop=True)
    return pd.DataFrame({name: _plain_column(frame[name]) for name in frame.columns})


def _read_csv(path: Path) -> pd.DataFrame:
    """The CSV as pandas reads it, once its rows have been found to fit their header."""
    header = _checked_header(path)
    options = {"index_col": False, "keep_default_na": False, "na_values": MISSING}
    frame = pd.read_csv(path, low_memory=False, encoding="utf-8-sig", **options)
    if header[-1] == "" and frame.iloc[:, -1].isna().all():  # a delimiter at the end of the header
        frame = frame.iloc[:, :-1]
    inexact = [
        position
        for position, (_, column) in enumerate(frame.items())
        if pd.api.types.is_float_dtype(column) and (column.abs() >= MOST_EXACT).any()
    ]
    if inexact:
        text = pd.read_csv(path, usecols=inexact, dtype=str, encoding="utf-8-sig", **options)
        for position in inexact:
            name = frame.columns[position]
            frame[name] = text[name]
    return read_back(frame)


def _checked_header(path: Path) -> list[str]:
    """The names in the first line; refuses repeated ones and rows that do not fit them."""
    rows = _csv_rows(path)
    header = next(rows, None)
    if header is None:
        raise StatisticsError(f"file {path}: it has no data rows")
    header = [name.removeprefix("\ufeff") for name in header]
    _refuse_repeated(path, [name for name in header if name])
    wide = len(header)
    for number, row in enumerate(rows, start=1):
        if len(row) == wide or (len(row) == wide + 1 and row[-1] == ""):
            continue
        raise StatisticsError(
            f"file {path}: row {number} has {len(row)} field{'s' * (len(row) > 1)} where the "
            f"header has {wide}: mend the row, or quote a text that holds a comma"
        )
    return header


def _csv_rows(path: Path) -> Iterator[list[str]]:
    """The lines of a CSV as lists of fields; empty lines are passed over."""
    open_text = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}.get(
        path.suffix.lower(), open
    )
    with open_text(path, mode="rt", encoding="utf-8", newline="") as lines:
        for row in csv.reader(lines):
            if row:
                yield row


def _refuse_repeated(path: Path, names: list[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise StatisticsError(
            f"file {path}: the header names {', '.join(twice[:SHOWN_VALUES])} more than once: give "
            "each column a name of its own"
        )


def _plain_column(column: pd.Series) -> pd.Series:
    """Numbers as numbers and truth values as such, however they were stored; else as it is."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind == "boolean":
        return column.astype(object if column.isna().any() else bool)
    if kind == "decimal":
        return column.astype(float)
    if pd.api.types.is_integer_dtype(column):
        return _whole_numbers(column)
    if pd.api.types.is_numeric_dtype(column):
        return pd.Series(column.to_numpy(float, na_value=np.nan), column.index, name=column.name)
    if kind == "string":
        return _from_text(column)
    return column


def _from_text(column: pd.Series) -> pd.Series:
    """A column of text as numbers or truth values where all of it is; blanks around are no text."""
    text = column.astype(object).str.strip()
    text = text.where(~text.isin(MISSING) & text.notna(), None)
    known = text.dropna()
    if known.empty:
        return text.astype(float)
    if known.str.lower().isin(["true", "false"]).all():
        words = text.map(lambda word: word if word is None else word.lower() == "true")
        return words.astype(object if words.isna().any() else bool)
    numbers_ = pd.to_numeric(known, errors="coerce")
    if numbers_.isna().any():
        return text
    if not known.str.fullmatch(r"[+-]?\d+").all():
        return pd.to_numeric(text).astype(float)
    if known.str.lstrip("+-").str.len().max() > LONGEST_WHOLE:
        return text  # labels: no number type holds them
    whole = pd.Series(pd.NA, index=text.index, dtype="Int64", name=column.name)
    whole[known.index] = known.astype("int64")
    return _whole_numbers(whole)


def _whole_numbers(column: pd.Series) -> pd.Series:
    """As int64; with missing values as float, unless that would lose digits."""
    if not column.isna().any():
        return column.astype("uint64" if column.max() > np.iinfo("int64").max else "int64")
    if (
        max(abs(int(column.max())), abs(int(column.min()))) < MOST_EXACT
        if column.notna().any()
        else True
    ):
        return pd.Series(column.to_numpy(float, na_value=np.nan), column.index, name=column.name)
    return column


def complete_rows(frame: pd.DataFrame, names: list[str]) -> CompleteRows:
    """Keep the rows where every named column has a value.

    >>> complete = complete_rows(pd.DataFrame({"age": [60, None, 71]}), ["age"])
    >>> complete.n_dropped, complete.dropped
    (1, {'age': 1})
    """
    names = list(dict.fromkeys(names))
    absent = [name for name in names if name not in frame.columns]
    if absent:
        raise StatisticsError(
            f"column {absent[0]}: the file has no such column; it has {', '.join(frame.columns)}"
        )
    for name in names:
        _refuse_other_kinds(frame[name])
    missing = frame[names].isna()
    kept = frame.loc[~missing.any(axis=1), names]
    if kept.empty:
        worst = missing.sum().idxmax()
        raise StatisticsError(
            f"column {worst}: {int(missing[worst].sum())} of {len(frame)} rows are missing, and no "
            "row has a value in every column used"
        )
    counts = {name: int(missing[name].sum()) for name in names if missing[name].any()}
    kept = kept.infer_objects()
    long = [name for name in names if kept[name].dtype == "Int64"]
    return CompleteRows(kept.astype(dict.fromkeys(long, "int64")), len(frame) - len(kept), counts)


def _refuse_other_kinds(column: pd.Series) -> None:
    """Refuse lists, bytes and the like: they are neither numbers, nor labels, nor dates."""
    if column.dtype != object:
        return
    odd = column.map(lambda value: isinstance(value, (list, dict, set, bytes, np.ndarray)))
    if odd.any():
        raise StatisticsError(
            f"column {column.name}: {int(odd.sum())} of {len(column)} rows hold lists or bytes "
            f"(first in row {odd.idxmax() + 1}): give one number or text in each row"
        )


def numbers(frame: pd.DataFrame, name: str, *, refuse_negative: bool = False) -> pd.Series:
    """Column ``name`` as floats; text, dates, infinity and, when asked, negatives are refused.

    >>> numbers(pd.DataFrame({"age": ["60", "71"]}), "age").tolist()
    [60.0, 71.0]
    """
    column = frame[name]
    _refuse_dates(column)
    values = pd.to_numeric(column, errors="coerce").astype(float)
    checks = [(values.isna(), "hold text, not a number"), (np.isinf(values), "are infinite")]
    if not pd.api.types.is_float_dtype(column):
        checks.append((values.abs() >= MOST_EXACT, "are too large to be told apart (2^53 or more)"))
    if refuse_negative:
        checks.append((values < 0, "are negative"))
    for bad, what in checks:
        if bad.any():
            raise StatisticsError(
                f"column {name}: {int(bad.sum())} of {len(column)} rows {what} "
                f"(first in row {bad.idxmax() + 1}): mend or drop them"
            )
    return values


def _refuse_dates(column: pd.Series) -> None:
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in ("datetime64", "datetime", "date", "timedelta64", "timedelta", "time", "period"):
        raise StatisticsError(
            f"column {column.name}: all {len(column)} rows hold dates or times, not a number: give "
            "the days from a start"
        )


def flags(frame: pd.DataFrame, name: str, event_value: str | None = None) -> pd.Series:
    """Column ``name`` as 0/1: 1/0, true/false, or equal to ``event_value``.

    >>> flags(pd.DataFrame({"died": [True, False]}), "died").tolist()
    [1, 0]
    """
    column = frame[name]
    if event_value is not None:
        return matches(frame, name, event_value).astype(int)
    _refuse_dates(column)
    values = column.map({item: _truth(item) for item in column.unique()})
    bad = values.isna()
    if bad.any():
        row = bad.idxmax()
        raise StatisticsError(
            f"column {name}: {int(bad.sum())} of {len(column)} rows are neither 1/0 nor true/false "
            f"(first in row {row + 1}: {column[row]}): name the value that counts as the event"
        )
    return values.astype(int)


def _truth(item) -> float:
    """1 or 0 of a value that means it: 1, 1.0, 01, true; NaN of any other."""
    number = _number(item)
    return number if number in (0.0, 1.0) else float("nan")


def matches(frame: pd.DataFrame, name: str, value: str) -> pd.Series:
    """Where column ``name`` equals ``value`` (n,) bool; refuses a value that never occurs.

    >>> matches(pd.DataFrame({"state": ["progressed", "alive"]}), "state", "alive").tolist()
    [False, True]
    """
    equal = equal_to(frame[name], value)
    if not equal.any():
        raise StatisticsError(
            f"column {name}: none of {len(equal)} rows holds {value}; it holds "
            f"{_some_values(frame[name])}"
        )
    return equal


def equal_to(column: pd.Series, value: str) -> pd.Series:
    """Where ``column`` holds ``value`` (n,) bool: as written, else as a number or truth value.

    So 1 finds 1.0, 01 and true; where the column holds both "1" and "01" as text, 1 finds its own.

    >>> equal_to(pd.Series(["01", "1.0", "0"]), "1").tolist()
    [True, True, False]
    """
    items = column.unique()
    same = {item: label(item) == value for item in items}
    if not any(same.values()):
        wanted = _number(value)
        same = {item: wanted is not None and _number(item) == wanted for item in items}
    return column.map(same).astype(bool)


def _some_values(column: pd.Series) -> str:
    return ", ".join(sorted({label(item) for item in column.unique()}, key=str)[:SHOWN_VALUES])


def covariates(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The named columns, refusing one that is mostly numbers but holds text in some rows.

    >>> covariates(pd.DataFrame({"age": [60, 71], "stage": ["I", "II"]}), ["age"]).columns.tolist()
    ['age']
    """
    chosen = frame[names].reset_index(drop=True)
    for name in names:
        column = frame[name]
        _refuse_dates(column)
        if not is_category(column):
            continue
        parsed = pd.to_numeric(column, errors="coerce")
        if parsed.notna().mean() > TEXT_SHARE:
            chosen[name] = numbers(frame, name).to_numpy()
    return chosen


def alike_but_for_case(frame: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """A sentence for each column of text whose labels differ in upper and lower case alone.

    >>> alike_but_for_case(pd.DataFrame({"arm": ["A", "a", "B"]}), ["arm"])
    ['arm: A and a differ in case alone and are told apart']
    """
    said = []
    for name in dict.fromkeys(names):
        if not is_category(frame[name]):
            continue
        labels = pd.Series(sorted({label(item) for item in frame[name].dropna().unique()}))
        said += [
            f"{name}: {' and '.join(same)} differ in case alone and are told apart"
            for _, same in labels.groupby(labels.str.lower())
            if len(same) > 1
        ]
    return said


def refuse_repeated(names: Sequence[str], option: str) -> None:
    """Refuse an ``option`` that names a column twice.

    >>> refuse_repeated(("age", "stage"), "--covariates")
    """
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise StatisticsError(f"{option}: column {twice[0]} is named twice")


def sorted_codes(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Codes (n,) and the sorted values they stand for; values of several kinds sort as text.

    >>> codes, values = sorted_codes(pd.Series(["b", "a", "b"]))
    >>> codes.tolist(), list(values)
    ([1, 0, 1], ['a', 'b'])
    """
    try:
        return pd.factorize(column, sort=True)
    except TypeError:
        return pd.factorize(column.map(label), sort=True)


def label(value: object) -> str:
    """A group's label: whole numbers without decimals, anything else as it stands.

    >>> label(2.0), label(True), label("II")
    ('2', 'true', 'II')
    """
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value)).lower()
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _number(value) -> float | None:
    """``value`` as a number where it is one: 1 of true, 01 and 1.0; else None."""
    text = str(value).strip().lower()
    if text in ("true", "false"):
        return float(text == "true")
    try:
        return float(text)
    except ValueError:
        return None

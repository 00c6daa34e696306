"""Checks of a column that every function shares: refused in words that name column and rows."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from myelomart.errors import StatisticsError


def column_name(values: ArrayLike, default: str) -> str:
    """The name of a Series, else ``default``: refusals name the user's own column.

    >>> column_name(pd.Series([1], name="age"), "time")
    'age'
    """
    name = getattr(values, "name", None)
    return str(name) if name is not None else default


def number_column(values: ArrayLike, default: str) -> np.ndarray:
    """``values`` as a float array (n,); text, NaN and infinity are refused with their row count.

    >>> number_column(["2", 3], "time").tolist()
    [2.0, 3.0]
    """
    name = column_name(values, default)
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        series = pd.Series(np.asarray(values, dtype=object))
        bad = pd.to_numeric(series, errors="coerce").isna() & series.notna()
        first = int(np.flatnonzero(bad)[0]) + 1 if bad.any() else 1
        raise StatisticsError(
            f"column {name}: {int(bad.sum())} of {len(series)} rows hold text, not a number "
            f"(first in row {first}): give numbers only"
        ) from None
    if numbers.ndim != 1 or not len(numbers):
        raise StatisticsError(f"column {name}: no rows to analyse")
    refuse_rows(~np.isfinite(numbers), name, "are missing or not finite", "drop or mend them")
    return numbers


def refuse_rows(bad: np.ndarray, name: str, what: str, remedy: str) -> None:
    """Raise a sentence that names the column, the number of bad rows and the first of them.

    >>> refuse_rows(np.array([False, False]), "time", "are negative", "mend them")
    """
    if bad.any():
        raise StatisticsError(
            f"column {name}: {int(bad.sum())} of {len(bad)} rows {what} "
            f"(first in row {int(np.argmax(bad)) + 1}): {remedy}"
        )


def same_length(values: np.ndarray, times: np.ndarray, name: str) -> np.ndarray:
    """``values`` if it has as many rows as ``times``; else a refusal.

    >>> same_length(np.array([1, 0]), np.array([2.0, 3.0]), "event").tolist()
    [1, 0]
    """
    if len(values) != len(times):
        raise StatisticsError(
            f"column {name}: {len(values)} rows where the times have {len(times)}"
        )
    return values


def labels_of(values: ArrayLike, times: np.ndarray, default: str) -> tuple[np.ndarray, np.ndarray]:
    """Codes 0…k-1 (n,) and the k labels in sorted order; missing labels are refused.

    >>> codes, labels = labels_of(["b", "a", "b"], np.array([1.0, 2.0, 3.0]), "group")
    >>> codes.tolist(), labels.tolist()
    ([1, 0, 1], ['a', 'b'])
    """
    name = column_name(values, default)
    codes, labels = pd.factorize(np.asarray(values), sort=True)
    same_length(codes, times, name)
    refuse_rows(codes < 0, name, "are missing", "drop them or make them a level of their own")
    return codes, np.asarray(labels)

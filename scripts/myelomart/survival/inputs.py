"""What every survival function checks first: times, events and groups, refused in words.

Times may be in any unit, all in the same one. Times that differ by rounding alone (relative
difference up to 1.5e-8) count as tied, as R's ``survival::aeqSurv`` has it, so that months computed
from days tie where the days do.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError

TIE_TOLERANCE = float(np.sqrt(np.finfo(float).eps))


def column_name(values, default: str) -> str:
    """The name of a Series, else ``default``: refusals name the user's own column."""
    name = getattr(values, "name", None)
    return str(name) if name is not None else default


def number_column(values, default: str) -> np.ndarray:
    """``values`` as a float array (n,); text, NaN and infinity are refused with their row count."""
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
    """Raise a sentence that names the column, the number of bad rows and the first of them."""
    if bad.any():
        raise StatisticsError(
            f"column {name}: {int(bad.sum())} of {len(bad)} rows {what} "
            f"(first in row {int(np.argmax(bad)) + 1}): {remedy}"
        )


def event_times(time, entry=None) -> tuple[np.ndarray, np.ndarray | None]:
    """Checked follow-up times (n,) and, with left truncation, entry times (n,) before them."""
    times = number_column(time, "time")
    if entry is None:
        negative = times < 0
        refuse_rows(negative, column_name(time, "time"), "are negative", "follow-up starts at 0")
        return times, None
    entries = same_length(number_column(entry, "entry"), times, column_name(entry, "entry"))
    refuse_rows(
        entries >= times,
        column_name(entry, "entry"),
        "enter at or after their own end of follow-up",
        "an entry lies before the end",
    )
    return times, entries


def same_length(values: np.ndarray, times: np.ndarray, name: str) -> np.ndarray:
    """``values`` if it has as many rows as ``times``; else a refusal."""
    if len(values) != len(times):
        raise StatisticsError(
            f"column {name}: {len(values)} rows where the times have {len(times)}"
        )
    return values


def event_flags(event, times: np.ndarray) -> np.ndarray:
    """``event`` as a bool array (n,); anything but 0/1 or true/false is refused."""
    name = column_name(event, "event")
    flags = same_length(number_column(event, "event"), times, name)
    refuse_rows(
        (flags != 0) & (flags != 1), name, "are neither 0 nor 1", "1 is an event, 0 censored"
    )
    return flags == 1


def case_weights(weights, times: np.ndarray) -> np.ndarray:
    """Positive case weights (n,); ones when ``weights`` is None."""
    if weights is None:
        return np.ones(len(times))
    name = column_name(weights, "weights")
    values = same_length(number_column(weights, "weights"), times, name)
    refuse_rows(values <= 0, name, "are zero or negative", "drop rows without weight")
    return values


def labels_of(values, times: np.ndarray, default: str) -> tuple[np.ndarray, np.ndarray]:
    """Codes 0…k-1 (n,) and the k labels in sorted order; missing labels are refused."""
    name = column_name(values, default)
    codes, labels = pd.factorize(np.asarray(values), sort=True)
    same_length(codes, times, name)
    refuse_rows(codes < 0, name, "are missing", "drop them or make them a level of their own")
    return codes, np.asarray(labels)


def two_or_more_groups(values, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As :func:`labels_of`, refusing a single group."""
    codes, labels = labels_of(values, times, "group")
    if len(labels) < 2:
        raise StatisticsError(
            f"column {column_name(values, 'group')}: all {len(times)} rows are in one group "
            f"({labels[0]}): a comparison needs two or more"
        )
    return codes, labels


def time_grid(times: np.ndarray, entries: np.ndarray | None = None):
    """Sorted distinct times (K,) and the index of each time, and of each entry, in them (n,).

    Times closer than :data:`TIE_TOLERANCE` (absolute, or relative to the mean time) are one.
    """
    both = times if entries is None else np.concatenate([times, entries])
    index, grid = _whole_times(both) or pd.factorize(both, sort=True)
    gaps = np.diff(grid)
    tied = (gaps <= TIE_TOLERANCE) | (gaps <= TIE_TOLERANCE * np.abs(grid).mean())
    if tied.any():
        merged = np.concatenate([[0], np.cumsum(~tied)])
        index = merged[index]
        grid = grid[np.concatenate([[True], ~tied])]
    if entries is None:
        return grid, index, None
    if (index[: len(times)] == index[len(times) :]).any():
        raise StatisticsError("column entry: an interval has no length but rounding error")
    return grid, index[: len(times)], index[len(times) :]


def _whole_times(times: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """As ``pd.factorize``, by counting, for whole days; None for other times, and sparse ones."""
    if times.min() < 0 or times.max() > 4 * len(times) + 1000:
        return None
    days = times.astype(np.int64)
    if not np.array_equal(days, times):
        return None
    present = np.bincount(days) > 0
    return (np.cumsum(present) - 1)[days], np.flatnonzero(present).astype(float)


@dataclass(frozen=True)
class RiskTable:
    """Counts at each distinct time: weighted when case weights are given. All arrays (K,)."""

    time: np.ndarray
    n_risk: np.ndarray  # at risk just before the time
    n_event: np.ndarray
    n_censor: np.ndarray
    index: np.ndarray  # (n,) position of each row's time
    entry_index: np.ndarray | None  # (n,) position of each row's entry


def risk_table(times, events, entries=None, weights=None) -> RiskTable:
    """Numbers at risk, events and censorings at each distinct time; O(n).

    A row is at risk at t when entry < t <= time; events come before censorings on the same time.
    """
    grid, index, entry_index = time_grid(times, entries)
    leaving = np.bincount(index, weights, len(grid))
    n_event = np.bincount(index[events], None if weights is None else weights[events], len(grid))
    change = leaving
    if entry_index is not None:
        change = leaving - np.bincount(entry_index, weights, len(grid))
    n_risk = np.cumsum(change[::-1])[::-1].astype(float)
    return RiskTable(grid, n_risk, n_event.astype(float), leaving - n_event, index, entry_index)

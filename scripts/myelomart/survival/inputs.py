"""What every survival function checks first: times, events and groups, refused in words.

Times may be in any unit, all in the same one. Times that differ by rounding alone (relative
difference up to 1.5e-8) count as tied, as R's ``survival::aeqSurv`` has it, so that months computed
from days tie where the days do.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from myelomart.columns import (
    column_name,
    labels_of,
    number_column,
    refuse_rows,
    same_length,
)
from myelomart.errors import StatisticsError

TIE_TOLERANCE = float(np.sqrt(np.finfo(float).eps))


def event_times(
    time: ArrayLike, entry: ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Checked follow-up times (n,) and, with left truncation, entry times (n,) before them.

    >>> event_times([3, 5], entry=[0, 1])[1].tolist()
    [0.0, 1.0]
    """
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


def event_flags(event: ArrayLike, times: np.ndarray) -> np.ndarray:
    """``event`` as a bool array (n,); anything but 0/1 or true/false is refused.

    >>> event_flags([1, 0, 1], np.array([2.0, 3.0, 4.0])).tolist()
    [True, False, True]
    """
    name = column_name(event, "event")
    flags = same_length(number_column(event, "event"), times, name)
    refuse_rows(
        (flags != 0) & (flags != 1), name, "are neither 0 nor 1", "1 is an event, 0 censored"
    )
    return flags == 1


def case_weights(weights: ArrayLike | None, times: np.ndarray) -> np.ndarray:
    """Positive case weights (n,); ones when ``weights`` is None.

    >>> case_weights(None, np.array([2.0, 3.0])).tolist()
    [1.0, 1.0]
    """
    if weights is None:
        return np.ones(len(times))
    name = column_name(weights, "weights")
    values = same_length(number_column(weights, "weights"), times, name)
    refuse_rows(values <= 0, name, "are zero or negative", "drop rows without weight")
    return values


def cluster_codes(cluster: ArrayLike, times: np.ndarray) -> np.ndarray:
    """Codes 0…c-1 (n,) of the clusters; missing ones are refused.

    >>> cluster_codes(["b", "a", "b"], np.array([2.0, 3.0, 4.0])).tolist()
    [1, 0, 1]
    """
    return labels_of(cluster, times, "cluster")[0]


def two_or_more_groups(values: ArrayLike, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As :func:`labels_of`, refusing a single group.

    >>> codes, labels = two_or_more_groups(["b", "a", "b"], np.array([2.0, 3.0, 4.0]))
    >>> codes.tolist(), labels.tolist()
    ([1, 0, 1], ['a', 'b'])
    """
    codes, labels = labels_of(values, times, "group")
    if len(labels) < 2:
        raise StatisticsError(
            f"column {column_name(values, 'group')}: all {len(times)} rows are in one group "
            f"({labels[0]}): a comparison needs two or more"
        )
    return codes, labels


def time_grid(
    times: np.ndarray, entries: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Sorted distinct times (K,) and the index of each time, and of each entry, in them (n,).

    Times closer than :data:`TIE_TOLERANCE` (absolute, or relative to the mean time) are one.

    >>> grid, index, _ = time_grid(np.array([0.3, 0.1 + 0.2, 0.5]))
    >>> grid.tolist(), index.tolist()
    ([0.3, 0.5], [0, 0, 1])
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


def risk_table(
    times: np.ndarray,
    events: np.ndarray,
    entries: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> RiskTable:
    """Numbers at risk, events and censorings at each distinct time; O(n).

    A row is at risk at t when entry < t <= time; events come before censorings on the same time.

    >>> table = risk_table(np.array([2.0, 3.0, 3.0]), np.array([True, True, False]))
    >>> table.n_risk.tolist(), table.n_event.tolist(), table.n_censor.tolist()
    ([3.0, 2.0], [1.0, 1.0], [0, 1])
    """
    grid, index, entry_index = time_grid(times, entries)
    leaving = np.bincount(index, weights, len(grid))
    n_event = np.bincount(index[events], None if weights is None else weights[events], len(grid))
    change = leaving
    if entry_index is not None:
        change = leaving - np.bincount(entry_index, weights, len(grid))
    n_risk = np.cumsum(change[::-1])[::-1].astype(float)
    return RiskTable(grid, n_risk, n_event.astype(float), leaving - n_event, index, entry_index)

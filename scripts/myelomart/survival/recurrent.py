"""Mean cumulative count of recurrent events, with death as a terminal event.

Ghosh D, Lin DY. Biometrics 2000;56:554; Dong H et al. Stat Med 2015 ("mean cumulative count"). The
count grows at each time by S(t-) dN(t) / Y(t), S the survival free of the terminal event; without
terminal events it is Nelson and Lawless's estimator. The variance sums squared influences of the
persons.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from myelomart.columns import labels_of, number_column, refuse_rows
from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown


@dataclass(frozen=True)
class MeanCumulativeCount(Shown):
    """Expected number of events per person by each time (K,), with pointwise limits."""

    time: np.ndarray
    n_risk: np.ndarray
    n_event: np.ndarray
    count: np.ndarray
    se: np.ndarray
    ci_low: np.ndarray
    ci_high: np.ndarray


def mean_cumulative_count(
    person: ArrayLike, time: ArrayLike, kind: ArrayLike, *, conf_level: float = 0.95
) -> MeanCumulativeCount:
    """Rows of (person, time, kind) (n,): kind 1 an event, 2 the terminal event, 0 end of follow-up.

    Each person has exactly one row of kind 0 or 2, at or after all of its events; on that same day
    an event still counts. Limits are on the log scale.

    >>> result = mean_cumulative_count([1, 1, 1, 2, 2], [2, 5, 9, 4, 9], [1, 1, 0, 1, 2])
    >>> result.count.tolist()
    [0.5, 1.0, 1.5, 1.5]
    """
    times = number_column(time, "time")
    refuse_rows(times < 0, "time", "are negative", "follow-up starts at 0")
    kinds = number_column(kind, "kind")
    refuse_rows(~np.isin(kinds, (0, 1, 2)), "kind", "are not 0, 1 or 2", "see the definition")
    codes, labels = labels_of(person, times, "person")
    last = refuse_open_follow_up(codes, labels, times, kinds)
    grid = np.unique(times[kinds > 0])
    if not (kinds == 1).any():
        raise StatisticsError(f"no event among {len(times)} rows: there is nothing to count")
    at_risk = len(last) - np.searchsorted(np.sort(last), grid, side="left")
    events = _at(grid, times[kinds == 1])
    deaths = _at(grid, times[kinds == 2])
    survival = np.cumprod(1 - deaths / at_risk)
    before = np.concatenate([[1.0], survival[:-1]])
    mean = np.cumsum(before * events / at_risk)
    variance = _influence_variance(grid, codes, times, kinds, last, at_risk, events, deaths, before)
    se = np.sqrt(variance)
    width = norm.ppf(0.5 + conf_level / 2) * np.divide(
        se, mean, out=np.zeros_like(se), where=mean > 0
    )
    return MeanCumulativeCount(
        grid, at_risk, events, mean, se, mean * np.exp(-width), mean * np.exp(width)
    )


def refuse_open_follow_up(
    codes: np.ndarray, labels: np.ndarray, times: np.ndarray, kinds: np.ndarray
) -> np.ndarray:
    """The last day of each person (k,); refuses persons without exactly one, and events beyond it.

    >>> kinds = np.array([1, 0])
    >>> refuse_open_follow_up(np.array([0, 0]), np.array(["a"]), np.array([1.0, 2]), kinds).tolist()
    [2.0]
    """
    ends = kinds != 1
    count = np.bincount(codes[ends], minlength=len(labels))
    if (count != 1).any():
        raise StatisticsError(
            f"column person: {int((count != 1).sum())} of {len(labels)} persons do not have "
            "exactly one row that ends follow-up (kind 0 or 2)"
        )
    last = np.empty(len(labels))
    last[codes[ends]] = times[ends]
    refuse_rows(times > last[codes], "time", "lie after the person's last day", "mend the dates")
    return last


def expected_count(result: MeanCumulativeCount, times: ArrayLike) -> pd.DataFrame:
    """The count at given times: time, count, ci_low, ci_high.

    >>> result = mean_cumulative_count([1, 1, 1, 2, 2], [2, 5, 9, 4, 9], [1, 1, 0, 1, 2])
    >>> expected_count(result, [3, 6])["count"].tolist()
    [0.5, 1.5]
    """
    wanted = np.asarray(times, float)
    last = np.searchsorted(result.time, wanted, side="right")
    columns = {"count": result.count, "ci_low": result.ci_low, "ci_high": result.ci_high}
    values = {name: np.concatenate([[0.0], array])[last] for name, array in columns.items()}
    return pd.DataFrame({"time": wanted, **values})


def _at(grid, times) -> np.ndarray:
    """How many of ``times`` fall on each grid point (K,)."""
    return np.bincount(np.searchsorted(grid, times), minlength=len(grid)).astype(float)


def _influence_variance(grid, codes, times, kinds, last, at_risk, events, deaths, before):
    """Sum over persons of the squared influence on the count, at each time (K,).

    One pass over times; the arrays hold one value per person.
    """
    people = len(last)
    log_effect, effect, variance = np.zeros(people), np.zeros(people), np.empty(len(grid))
    index = np.searchsorted(grid, times)
    order = np.argsort(index, kind="stable")
    order = order[kinds[order] > 0]
    edges = np.searchsorted(index[order], np.arange(len(grid) + 1))
    for position, moment in enumerate(grid):
        rows = order[edges[position] : edges[position + 1]]
        present = last >= moment
        rate = events[position] / at_risk[position]
        effect += before[position] * rate * log_effect
        effect[present] -= before[position] * rate / at_risk[position]
        happened = codes[rows[kinds[rows] == 1]]
        np.add.at(effect, happened, before[position] / at_risk[position])
        died = codes[rows[kinds[rows] == 2]]
        left = at_risk[position] - deaths[position]
        if len(died) and left > 0:
            log_effect[present] += deaths[position] / (at_risk[position] * left)
            log_effect[died] -= 1 / left
        variance[position] = effect @ effect
    return variance

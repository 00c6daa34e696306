"""Cox's partial likelihood with its derivatives, in time O(n p^2) with no term per risk set.

Rows are sorted once by stratum and time. The information matrix needs no sum over risk sets: each
row enters it as x x' times its risk times the hazard it lived through, so one weighted product of
the whole matrix replaces it (the same identity serves Efron's correction, case weights, strata and
left truncation). Cox DR. J R Stat Soc B 1972;34:187; Efron B. J Am Stat Assoc 1977;72:557.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from myelomart.survival.inputs import time_grid

CHUNK = 16384  # rows that fit the processor's cache


@dataclass(frozen=True)
class RiskSets:
    """Rows sorted by stratum and time, and the event times ("cells") whose risk sets they join.

    A row is at risk in the cells ``first`` <= cell < ``last`` of its stratum. ``ties`` entries run
    over the deaths of each cell: Efron's fraction k/d, and the mean weight of the deaths.
    """

    order: np.ndarray  # (n,) sorted position -> input row
    matrix: np.ndarray  # (n, p) covariates, centred
    weights: np.ndarray  # (n,)
    event: np.ndarray  # (n,) bool
    first: np.ndarray  # (n,)
    last: np.ndarray  # (n,)
    stratum_starts: np.ndarray  # (s,) first sorted row of each stratum
    cell_starts: np.ndarray  # (s,) first cell of each stratum
    event_rows: np.ndarray  # (d,) sorted positions of events
    event_total: np.ndarray  # (p,) weighted sum of the covariates over the events
    event_cell: np.ndarray  # (d,) their cells, and so those of the tie entries
    cell_stratum: np.ndarray  # (m,)
    cell_time: np.ndarray  # (m,)
    tie_fraction: np.ndarray  # (d,)
    tie_weight: np.ndarray  # (d,)
    tie_starts: np.ndarray  # (m,)
    has_entry: bool
    means: np.ndarray  # (p,) what was subtracted from the covariates

    @property
    def cells(self) -> int:
        """Number of distinct event times over all strata."""
        return len(self.cell_time)


def distinct_keys(
    keys: np.ndarray, bound: int
) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Sorted distinct keys (m,), all below ``bound``, and how many of them lie below others.

    >>> keys, below = distinct_keys(np.array([3, 1, 3]), 5)
    >>> keys.tolist(), below(np.array([2, 4])).tolist()
    ([1, 3], [1, 2])
    """
    if bound > 4 * len(keys) + 1000:
        distinct = np.unique(keys)
        return distinct, lambda others: np.searchsorted(distinct, others)
    present = np.zeros(bound, bool)
    present[keys] = True
    below = np.concatenate([[0], np.cumsum(present)])
    return np.flatnonzero(present), lambda others: below[others]


def risk_sets(
    times: np.ndarray,
    events: np.ndarray,
    matrix: np.ndarray,
    *,
    entries: np.ndarray | None,
    strata: np.ndarray,
    weights: np.ndarray,
    ties: str,
) -> RiskSets:
    """Sort once; everything the likelihood needs later is a sum over consecutive rows.

    >>> sets = risk_sets(
    ...     np.array([2.0, 3.0, 3.0]), np.array([True, True, False]), np.arange(3.0)[:, None],
    ...     entries=None, strata=np.zeros(3, int), weights=np.ones(3), ties="efron",
    ... )
    >>> sets.cells, sets.cell_time.tolist(), sets.means.tolist()
    (2, [2.0, 3.0], [1.0])
    """
    grid, index, entry_index = time_grid(times, entries)
    size = len(grid)
    keys = strata * size + index
    first_key = strata * size if entry_index is None else strata * size + entry_index + 1
    cells, cells_before = distinct_keys(keys[events], (strata.max() + 1) * size)
    first, last = cells_before(first_key), cells_before(keys + 1)
    # numpy sorts 16-bit keys by radix, in linear time: whole days, as a rule
    narrow = keys.astype(np.uint16) if (strata.max() + 1) * size <= 2**16 else keys
    order = np.argsort(narrow, kind="stable")
    at_risk_once = first < last  # others meet no event time: they change nothing
    if not at_risk_once.all():
        order = order[at_risk_once[order]]
    event, stratum, weight = events[order], strata[order], weights[order]
    event_rows = np.flatnonzero(event)
    event_cell = last[order][event_rows] - 1
    deaths = np.bincount(event_cell, minlength=len(cells))
    tie_starts = np.concatenate([[0], np.cumsum(deaths)[:-1]])
    mean_weight = np.bincount(event_cell, weight[event_rows], len(cells)) / deaths
    fraction = (np.arange(len(event_rows)) - tie_starts[event_cell]) / deaths[event_cell]
    means = weights @ matrix / weights.sum()
    centred = matrix[order]
    centred -= means
    return RiskSets(
        order=order,
        matrix=centred,
        weights=weight,
        event=event,
        first=first[order],
        last=last[order],
        stratum_starts=np.flatnonzero(np.diff(stratum, prepend=-1)),
        cell_starts=np.flatnonzero(np.diff(cells // size, prepend=-1)),
        event_rows=event_rows,
        event_total=weight[event_rows] @ centred[event_rows],
        event_cell=event_cell,
        cell_stratum=cells // size,
        cell_time=grid[cells % size],
        tie_fraction=fraction if ties == "efron" else np.zeros(len(fraction)),
        tie_weight=mean_weight[event_cell],
        tie_starts=tie_starts,
        has_entry=entries is not None,
        means=means,
    )


@dataclass(frozen=True)
class RiskSums:
    """Sums over risk sets at one coefficient vector: what every later result is made of."""

    risk: np.ndarray  # (n,) weight times exp(eta), eta shifted within its stratum
    eta: np.ndarray  # (n,) the shifted linear predictor
    denominator: np.ndarray  # (d,) per tie entry
    risk_total: np.ndarray  # (m, p) sum of risk times covariates over the risk set
    death_total: np.ndarray  # (m, p) the same over those who die; zeros under Breslow
    hazard: np.ndarray  # (d,) hazard increment per tie entry


def risk_sums(sets: RiskSets, beta: np.ndarray) -> RiskSums:
    """Risk-set totals at ``beta`` (p,).

    >>> import pandas as pd
    >>> from myelomart.survival import cox_regression
    >>> arm = pd.DataFrame({"arm": [0, 1, 0, 1, 1]})
    >>> fit = cox_regression([2, 3, 4, 5, 6], [1, 1, 0, 1, 0], arm)
    >>> risk_sums(fit.sets, np.zeros(1)).denominator.tolist()
    [5.0, 4.0, 2.0]
    """
    eta = sets.matrix @ beta
    # shifting a stratum does not change the likelihood, and keeps exp() from overflowing
    peak = np.maximum.reduceat(eta, sets.stratum_starts)
    eta -= np.repeat(peak, np.diff(np.append(sets.stratum_starts, len(eta))))
    risk = sets.weights * np.exp(eta)
    total = risk_set_totals(sets, risk)
    death = np.zeros_like(total)
    if sets.tie_fraction.any():
        death = sums_by_cell(sets, risk, sets.event_rows, sets.event_cell)
    denominator = total[sets.event_cell, 0] - sets.tie_fraction * death[sets.event_cell, 0]
    return RiskSums(
        risk, eta, denominator, total[:, 1:], death[:, 1:], sets.tie_weight / denominator
    )


def sums_by_cell(
    sets: RiskSets, risk: np.ndarray, rows: np.ndarray, cell: np.ndarray
) -> np.ndarray:
    """Sums of risk and of risk times covariates over ``rows``, ordered by ``cell``: (m, 1 + p).

    >>> import pandas as pd
    >>> from myelomart.survival import cox_regression
    >>> arm = pd.DataFrame({"arm": [0, 1, 0, 1, 1]})
    >>> fit = cox_regression([2, 3, 4, 5, 6], [1, 1, 0, 1, 0], arm)
    >>> sums = risk_sums(fit.sets, np.zeros(1))
    >>> sums_by_cell(fit.sets, sums.risk, fit.sets.event_rows, fit.sets.event_cell)[:, 0].tolist()
    [1.0, 1.0, 1.0]
    """
    ends = np.cumsum(np.bincount(cell, minlength=sets.cells))
    picker = csr_array((risk[rows], rows, np.append(0, ends)), shape=(sets.cells, len(risk)))
    return np.column_stack([picker.sum(axis=1), picker @ sets.matrix])


def risk_set_totals(sets: RiskSets, risk: np.ndarray) -> np.ndarray:
    """Totals over each risk set (m, 1 + p): backwards from the last event time of each stratum.

    >>> import pandas as pd
    >>> from myelomart.survival import cox_regression
    >>> arm = pd.DataFrame({"arm": [0, 1, 0, 1, 1]})
    >>> fit = cox_regression([2, 3, 4, 5, 6], [1, 1, 0, 1, 0], arm)
    >>> risk_set_totals(fit.sets, np.ones(5))[:, 0].tolist()
    [5.0, 4.0, 2.0]
    """
    change = sums_by_cell(sets, risk, np.arange(len(risk)), sets.last - 1)
    if sets.has_entry:
        stratum_ends = np.append(sets.stratum_starts[1:], len(risk))
        start = np.repeat(sets.cell_starts, stratum_ends - sets.stratum_starts)
        late = np.flatnonzero(sets.first > start)
        late = late[np.argsort(sets.first[late], kind="stable")]
        change -= sums_by_cell(sets, risk, late, sets.first[late] - 1)
    total = np.cumsum(change[::-1], axis=0)[::-1]
    if len(sets.cell_starts) > 1:
        ends = np.append(sets.cell_starts[1:], sets.cells)
        beyond = np.vstack([total, np.zeros_like(total[:1])])[ends]
        total = total - np.repeat(beyond, ends - sets.cell_starts, axis=0)
    return total


def lived_through(sets: RiskSets, per_tie: np.ndarray, per_tie_own: np.ndarray) -> np.ndarray:
    """Sum of ``per_tie`` over the cells each row is at risk in, less its own death's share (n,).

    >>> import pandas as pd
    >>> from myelomart.survival import cox_regression
    >>> arm = pd.DataFrame({"arm": [0, 1, 0, 1, 1]})
    >>> fit = cox_regression([2, 3, 4, 5, 6], [1, 1, 0, 1, 0], arm)
    >>> lived_through(fit.sets, np.ones(3), np.zeros(3)).tolist()
    [1.0, 2.0, 2.0, 3.0, 3.0]
    """
    per_cell = np.add.reduceat(per_tie, sets.tie_starts, axis=0)
    running = np.concatenate([np.zeros_like(per_cell[:1]), np.cumsum(per_cell, axis=0)])
    lived = running[sets.last] - running[sets.first]
    own = np.add.reduceat(per_tie_own, sets.tie_starts, axis=0)
    lived[sets.event_rows] -= own[sets.event_cell]
    return lived


def log_likelihood(sets: RiskSets, sums: RiskSums) -> float:
    """The log partial likelihood.

    >>> import pandas as pd
    >>> from myelomart.survival import cox_regression
    >>> arm = pd.DataFrame({"arm": [0, 1, 0, 1, 1]})
    >>> fit = cox_regression([2, 3, 4, 5, 6], [1, 1, 0, 1, 0], arm)
    >>> bool(log_likelihood(fit.sets, fit.sums) == fit.log_likelihood)
    True
    """
    gained = sets.weights[sets.event_rows] @ sums.eta[sets.event_rows]
    return float(gained - sets.tie_weight @ np.log(sums.denominator))


def score(sets: RiskSets, sums: RiskSums, time_weight: np.ndarray | None = None) -> np.ndarray:
    """First derivative (p,); ``time_weight`` (m,) weighs each event time (Schoenfeld tests).

    >>> import pandas as pd
    >>> from myelomart.survival import cox_regression
    >>> arm = pd.DataFrame({"arm": [0, 1, 0, 1, 1]})
    >>> fit = cox_regression([2, 3, 4, 5, 6], [1, 1, 0, 1, 0], arm)
    >>> bool(abs(score(fit.sets, fit.sums)[0]) < 1e-9)
    True
    """
    hazard, gained = sums.hazard, sets.event_total
    if time_weight is not None:
        hazard = hazard * time_weight[sets.event_cell]
        gain = sets.weights[sets.event_rows] * time_weight[sets.event_cell]
        gained = gain @ sets.matrix[sets.event_rows]
    plain = np.add.reduceat(hazard, sets.tie_starts)
    tied = np.add.reduceat(hazard * sets.tie_fraction, sets.tie_starts)
    return gained - plain @ sums.risk_total + tied @ sums.death_total


def information(
    sets: RiskSets, sums: RiskSums, time_weight: np.ndarray | None = None
) -> np.ndarray:
    """Minus the second derivative (p, p), each event time weighed by ``time_weight`` (m,).

    >>> import pandas as pd
    >>> from myelomart.survival import cox_regression
    >>> arm = pd.DataFrame({"arm": [0, 1, 0, 1, 1]})
    >>> fit = cox_regression([2, 3, 4, 5, 6], [1, 1, 0, 1, 0], arm)
    >>> bool(np.isclose(1 / information(fit.sets, fit.sums)[0, 0], fit.variance[0, 0]))
    True
    """
    hazard = sums.hazard if time_weight is None else sums.hazard * time_weight[sets.event_cell]
    lived = lived_through(sets, hazard, hazard * sets.tie_fraction)
    squares = weighted_gram(sets.matrix, sums.risk * lived)
    per_square = hazard / sums.denominator
    fraction = sets.tie_fraction
    plain, once, twice = (
        np.add.reduceat(per_square * power, sets.tie_starts)[:, None]
        for power in (1.0, fraction, fraction**2)
    )
    at_risk, dying = sums.risk_total, sums.death_total
    cross = at_risk.T @ (once * dying)
    return squares - at_risk.T @ (plain * at_risk) + cross + cross.T - dying.T @ (twice * dying)


def weighted_gram(matrix: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """X' diag(w) X in pieces that stay in the processor's cache.

    >>> weighted_gram(np.array([[1.0], [2.0]]), np.array([3.0, 1.0])).tolist()
    [[7.0]]
    """
    total = np.zeros((matrix.shape[1], matrix.shape[1]))
    for start in range(0, len(matrix), CHUNK):
        piece = matrix[start : start + CHUNK]
        total += piece.T @ (piece * weight[start : start + CHUNK, None])
    return total

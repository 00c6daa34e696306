"""Who begins treatment when: a pooled logistic model of persons and periods.

One row per person and period in which treatment has not begun; an indicator per period is the
baseline hazard, baseline and time-varying covariates are read at the start of the period
(Robins JM, Hernan MA, Brumback B. Epidemiology 2000;11:550; Danaei G et al. Stat Methods Med Res
2013;22:70).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.design import design_matrix
from myelomart.errors import StatisticsError
from myelomart.tables.logistic import likelihood_maximum, standardized
from myelomart.target_trial.cloning import Followed
from myelomart.target_trial.protocol import Protocol


@dataclass(frozen=True)
class WaitingRows:
    """Rows of those who wait for treatment: (r,) arrays, and the matrix (r, p) of the model.

    ``matrix`` has an indicator for each period in which some begin and some do not; ``modelled``
    (r,) says which rows lie in one: in the others the chance of treatment is 0 or 1.
    """

    unit: np.ndarray
    period: np.ndarray
    begins: np.ndarray  # bool
    modelled: np.ndarray  # bool
    matrix: np.ndarray  # (modelled rows, p)
    names: tuple[str, ...]
    shape: tuple[int, int]  # units, periods


def waiting_rows(
    rows: Followed,
    protocol: Protocol,
    baseline: pd.DataFrame | None = None,
    varying: dict[str, np.ndarray] | None = None,
) -> WaitingRows:
    """The rows of the model: those followed and untreated when a period begins.

    ``baseline`` (n, c) are covariates at time zero; ``varying`` has a matrix (n, periods) per
    covariate with its value at the start of each period.

    >>> from myelomart.target_trial.cloning import followed
    >>> rows = followed([9, 9, 3], [0, 0, 1], [4, np.nan, np.nan], horizon=9)
    >>> waiting = waiting_rows(rows, Protocol(grace=6, horizon=9, period=3))
    >>> list(zip(waiting.unit.tolist(), waiting.period.tolist(), waiting.begins.tolist()))
    [(0, 0, False), (0, 1, True), (1, 0, False), (1, 1, False), (2, 0, False)]
    """
    edges = protocol.edges[: protocol.modelled_periods + 1]
    until = np.minimum(rows.time, rows.treated_at)
    waits = until[:, None] > edges[None, :-1]
    waits[:, 0] = True  # treated at time zero itself begins in the first period
    unit, period = np.nonzero(waits)
    begins = rows.treated_at[unit] <= edges[period + 1]
    if not begins.any():
        raise StatisticsError(
            f"nobody of {len(rows.time)} begins treatment by {edges[-1]:g}: there is no strategy "
            "to follow"
        )
    begun, waited = (np.bincount(one, minlength=len(edges) - 1) for one in (period[begins], period))
    busy = np.flatnonzero((begun > 0) & (begun < waited))
    modelled = np.isin(period, busy)
    if not len(busy):
        raise StatisticsError("all begin treatment at once: there is nobody to compare with")
    indicators = (period[modelled][:, None] == busy[None, :]).astype(float)
    matrix, names = [indicators], [f"period {one + 1}" for one in busy]
    covariates = {} if baseline is None else {
        name: baseline[name].to_numpy()[unit[modelled]] for name in baseline.columns
    }  # fmt: skip
    for name, values in (varying or {}).items():
        covariates[name] = values[unit[modelled], period[modelled]]
    if covariates:
        design = design_matrix(pd.DataFrame(covariates))
        matrix.append(standardized(design.matrix)[0])
        names += design.names
    return WaitingRows(
        unit, period, begins, modelled, np.column_stack(matrix), tuple(names),
        (len(rows.time), len(edges) - 1),
    )  # fmt: skip


@dataclass(frozen=True)
class Initiation:
    """Chance (n, periods) to begin in a period, where it is begun untreated; NaN elsewhere."""

    chance: np.ndarray
    usual: np.ndarray  # (periods,) share of those who wait, whatever their covariates
    coefficients: np.ndarray


def initiation(
    waiting: WaitingRows, counts: np.ndarray | None = None, start: np.ndarray | None = None
) -> Initiation:
    """Fit the model; ``counts`` (n,) says how often a unit is taken (bootstrap).

    >>> from myelomart.target_trial.cloning import followed
    >>> rows = followed([9, 9, 3, 9], [0, 0, 1, 0], [4, np.nan, np.nan, np.nan], horizon=9)
    >>> waiting = waiting_rows(rows, Protocol(grace=6, horizon=9, period=3))
    >>> initiation(waiting).chance.round(3).tolist()
    [[0.0, 0.333], [0.0, 0.333], [0.0, nan], [0.0, 0.333]]
    """
    weight = np.ones(len(waiting.unit)) if counts is None else counts[waiting.unit].astype(float)
    begins, periods = waiting.begins.astype(float), waiting.shape[1]
    begun = np.bincount(waiting.period, weight * begins, periods)
    waits = np.bincount(waiting.period, weight, periods)
    usual = np.divide(begun, waits, out=np.zeros(periods), where=waits > 0)
    here, matrix, names = waiting.modelled, waiting.matrix, waiting.names
    if counts is not None:  # a sample may hold nobody who begins in a period, or only such
        mixed = (usual > 0) & (usual < 1)
        kept = np.ones(matrix.shape[1], bool)
        busy = np.unique(waiting.period[here])
        kept[: len(busy)] = mixed[busy]
        here = here & mixed[waiting.period]
        matrix = matrix[here[waiting.modelled]][:, kept]
        names = tuple(np.asarray(names)[kept])
        start = None if start is None else start[kept]
    beta, _ = likelihood_maximum(
        matrix, begins[here], names, None if counts is None else weight[here], start
    )
    chance = np.full(waiting.shape, np.nan)
    chance[waiting.unit, waiting.period] = usual[waiting.period]  # 0 or 1 where not modelled
    chance[waiting.unit[here], waiting.period[here]] = 1 / (1 + np.exp(-matrix @ beta))
    return Initiation(chance, usual, beta)

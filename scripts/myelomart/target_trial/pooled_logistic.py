"""The outcome by pooled logistic regression: weighted clones and periods, robust by person.

D'Agostino RB et al. Stat Med 1990;9:1501; Hernan MA, Brumback B, Robins JM. Epidemiology
2000;11:561. The odds ratio of a short period is close to a hazard ratio.
"""

from dataclasses import dataclass

import numpy as np

from myelomart.errors import StatisticsError
from myelomart.target_trial.cloning import CONTROL, TREATED, Followed
from myelomart.target_trial.protocol import Protocol
from myelomart.target_trial.weights import CloneWeights, truncated

MAX_ITERATIONS = 40
SHORT_STEP = 1e-10


@dataclass(frozen=True)
class PeriodCells:
    """Clones by period for the pooled logistic model: matrices (n, K) of each strategy."""

    at_risk: dict[int, np.ndarray]
    events: dict[int, np.ndarray]
    column: dict[int, np.ndarray]  # of the weights, by which each cell is weighted


def period_cells(rows: Followed, protocol: Protocol) -> PeriodCells:
    """Who counts in which period, and who has the event in it.

    Treatment counts from the end of the period in which it begins, so that nobody has to live
    through a part of a period to be counted in it: a control clone that departs counts in that
    whole period, a treated clone has the weight with which it began the period.

    >>> from myelomart.target_trial import followed
    >>> rows = followed([9, 3], [1, 1], [4, np.nan], horizon=9)
    >>> cells = period_cells(rows, Protocol(grace=6, horizon=9, period=3))
    >>> cells.at_risk[TREATED].sum(axis=0).tolist(), cells.at_risk[CONTROL].sum(axis=0).tolist()
    ([2, 1, 1], [2, 1, 0])
    """
    edges = protocol.edges
    total, modelled = len(edges) - 1, protocol.modelled_periods
    periods = np.arange(total)
    lasts = np.searchsorted(edges, rows.time, side="left") - 1  # the period in which it ends
    begins = np.searchsorted(edges, rows.treated_at, side="left") - 1
    begins = np.where(rows.treated_at == 0, 0, begins)
    within = rows.treated_at <= protocol.grace
    limit = protocol.horizon if protocol.control == "never" else protocol.grace
    until = {
        TREATED: np.where(within, lasts, np.minimum(lasts, protocol.grace_periods - 1)),
        CONTROL: np.where(rows.treated_at <= limit, np.minimum(lasts, begins), lasts),
    }
    at_risk = {one: periods[None, :] <= last[:, None] for one, last in until.items()}
    ends = rows.event[:, None] & (periods[None, :] == lasts[:, None])
    waits = np.minimum(periods, protocol.grace_periods - 1)
    treated = np.where(
        within[:, None] & (periods[None, :] > begins[:, None]), protocol.grace_periods, waits
    )
    control = np.broadcast_to(np.minimum(periods, modelled), at_risk[CONTROL].shape)
    return PeriodCells(
        at_risk,
        {one: ends & at_risk[one] for one in at_risk},
        {TREATED: treated, CONTROL: control},
    )


@dataclass(frozen=True)
class PooledLogistic:
    """The weighted pooled logistic model: log odds ratio with its robust error, and risks.

    ``odds`` is of the model with one ratio for all periods; ``risks`` (2, K), control first, are of
    the model in which the ratio changes with time, and hold at the end of each period.
    """

    log_odds_ratio: float
    se: float
    risks: np.ndarray


def pooled_logistic(
    rows: Followed, protocol: Protocol, cells: PeriodCells, weights: CloneWeights,
    trim: float | None = None,
) -> PooledLogistic:  # fmt: skip
    """Event in a period by strategy, period and its square, weighted; robust by person.

    The standard error sums the rows' scores within persons (no small-sample factor).

    >>> from myelomart.target_trial import followed
    >>> rng = np.random.default_rng(2)
    >>> life = rng.exponential(10, 400)
    >>> rows = followed(life, np.ones(400), np.where(np.arange(400) < 200, 0, np.nan), horizon=12)
    >>> protocol = Protocol(grace=3, horizon=12, period=3)
    >>> ones = CloneWeights(np.ones((400, 2)), np.ones((400, 2)))
    >>> found = pooled_logistic(rows, protocol, period_cells(rows, protocol), ones)
    >>> round(found.log_odds_ratio, 2), round(found.se, 2)
    (-0.08, 0.08)
    """
    middle = (protocol.edges[:-1] + protocol.edges[1:]) / 2 / protocol.horizon
    weighted = {}
    for one, matrix in ((TREATED, weights.treated), (CONTROL, weights.control)):
        unit = np.arange(len(rows.time))[:, None]
        own = np.where(cells.at_risk[one], matrix[unit, cells.column[one]], 0.0)
        positive = own > 0
        own[positive] = truncated(own[positive], trim)
        weighted[one] = own
    totals = np.concatenate([weighted[one].sum(axis=0) for one in (CONTROL, TREATED)])
    events = np.concatenate(
        [(weighted[one] * cells.events[one]).sum(axis=0) for one in (CONTROL, TREATED)]
    )
    arm = np.repeat([0.0, 1.0], len(middle))
    time = np.tile(middle, 2)
    main = np.column_stack([np.ones_like(arm), arm, time, time**2])
    beta, information = _binomial(main, events, totals)
    chance = (1 / (1 + np.exp(-main @ beta))).reshape(2, -1)
    scores = np.zeros((int(rows.person.max()) + 1, main.shape[1]))
    for place, one in enumerate((CONTROL, TREATED)):
        left = weighted[one] * (cells.events[one] - chance[place])
        own = left @ main.reshape(2, len(middle), -1)[place]
        np.add.at(scores, rows.person, own)
    bread = np.linalg.inv(information)
    variance = bread @ (scores.T @ scores) @ bread
    whole = np.column_stack([main, arm * time, arm * time**2])
    curve, _ = _binomial(whole, events, totals)
    hazard = (1 / (1 + np.exp(-whole @ curve))).reshape(2, -1)
    return PooledLogistic(
        float(beta[1]), float(np.sqrt(variance[1, 1])), 1 - np.cumprod(1 - hazard, axis=1)
    )


def _binomial(matrix, events, totals) -> tuple[np.ndarray, np.ndarray]:
    """Newton's steps of a logistic model of cells: coefficients and information."""
    beta = np.zeros(matrix.shape[1])
    beta[0] = np.log(max(events.sum(), 1e-9) / max(totals.sum() - events.sum(), 1e-9))
    for _ in range(MAX_ITERATIONS):
        chance = 1 / (1 + np.exp(-matrix @ beta))
        information = (matrix * (totals * chance * (1 - chance))[:, None]).T @ matrix
        try:
            step = np.linalg.solve(information, matrix.T @ (events - totals * chance))
        except np.linalg.LinAlgError:
            break
        beta = beta + step
        if np.abs(step).max() < SHORT_STEP:
            return beta, information
    raise StatisticsError("the pooled logistic model has no maximum: too few events in a strategy")

"""What the weighted clones show: risks by strategy, hazard ratio, pooled logistic regression.

Risks are one minus the weighted Kaplan-Meier curve; the ratio is Cox's with Breslow's ties and the
robust variance of Lin and Wei over persons, whose clones and trials are one cluster. Times are
exact: only the weights change by period.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.survival.inputs import time_grid
from myelomart.target_trial.cloning import CONTROL, TREATED, Followed
from myelomart.target_trial.protocol import Protocol
from myelomart.target_trial.weights import CloneWeights, truncated

MAX_ITERATIONS = 40
SHORT_STEP = 1e-10
LONGEST_STEP = 2.0


@dataclass(frozen=True)
class CloneGrid:
    """The rows of all clones on the sorted times, made once for all samples of a bootstrap."""

    frame: pd.DataFrame
    times: np.ndarray  # (K,)
    stop: np.ndarray  # (r,) positions in times
    start: np.ndarray
    trial: np.ndarray
    trials: int

    def hazards(self, weight: np.ndarray, strategy: int) -> tuple[np.ndarray, np.ndarray]:
        """Weighted events and numbers at risk (trials, K) of one strategy."""
        chosen = (self.frame["strategy"] == strategy).to_numpy()
        size, width = len(self.times), self.trials * len(self.times)
        place = self.trial[chosen] * size
        own, died = weight[chosen], self.frame["event"].to_numpy()[chosen]
        stop, start = place + self.stop[chosen], place + self.start[chosen]
        events = np.bincount(stop, own * died, width).reshape(-1, size)
        change = np.bincount(stop, own, width) - np.bincount(start, own, width)
        at_risk = np.cumsum(change.reshape(-1, size)[:, ::-1], axis=1)[:, ::-1]
        return events, at_risk


def clone_grid(clones: pd.DataFrame, rows: Followed) -> CloneGrid:
    """Where the rows of ``clones`` begin and end among all times."""
    times, stop, start = time_grid(clones["stop"].to_numpy(float), clones["start"].to_numpy(float))
    trial = rows.trial[clones["unit"].to_numpy()]
    return CloneGrid(clones, times, stop, start, trial, int(rows.trial.max()) + 1)


def row_weights(
    clones: pd.DataFrame, weights: CloneWeights, trim: float | None = None
) -> np.ndarray:
    """The weight (r,) of each row, those of a strategy capped at the quantile ``trim`` from above.

    Only rows with a weight above 0 are counted for the quantile.
    """
    unit, column = clones["unit"].to_numpy(), clones["column"].to_numpy()
    strategy = clones["strategy"].to_numpy()
    weight = np.empty(len(clones))
    for one, matrix in ((TREATED, weights.treated), (CONTROL, weights.control)):
        chosen = strategy == one
        own = matrix[unit[chosen], column[chosen]]
        if not np.isfinite(own).all():
            raise StatisticsError(
                f"the weights of {int((~np.isfinite(own)).sum())} rows of clones have no limit: "
                "the covariates tell who begins treatment"
            )
        own[own > 0] = truncated(own[own > 0], trim)
        weight[chosen] = own
    return weight


def risk(grid: CloneGrid, weight: np.ndarray, strategy: int) -> np.ndarray:
    """Risk (K,) at each time of ``grid``, over all trials: one minus Kaplan-Meier."""
    events, at_risk = (one.sum(axis=0) for one in grid.hazards(weight, strategy))
    hazard = np.divide(events, at_risk, out=np.zeros(len(events)), where=events > 0)
    return 1 - np.cumprod(1 - np.minimum(hazard, 1.0))


def log_hazard_ratio(grid: CloneGrid, weight: np.ndarray) -> float:
    """Cox's log ratio of treated against control, Breslow's ties, a stratum per trial.

    Equal to ``cox_regression(…, ties="breslow")``, for the samples of a bootstrap; NaN where one
    strategy has no event.
    """
    parts = [
        array.ravel() for one in (TREATED, CONTROL) for array in grid.hazards(weight, one)
    ]
    where = (parts[0] + parts[2]) > 0
    died, treated, died_control, control = (array[where] for array in parts)
    if not died.sum() > 0 or not died_control.sum() > 0:
        return float("nan")
    total, beta = died + died_control, 0.0
    treated = np.maximum(treated, 0.0)  # rounding of the sums
    for _ in range(MAX_ITERATIONS):
        hazard = treated * np.exp(beta)
        share = hazard / (hazard + np.maximum(control, 0.0))
        information = total @ (share * (1 - share))
        if not information > 0:
            return float("nan")
        step = float((died.sum() - total @ share) / information)
        beta += float(np.clip(step, -LONGEST_STEP, LONGEST_STEP))
        if abs(step) < SHORT_STEP:
            return beta
    return float("nan")


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

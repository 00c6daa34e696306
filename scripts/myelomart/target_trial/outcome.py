"""What the weighted clones show: risks by strategy and their hazard ratio.

Risks are one minus the weighted Kaplan-Meier curve; the ratio is Cox's with Breslow's ties. Times
are exact: only the weights change by period.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.survival.inputs import time_grid
from myelomart.target_trial.cloning import CONTROL, TREATED, Followed
from myelomart.target_trial.weights import CloneWeights, truncated

MAX_ITERATIONS = 40
SHORT_STEP = 1e-10
LONGEST_STEP = 2.0


@dataclass(frozen=True)
class _Rows:
    """The rows of one strategy: which they are, and where they end and begin in a table of risk."""

    chosen: np.ndarray
    died: np.ndarray
    stop: np.ndarray
    start: np.ndarray


@dataclass(frozen=True)
class CloneGrid:
    """The rows of all clones on the sorted times (K,), made once for all samples of a bootstrap."""

    times: np.ndarray
    trial: np.ndarray  # (r,) codes
    trials: int
    of: dict[int, _Rows]

    def hazards(self, weight: np.ndarray, strategy: int) -> tuple[np.ndarray, np.ndarray]:
        """Weighted events and numbers at risk (trials, K) of one strategy; ``weight`` is (r,)."""
        size, rows = len(self.times), self.of[strategy]
        own = weight[rows.chosen]
        events, leaving, entering = (
            np.bincount(place, worth, self.trials * size).reshape(-1, size)
            for place, worth in ((rows.stop, own * rows.died), (rows.stop, own), (rows.start, own))
        )
        return events, np.cumsum((leaving - entering)[:, ::-1], axis=1)[:, ::-1]

    def risk(self, weight: np.ndarray, strategy: int) -> float:
        """Risk by the last time over all trials: one minus Kaplan-Meier."""
        events, at_risk = (one.sum(axis=0) for one in self.hazards(weight, strategy))
        hazard = np.divide(events, at_risk, out=np.zeros(len(events)), where=events > 0)
        return float(1 - np.prod(1 - np.minimum(hazard, 1.0)))

    def log_hazard_ratio(self, weight: np.ndarray) -> float:
        """Cox's log ratio of treated against control, a stratum per trial.

        Equal to ``cox_regression(…, ties="breslow")``; NaN where one strategy has no event.
        """
        parts = [one.ravel() for arm in (TREATED, CONTROL) for one in self.hazards(weight, arm)]
        where = (parts[0] + parts[2]) > 0
        died, treated, died_control, control = (one[where] for one in parts)
        if not died.sum() > 0 or not died_control.sum() > 0:
            return float("nan")
        total, beta = died + died_control, 0.0
        treated, control = np.maximum(treated, 0.0), np.maximum(control, 0.0)  # rounding of sums
        for _ in range(MAX_ITERATIONS):
            hazard = treated * np.exp(beta)
            share = hazard / (hazard + control)
            information = total @ (share * (1 - share))
            if not information > 0:
                break
            step = float((died.sum() - total @ share) / information)
            beta += float(np.clip(step, -LONGEST_STEP, LONGEST_STEP))
            if abs(step) < SHORT_STEP:
                return beta
        return float("nan")


def clone_grid(clones: pd.DataFrame, rows: Followed) -> CloneGrid:
    """Where the rows of ``clones`` begin and end among all times.

    >>> from myelomart.target_trial import Protocol, clone_rows, followed
    >>> rows = followed([9, 9, 3, 9], [1, 0, 1, 0], [4, np.nan, np.nan, np.nan], horizon=9)
    >>> clones = clone_rows(rows, Protocol(grace=6, horizon=9, period=3))
    >>> grid = clone_grid(clones, rows)
    >>> grid.risk(np.ones(len(clones)), TREATED), round(grid.risk(np.ones(len(clones)), CONTROL), 2)
    (1.0, 0.25)
    """
    times, stop, start = time_grid(clones["stop"].to_numpy(float), clones["start"].to_numpy(float))
    trial = rows.trial[clones["unit"].to_numpy()]
    strategy, event = clones["strategy"].to_numpy(), clones["event"].to_numpy(bool)
    place = trial * len(times)
    of = {
        one: _Rows(chosen, event[chosen], (place + stop)[chosen], (place + start)[chosen])
        for one in (TREATED, CONTROL)
        for chosen in (np.flatnonzero(strategy == one),)
    }
    return CloneGrid(times, trial, int(rows.trial.max()) + 1, of)


def row_weights(
    clones: pd.DataFrame, weights: CloneWeights, trim: float | None = None
) -> np.ndarray:
    """The weight (r,) of each row, those of a strategy capped at the quantile ``trim`` from above.

    Only rows with a weight above 0 count for the quantile.

    >>> clones = pd.DataFrame({"unit": [0, 0], "column": [0, 1], "strategy": [1, 0]})
    >>> row_weights(clones, CloneWeights(np.array([[2.0, 3.0]]), np.array([[1.0, 5.0]]))).tolist()
    [2.0, 5.0]
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

"""The Fine-Gray model of the subdistribution hazard, in O(n log n) (``cmprsk::crr`` is O(n²)).

Fine JP, Gray RJ. J Am Stat Assoc 1999;94:496. A row with the competing event stays at risk with
weight G(t-) / G(X-), G the Kaplan-Meier curve of censoring. The weight splits into a factor of t
and one of the row, so all risk sets are running sums. Ties as Breslow; the variance is the paper's
sandwich with the term for the estimated G, as ``crr`` has it.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from myelomart.design import design_matrix
from myelomart.errors import StatisticsError
from myelomart.frame_calls import by_frame
from myelomart.results_shown import Ratios
from myelomart.survival.competing_risks import event_codes
from myelomart.survival.cox import CoxFit, cox_regression
from myelomart.survival.inputs import event_times, time_grid
from myelomart.survival.partial_likelihood import weighted_gram

MAX_ITERATIONS = 40
FLAT_STEP = 1e-14  # squared Newton step in standard errors
SHORT_STEP = 1e-3  # log ratio per standard deviation
STEEPEST_EFFECT = 20.0  # log ratio per standard deviation that no data can support
LEAST_INFORMATION = 1e-9  # of that without covariates: below, the likelihood is flat to infinity


@dataclass(frozen=True)
class FineGrayFit(Ratios):
    """Coefficients (p,) on the log subdistribution hazard ratio, with their sandwich variance."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    variance: np.ndarray  # (p, p)
    log_likelihood: float
    log_likelihood_null: float
    n: int
    events: int
    competing: int
    cause: int
    conf_level: float

    @property
    def se(self) -> np.ndarray:
        """Standard errors (p,)."""
        return np.sqrt(np.diag(self.variance))

    def table(self) -> pd.DataFrame:
        """One row per term: coef, se, shr, ci_low, ci_high, z, p."""
        half = norm.ppf(0.5 + self.conf_level / 2) * self.se
        z = self.coefficients / self.se
        return pd.DataFrame(
            {
                "term": self.names,
                "coef": self.coefficients,
                "se": self.se,
                "shr": np.exp(self.coefficients),
                "ci_low": np.exp(self.coefficients - half),
                "ci_high": np.exp(self.coefficients + half),
                "z": z,
                "p": 2 * norm.sf(np.abs(z)),
            }
        )


@by_frame("time", "event_code", "covariates")
def fine_gray(
    time: ArrayLike,
    event_code: ArrayLike,
    covariates: pd.DataFrame | ArrayLike,
    *,
    cause: int = 1,
    conf_level: float = 0.95,
) -> FineGrayFit:
    """Fit time (n,), code (n,) 0 censored, 1, 2, … and covariates (n, c); right-censored data.

    Raises StatisticsError when no row has the cause, on constant and collinear covariates, and when
    a ratio runs to infinity.

    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> code = [1, 2, 0, 1, 1, 0, 2, 0, 1, 2, 1, 0]
    >>> frame = pd.DataFrame({"arm": [0] * 6 + [1] * 6})
    >>> fine_gray(time, code, frame).table()["shr"].round(3).tolist()
    [0.368]
    """
    times, _ = event_times(time)
    codes = event_codes(event_code, times)
    if not (codes == cause).any():
        raise StatisticsError(f"no row of {len(times)} has the event {cause}: nothing to model")
    design = design_matrix(covariates)
    sets = _WeightedRiskSets(times, codes, design.matrix, cause)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # on the way to infinity
        beta, state, null_likelihood = _newton(sets, design)
    inverse = np.linalg.inv(state.information)
    influence = sets.influence(state)
    return FineGrayFit(
        design.names, beta, inverse @ (influence.T @ influence) @ inverse, state.log_likelihood,
        null_likelihood, len(times), int((codes == cause).sum()),
        int(((codes != cause) & (codes > 0)).sum()), cause, conf_level,
    )  # fmt: skip


@by_frame("time", "event_code", "covariates", "entry", "strata", "cluster", "weights")
def cause_specific_regression(
    time: ArrayLike,
    event_code: ArrayLike,
    covariates: pd.DataFrame | ArrayLike,
    *,
    cause: int = 1,
    **options: object,
) -> CoxFit:
    """Cox model of the cause-specific hazard: the other causes end follow-up as censoring does.

    It answers what drives the cause (aetiology); :func:`fine_gray` what happens to whom
    (prediction). ``options`` are those of :func:`cox_regression`.

    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> code = [1, 2, 0, 1, 1, 0, 2, 0, 1, 2, 1, 0]
    >>> frame = pd.DataFrame({"arm": [0] * 6 + [1] * 6})
    >>> cause_specific_regression(time, code, frame).events
    5
    """
    times, _ = event_times(time, options.get("entry"))
    codes = event_codes(event_code, times)
    return cox_regression(times, codes == cause, covariates, **options)


@dataclass(frozen=True)
class _State:
    """Likelihood and derivatives at one coefficient vector; per event time (m,) or row (n,)."""

    log_likelihood: float
    score: np.ndarray
    information: np.ndarray
    risk: np.ndarray
    hazard: np.ndarray
    mean: np.ndarray  # (m, p) weighted mean of the covariates over the risk set


class _WeightedRiskSets:
    """Rows sorted by time; the risk set at an event time is a tail plus a weighted head."""

    def __init__(self, times, codes, matrix, cause):
        grid, index, _ = time_grid(times)
        order = np.argsort(index, kind="stable")
        self.index, codes = index[order], codes[order]
        self.matrix = matrix[order]
        self.matrix = self.matrix - self.matrix.mean(0)
        self.event, self.censored = codes == cause, codes == 0
        self.competing = ~self.event & ~self.censored
        size = len(grid)
        self.leaving = np.bincount(self.index, minlength=size)
        self.at_risk = np.cumsum(self.leaving[::-1])[::-1]
        self.lost = np.bincount(self.index[self.censored], minlength=size)
        still = np.cumprod(1 - self.lost / self.at_risk)
        self.censoring_before = np.concatenate([[1.0], still[:-1]])  # G(t-)
        deaths = np.bincount(self.index[self.event], minlength=size)
        self.cells = np.flatnonzero(deaths)
        self.deaths = deaths[self.cells].astype(float)
        self.cell_weight = self.censoring_before[self.cells]
        # a row is at risk in cells before `last`, and by its weight from there on if it competes
        self.last = np.searchsorted(self.cells, self.index, side="right")
        self.own_cell = np.searchsorted(self.cells, self.index[self.event])
        self.head_weight = np.where(
            self.competing, 1 / np.maximum(self.censoring_before[self.index], 1e-300), 0.0
        )
        self.event_total = self.matrix[self.event].sum(0)

    def _totals(self, values):
        """Sum of values (n, …) over each risk set (m, …)."""
        m = len(self.cells)
        flat = values.reshape(len(values), -1)
        tail = np.empty((m + 1, flat.shape[1]))
        head = np.empty((m + 1, flat.shape[1]))
        for column in range(flat.shape[1]):
            tail[:, column] = np.bincount(self.last, flat[:, column], m + 1)
            head[:, column] = np.bincount(self.last, flat[:, column] * self.head_weight, m + 1)
        tail = np.cumsum(tail[::-1], axis=0)[::-1]
        head = np.cumsum(head, axis=0)
        total = tail[1:] + self.cell_weight[:, None] * head[:-1]
        return total.reshape((m, *values.shape[1:]))

    def lived(self, increments):
        """Sum of increments (m, …) over the cells each row is at risk in, weighted (n, …)."""
        shape = (-1,) + (1,) * (increments.ndim - 1)
        zero = np.zeros((1, *increments.shape[1:]))
        plain = np.concatenate([zero, np.cumsum(increments, axis=0)])
        weighted = increments * self.cell_weight.reshape(shape)
        ahead = np.concatenate([np.cumsum(weighted[::-1], axis=0)[::-1], zero])
        return plain[self.last] + self.head_weight.reshape(shape) * ahead[self.last]

    def at(self, beta) -> _State:
        """Likelihood, score and information at ``beta`` (p,)."""
        eta = self.matrix @ beta
        eta -= eta.max()
        risk = np.exp(eta)
        total = self._totals(risk)
        mean = self._totals(risk[:, None] * self.matrix) / total[:, None]
        hazard = self.deaths / total
        squares = weighted_gram(self.matrix, risk * self.lived(hazard))
        return _State(
            float(eta[self.event].sum() - self.deaths @ np.log(total)),
            self.event_total - self.deaths @ mean,
            squares - mean.T @ (self.deaths[:, None] * mean),
            risk,
            hazard,
            mean,
        )

    def influence(self, state: _State) -> np.ndarray:
        """Each row's score residual plus its part in the estimate of censoring (n, p)."""
        hazard_mean = state.hazard[:, None] * state.mean
        residual = self.lived(hazard_mean) - self.lived(state.hazard)[:, None] * self.matrix
        residual *= state.risk[:, None]
        residual[self.event] += self.matrix[self.event] - state.mean[self.own_cell]
        return residual + self._censoring_part(state, hazard_mean)

    def _censoring_part(self, state: _State, hazard_mean) -> np.ndarray:
        """Integral of q / π over each row's censoring martingale (n, p)."""
        size, p = len(self.at_risk), self.matrix.shape[1]
        # rows with the competing event before u, and event times at or after u, as in the paper
        load = state.risk * self.head_weight
        held = np.empty((size, p + 1))
        held[:, 0] = np.bincount(self.index, load, size)
        for column in range(p):
            held[:, column + 1] = np.bincount(self.index, load * self.matrix[:, column], size)
        held = np.cumsum(held, axis=0) - held
        ahead = np.searchsorted(self.cells, np.arange(size), side="left")
        rest = np.zeros((len(self.cells) + 1, p + 1))
        rest[:-1, 0] = self.cell_weight * state.hazard
        rest[:-1, 1:] = self.cell_weight[:, None] * hazard_mean
        rest = np.cumsum(rest[::-1], axis=0)[::-1][ahead]
        q = held[:, 1:] * rest[:, :1] - held[:, :1] * rest[:, 1:]
        per_person = q / self.at_risk[:, None]
        drift = np.cumsum(per_person * (self.lost / self.at_risk)[:, None], axis=0)
        part = -drift[self.index]
        part[self.censored] += per_person[self.index[self.censored]]
        return part


def _newton(sets: _WeightedRiskSets, design):
    """Maximise the weighted partial likelihood, halving steps that lower it."""
    beta = np.zeros(len(design.names))
    state = sets.at(beta)
    null_likelihood = state.log_likelihood
    _refuse_collinear(design, sets, state.information)
    scale = sets.matrix.std(0)
    least = LEAST_INFORMATION * np.diag(state.information)
    for _ in range(MAX_ITERATIONS):
        try:
            step = np.linalg.solve(state.information, state.score)
        except np.linalg.LinAlgError:
            break
        flat = state.score @ step < FLAT_STEP and np.abs(step * scale).max() < SHORT_STEP
        for _ in range(12):
            trial = sets.at(beta + step)
            if trial.log_likelihood > state.log_likelihood - 1e-9 * abs(state.log_likelihood):
                break
            step = step / 2
        beta, state = beta + step, trial
        is_lost = (np.diag(state.information) < least).any()
        if is_lost or np.abs(beta * scale).max() > STEEPEST_EFFECT:
            break
        if flat:
            return beta, state, null_likelihood
    name = design.names[int(np.argmax(np.abs(beta * scale)))]
    raise StatisticsError(
        f"column {name}: its values separate the {int(sets.event.sum())} events from the rest, so "
        "its subdistribution hazard ratio is 0 or infinite: leave it out or merge categories"
    )


def _refuse_collinear(design, sets, information) -> None:
    """Refuse the first covariate that the ones before it determine."""
    scale = sets.deaths.sum() * sets.matrix.var(0)
    for position, name in enumerate(design.names):
        before = slice(0, position)
        left = information[position, position]
        if position:
            solved = np.linalg.solve(information[before, before], information[before, position])
            left -= information[before, position] @ solved
        if left <= 1e-10 * scale[position]:
            raise StatisticsError(
                f"column {name}: the other covariates determine it in all {int(sets.event.sum())} "
                "events: leave out this column or what it repeats"
            )

"""Firth's penalised Cox likelihood: finite estimates when a group has no event.

Heinze G, Schemper M. Biometrics 2001;57:114: the log likelihood gains half the log determinant of
the information, whose gradient is the third moment of the covariates in each risk set. Wald limits
mislead here, because the likelihood is far from a parabola: ``CoxFit.table`` gives the profile's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import chi2

from myelomart.errors import StatisticsError
from myelomart.survival.partial_likelihood import (
    RiskSets,
    RiskSums,
    information,
    lived_through,
    log_likelihood,
    risk_set_totals,
    risk_sums,
    score,
    sums_by_cell,
)

if TYPE_CHECKING:
    from myelomart.survival.cox import CoxFit

MAX_ITERATIONS = 200
MAX_STEP = 2.0  # on the log hazard scale, per standard deviation
PROFILE_STEP = 1e-5  # at the top the likelihood moves by the square of a step
SHORT_STEP = 1e-8  # the next would be shorter than rounding
DIFFERENCE = 1e-4  # in standard deviations of the covariate
RENEWAL = 3  # steps for which a curvature is good enough: it costs as much as several
FARTHEST = 1e3  # standard deviations from the estimate where no limit is sought any more


def firth_maximum(sets: RiskSets) -> tuple[np.ndarray, RiskSums, float, float]:
    """Coefficients (p,), risk sums there, and the penalised log likelihoods there and at zero.

    >>> import pandas as pd
    >>> from myelomart.survival import cox_regression
    >>> arm = pd.DataFrame({"arm": [1, 1, 1, 0, 0, 0]})
    >>> fit = cox_regression([5, 6, 7, 2, 3, 4], [0, 0, 0, 1, 1, 0], arm, penalty="firth")
    >>> firth_maximum(fit.sets)[0].round(3).tolist()
    [-1.835]
    """
    zero = np.zeros(sets.matrix.shape[1])
    beta, likelihood = _climb(sets, zero, np.ones(len(zero), bool))
    return beta, risk_sums(sets, beta), likelihood, penalized_log_likelihood(sets, zero)


def penalized_log_likelihood(sets: RiskSets, beta: ArrayLike) -> float:
    """Log partial likelihood plus half the log determinant of the information.

    >>> import pandas as pd
    >>> from myelomart.survival import cox_regression
    >>> arm = pd.DataFrame({"arm": [1, 1, 1, 0, 0, 0]})
    >>> fit = cox_regression([5, 6, 7, 2, 3, 4], [0, 0, 0, 1, 1, 0], arm, penalty="firth")
    >>> bool(np.isclose(penalized_log_likelihood(fit.sets, fit.coefficients), fit.log_likelihood))
    True
    """
    with np.errstate(all="ignore"):  # a step too far is judged by the likelihood it gives
        sums = risk_sums(sets, np.asarray(beta, float))
        return log_likelihood(sets, sums) + np.linalg.slogdet(information(sets, sums))[1] / 2


def profile_limits(fit: CoxFit, position: int) -> tuple[float, float]:
    """Limits of one coefficient of a Firth fit from its penalised profile likelihood.

    >>> import pandas as pd
    >>> from myelomart.survival import cox_regression
    >>> arm = pd.DataFrame({"arm": [1, 1, 1, 0, 0, 0]})
    >>> fit = cox_regression([5, 6, 7, 2, 3, 4], [0, 0, 0, 1, 1, 0], arm, penalty="firth")
    >>> [round(float(limit), 2) for limit in profile_limits(fit, 0)]
    [-6.77, 0.69]
    """
    sets, beta = fit.sets, fit.coefficients
    drop = chi2.ppf(fit.conf_level, 1) / 2
    scale = _scale(sets)[position]

    def gap(value):
        return fit.log_likelihood - _profile(sets, beta, position, value) - drop

    limits = []
    for sign in (-1, 1):
        width = sign / scale
        while gap(beta[position] + width) < 0 and abs(width * scale) < FARTHEST:
            width *= 2
        reached = abs(width * scale) < FARTHEST
        ends = sorted((beta[position], beta[position] + width))
        limits.append(brentq(gap, *ends, xtol=1e-11) if reached else sign * np.inf)
    return tuple(limits)


def profile_p(fit: CoxFit, position: int) -> float:
    """p of one coefficient being 0, by the ratio of penalised likelihoods.

    >>> import pandas as pd
    >>> from myelomart.survival import cox_regression
    >>> arm = pd.DataFrame({"arm": [1, 1, 1, 0, 0, 0]})
    >>> fit = cox_regression([5, 6, 7, 2, 3, 4], [0, 0, 0, 1, 1, 0], arm, penalty="firth")
    >>> round(profile_p(fit, 0), 3)
    0.167
    """
    at_zero = _profile(fit.sets, fit.coefficients, position, 0.0)
    return float(chi2.sf(2 * (fit.log_likelihood - at_zero), 1))


def _profile(sets: RiskSets, beta, position: int, value: float) -> float:
    """The penalised log likelihood with one coefficient held at ``value``."""
    start, free = np.array(beta), np.ones(len(beta), bool)
    start[position], free[position] = value, False
    return _climb(sets, start, free, PROFILE_STEP)[1]


def _climb(sets: RiskSets, beta, free, shortest=SHORT_STEP) -> tuple[np.ndarray, float]:
    """Maximise over the ``free`` coefficients (p,) by Newton steps, halved when they overshoot."""
    beta, scale = np.array(beta, float), _scale(sets)
    likelihood = penalized_log_likelihood(sets, beta)
    if not free.any():
        return beta, likelihood
    for iteration in range(MAX_ITERATIONS):
        step = np.zeros(len(beta))
        try:
            with np.errstate(all="ignore"):
                if iteration % RENEWAL == 0:
                    curvature = _curvature(sets, beta, scale, free)
                step[free] = np.linalg.solve(curvature, _penalized_score(sets, beta)[free])
        except np.linalg.LinAlgError:
            break
        step /= max(1.0, np.abs(step * scale).max() / MAX_STEP)
        flat = np.abs(step * scale).max() < shortest
        for _ in range(20):
            trial = penalized_log_likelihood(sets, beta + step)
            if trial >= likelihood - 1e-10 * abs(likelihood):
                break
            step = step / 2
        beta, likelihood = beta + step, trial
        if flat:
            return beta, likelihood
    raise StatisticsError("Firth's penalised likelihood did not converge: use fewer covariates")


def _penalized_score(sets: RiskSets, beta) -> np.ndarray:
    """Gradient of the penalised log likelihood (p,).

    Half the trace of A dI/dbeta, A the inverse of the information I: a sum over the deaths of the
    covariance, in the risk set, of x with x'Ax - 2 x'Am, m the mean of x there. The x x' of each
    risk set are never formed: they are sums over rows of what each row lived through.
    """
    sums = risk_sums(sets, beta)
    inverse = np.linalg.inv(information(sets, sums))
    fraction, hazard = sets.tie_fraction, sums.hazard
    own_square = np.einsum("np,pq,nq->n", sets.matrix, inverse, sets.matrix)
    mean_square = _tied_mean(replace(sets, matrix=own_square[:, None]), sums)[:, 0]
    mean = sums.risk_total[sets.event_cell] - fraction[:, None] * sums.death_total[sets.event_cell]
    mean /= sums.denominator[:, None]
    turned = mean @ inverse
    lived = lived_through(sets, hazard, hazard * fraction)
    per_tie = hazard[:, None] * turned
    lived_turned = lived_through(sets, per_tie, per_tie * fraction[:, None])
    load = own_square * lived - 2 * np.einsum("np,np->n", sets.matrix, lived_turned)
    centre = mean_square - 2 * np.einsum("dp,dp->d", mean, turned)
    third = (sums.risk * load) @ sets.matrix - (sets.tie_weight * centre) @ mean
    return score(sets, sums) + third / 2


def _tied_mean(sets: RiskSets, sums) -> np.ndarray:
    """Mean of the columns of ``sets.matrix`` over the risk set of each death, ties as fitted."""
    total = risk_set_totals(sets, sums.risk)[sets.event_cell, 1:]
    if sets.tie_fraction.any():
        death = sums_by_cell(sets, sums.risk, sets.event_rows, sets.event_cell)
        total = total - sets.tie_fraction[:, None] * death[sets.event_cell, 1:]
    return total / sums.denominator[:, None]


def _curvature(sets: RiskSets, beta, scale, free) -> np.ndarray:
    """Minus the second derivatives in the free coefficients; the information where not convex."""
    columns = []
    for position in np.flatnonzero(free):
        shift = np.zeros(len(beta))
        shift[position] = DIFFERENCE / scale[position]
        fall = _penalized_score(sets, beta - shift) - _penalized_score(sets, beta + shift)
        columns.append(fall[free] / (2 * shift[position]))
    matrix = np.array(columns)
    matrix = (matrix + matrix.T) / 2
    if np.linalg.eigvalsh(matrix).min() > 0:
        return matrix
    return information(sets, risk_sums(sets, beta))[np.ix_(free, free)]


def _scale(sets: RiskSets) -> np.ndarray:
    """Standard deviation of each covariate (p,)."""
    return np.sqrt(sets.weights @ sets.matrix**2 / sets.weights.sum())

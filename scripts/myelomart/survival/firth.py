"""Firth's penalised Cox likelihood: finite estimates when a group has no event.

Heinze G, Schemper M. Biometrics 2001;57:114: the log likelihood gains half the log determinant of
the information. The gradient of that term is taken by central differences of the information.
"""

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.stats import chi2

from myelomart.errors import StatisticsError
from myelomart.survival.partial_likelihood import (
    RiskSets,
    information,
    log_likelihood,
    risk_sums,
    score,
)

MAX_ITERATIONS = 200
MAX_STEP = 2.0  # on the log hazard scale, per standard deviation
DIFFERENCE = 1e-5  # in standard deviations of the covariate


def firth_maximum(sets: RiskSets):
    """Coefficients (p,), risk sums there, and the penalised log likelihoods there and at zero."""
    scale = np.sqrt(sets.weights @ sets.matrix**2 / sets.weights.sum())
    beta = np.zeros(len(scale))
    likelihood = null_likelihood = penalized_log_likelihood(sets, beta)
    for _ in range(MAX_ITERATIONS):
        gradient = _penalized_score(sets, beta, scale)
        step = np.linalg.solve(information(sets, risk_sums(sets, beta)), gradient)
        step /= max(1.0, np.abs(step * scale).max() / MAX_STEP)
        flat = np.abs(step * scale).max() < 1e-9
        for _ in range(20):
            trial = penalized_log_likelihood(sets, beta + step)
            if trial >= likelihood - 1e-10 * abs(likelihood):
                break
            step = step / 2
        beta, likelihood = beta + step, trial
        if flat:
            return beta, risk_sums(sets, beta), likelihood, null_likelihood
    raise StatisticsError("Firth's penalised likelihood did not converge: use fewer covariates")


def penalized_log_likelihood(sets: RiskSets, beta) -> float:
    """Log partial likelihood plus half the log determinant of the information."""
    sums = risk_sums(sets, np.asarray(beta, float))
    return log_likelihood(sets, sums) + np.linalg.slogdet(information(sets, sums))[1] / 2


def _penalized_score(sets: RiskSets, beta, scale) -> np.ndarray:
    """Gradient of the penalised log likelihood (p,)."""

    def log_determinant(at):
        return np.linalg.slogdet(information(sets, risk_sums(sets, at)))[1]

    penalty = np.empty(len(beta))
    for position in range(len(beta)):
        shift = np.zeros(len(beta))
        shift[position] = DIFFERENCE / scale[position]
        rise = log_determinant(beta + shift) - log_determinant(beta - shift)
        penalty[position] = rise / (2 * shift[position])
    return score(sets, risk_sums(sets, beta)) + penalty / 2


def profile_limits(sets: RiskSets, position: int, maximum: float, beta, conf_level=0.95):
    """Limits of one coefficient from the penalised profile likelihood, better than Wald here."""
    drop = chi2.ppf(conf_level, 1) / 2
    others = [k for k in range(len(beta)) if k != position]
    scale = np.sqrt(sets.weights @ sets.matrix**2 / sets.weights.sum())

    def loss(value):
        def negative(rest):
            trial = np.array(beta)
            trial[position], trial[others] = value, rest
            return -penalized_log_likelihood(sets, trial)

        best = negative(beta[others])
        if others:
            best = minimize(negative, beta[others], method="BFGS").fun
        return maximum + best - drop

    limits = []
    for sign in (-1, 1):
        width = sign / scale[position]
        while loss(beta[position] + width) < 0:
            width *= 2
            if abs(width * scale[position]) > 1e3:
                width = np.nan
                break
        low, high = sorted((beta[position], beta[position] + width))
        limits.append(brentq(loss, low, high, xtol=1e-10) if np.isfinite(width) else np.nan)
    return tuple(limits)

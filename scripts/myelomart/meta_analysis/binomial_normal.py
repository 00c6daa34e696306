"""Proportions by the binomial-normal model: a logistic regression with a random study intercept.

Exact for zero cells, no continuity correction (Stijnen T et al. Stat Med 2010;29:3046). Maximum
likelihood with adaptive Gauss-Hermite quadrature on 7 nodes, as ``metafor::rma.glmm`` by ``lme4``;
the Wald standard error comes from the full Hessian, profile limits are offered beside it.
"""

import numpy as np
from numpy.polynomial.hermite import hermgauss
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import expit, gammaln
from scipy.stats import chi2

from myelomart.errors import StatisticsError
from myelomart.meta_analysis.effect_sizes import EffectSizes

NODES = 7


def fit_binomial_normal(sizes: EffectSizes) -> tuple[float, float, float]:
    """Mean logit, its standard error, and τ² by maximum likelihood."""
    _refuse_other(sizes)
    mean, tau = _maximum(sizes)
    hessian = _hessian(sizes, mean, tau)
    if tau < 1e-4:  # on the boundary only the mean is estimated
        return mean, float(1 / np.sqrt(hessian[0, 0])), tau**2
    return mean, float(np.sqrt(np.linalg.inv(hessian)[0, 0])), tau**2


def saturated_wald(sizes: EffectSizes) -> float:
    """Q of the studies' uncorrected logits; a study with an empty cell weighs nothing."""
    share = sizes.events / sizes.n
    inside = (share > 0) & (share < 1)
    weight = (sizes.n * share * (1 - share))[inside]
    logit = np.log(share[inside] / (1 - share[inside]))
    return float(weight @ (logit - weight @ logit / weight.sum()) ** 2) if inside.any() else 0.0


def profile_interval(sizes: EffectSizes, conf_level=0.95) -> tuple[float, float]:
    """Profile-likelihood limits of the mean proportion."""
    _refuse_other(sizes)
    mean, tau = _maximum(sizes)
    top = log_likelihood(sizes, mean, tau) - chi2.ppf(conf_level, 1) / 2

    def gap(value):
        best = minimize_scalar(
            lambda t: -log_likelihood(sizes, value, t), bounds=(0, 10), method="bounded",
            options={"xatol": 1e-9},
        )  # fmt: skip
        return -best.fun - top

    limits = []
    for sign in (-1, 1):
        width = 0.5
        while gap(mean + sign * width) > 0:
            width *= 2
        limits.append(float(expit(brentq(gap, mean, mean + sign * width, xtol=1e-10))))
    return tuple(limits)


def log_likelihood(sizes: EffectSizes, mean: float, tau: float) -> float:
    """Marginal log likelihood of all studies at a mean logit and a between-study deviation."""
    events, n = sizes.events, sizes.n
    tau = abs(tau)
    mode = np.zeros(len(n))  # of the standardized study effect
    for _ in range(50):
        chance = expit(mean + tau * mode)
        gradient = tau * (events - n * chance) - mode
        step = gradient / (tau**2 * n * chance * (1 - chance) + 1)
        mode = mode + step
        if np.abs(step).max() < 1e-13:
            break
    chance = expit(mean + tau * mode)
    width = 1 / np.sqrt(tau**2 * n * chance * (1 - chance) + 1)
    nodes, weights = hermgauss(NODES)
    points = mode[:, None] + np.sqrt(2) * width[:, None] * nodes
    eta = mean + tau * points
    # log of the binomial times the normal density, at each node
    log_part = events[:, None] * eta - n[:, None] * np.logaddexp(0, eta) - points**2 / 2
    integral = (np.exp(log_part - log_part.max(1, keepdims=True) + nodes**2) * weights).sum(1)
    constant = gammaln(n + 1) - gammaln(events + 1) - gammaln(n - events + 1)
    return float((np.log(integral * width / np.sqrt(np.pi)) + log_part.max(1) + constant).sum())


def _maximum(sizes: EffectSizes) -> tuple[float, float]:
    """Maximum-likelihood mean and deviation."""
    start = np.log((sizes.events.sum() + 0.5) / (sizes.n.sum() - sizes.events.sum() + 0.5))
    best = minimize(
        lambda at: -log_likelihood(sizes, *at), [start, 0.3], method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 2000},
    )  # fmt: skip
    mean, tau = float(best.x[0]), abs(float(best.x[1]))
    pooled = minimize_scalar(
        lambda at: -log_likelihood(sizes, at, 0.0), bracket=(mean - 1, mean + 1)
    )
    return (float(pooled.x), 0.0) if pooled.fun <= best.fun + 1e-10 else (mean, tau)


def _hessian(sizes: EffectSizes, mean: float, tau: float) -> np.ndarray:
    """Minus the second derivatives of the log likelihood in mean and tau (2, 2)."""
    step = 1e-3

    def second(one, other):
        total = 0.0
        # fourth-order differences, from two step lengths
        for length, share in ((step, 4 / 3), (2 * step, -1 / 3)):
            a, b = length * np.asarray(one, float), length * np.asarray(other, float)
            at = np.array([mean, tau])
            corners = (
                log_likelihood(sizes, *(at + a + b))
                - log_likelihood(sizes, *(at + a - b))
                - log_likelihood(sizes, *(at - a + b))
                + log_likelihood(sizes, *(at - a - b))
            )
            total += share * corners / (4 * length**2)
        return -total

    cross = second((1, 0), (0, 1))
    return np.array([[second((1, 0), (1, 0)), cross], [cross, second((0, 1), (0, 1))]])


def _refuse_other(sizes: EffectSizes) -> None:
    """The model is for counts alone."""
    if sizes.events is None:
        raise StatisticsError("glmm pools events among n: give columns events and n, or use reml")
    if sizes.events.sum() in (0, sizes.n.sum()):
        raise StatisticsError(
            f"column events: all {len(sizes.n)} studies together have no event or no non-event"
        )

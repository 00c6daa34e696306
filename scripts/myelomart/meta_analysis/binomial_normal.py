"""Proportions by the binomial-normal model: a logistic regression with a random study intercept.

Exact for zero cells, no continuity correction (Stijnen T et al. Stat Med 2010;29:3046). Maximum
likelihood with adaptive Gauss-Hermite quadrature, by Newton steps on exact derivatives (Louis TA.
J R Stat Soc B 1982;44:226) down to rounding. ``metafor::rma.glmm`` fits the same model by ``lme4``,
whose default search stops near 1e-5. The Wald standard error comes from the full Hessian, profile
limits are offered beside it.
"""

from functools import cache

import numpy as np
from numpy.polynomial.hermite import hermgauss
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import expit, gammaln, logit
from scipy.stats import chi2

from myelomart.errors import StatisticsError
from myelomart.meta_analysis.effect_sizes import EffectSizes

NODES = 100  # even with a spread of several logits
NEWTON_STEPS = 30
SHORTEST_STEP = 1e-12
PROFILE_STEP = 1e-6  # at the top the likelihood moves by the square of a step
LONGEST_STEP = 2.0  # of a study's logit, in the search for its mode


def fit_binomial_normal(sizes: EffectSizes) -> tuple[float, float, float]:
    """Mean logit, its standard error, and τ² by maximum likelihood.

    >>> from myelomart.meta_analysis import proportions
    >>> mean, se, tau2 = fit_binomial_normal(proportions([8, 12, 30], [20, 25, 40]))
    >>> round(mean, 3), round(tau2, 3)
    (0.253, 0.29)
    """
    _refuse_other(sizes)
    mean, tau = _maximum(sizes)
    information = -derivatives(sizes, mean, tau)[1]
    if tau == 0:  # on the boundary only the mean is estimated
        return mean, float(1 / np.sqrt(information[0, 0])), 0.0
    return mean, float(np.sqrt(np.linalg.inv(information)[0, 0])), tau**2


def saturated_wald(sizes: EffectSizes) -> float:
    """Q of the studies' uncorrected logits; a study with an empty cell weighs nothing.

    >>> from myelomart.meta_analysis import proportions
    >>> round(saturated_wald(proportions([8, 12, 30], [20, 25, 40])), 3)
    8.071
    """
    share = sizes.events / sizes.n
    inside = (share > 0) & (share < 1)
    weight = (sizes.n * share * (1 - share))[inside]
    effect = logit(share[inside])
    return float(weight @ (effect - weight @ effect / weight.sum()) ** 2) if inside.any() else 0.0


def profile_interval(sizes: EffectSizes, conf_level: float = 0.95) -> tuple[float, float]:
    """Profile-likelihood limits of the mean proportion.

    >>> from myelomart.meta_analysis import proportions
    >>> [round(limit, 3) for limit in profile_interval(proportions([8, 12, 30], [20, 25, 40]))]
    [0.296, 0.787]
    """
    _refuse_other(sizes)
    mean, tau = _maximum(sizes)
    top = log_likelihood(sizes, mean, tau) - chi2.ppf(conf_level, 1) / 2

    def gap(value):
        return log_likelihood(sizes, value, _best_spread(sizes, value, tau)) - top

    limits = []
    for sign in (-1, 1):
        width = 0.5
        while gap(mean + sign * width) > 0:
            width *= 2
        limits.append(float(expit(brentq(gap, mean, mean + sign * width, xtol=1e-10))))
    return tuple(limits)


def _best_spread(sizes: EffectSizes, mean: float, start: float) -> float:
    """The deviation of greatest likelihood at a given mean: Newton's steps, else a search."""
    tau = start
    for _ in range(NEWTON_STEPS):
        gradient, hessian = derivatives(sizes, mean, tau)
        if not hessian[1, 1] < 0:
            break
        step = gradient[1] / hessian[1, 1]
        tau -= step
        if tau < 0:
            break
        if abs(step) < PROFILE_STEP:
            return tau
    return float(
        minimize_scalar(
            lambda t: -log_likelihood(sizes, mean, t), bounds=(0, 10), method="bounded",
            options={"xatol": 1e-9},
        ).x
    )  # fmt: skip


def log_likelihood(sizes: EffectSizes, mean: float, tau: float) -> float:
    """Marginal log likelihood of all studies at a mean logit and a between-study deviation.

    >>> from myelomart.meta_analysis import proportions
    >>> round(log_likelihood(proportions([8, 12, 30], [20, 25, 40]), 0.0, 0.0), 3)
    -11.151
    """
    events, n = sizes.events, sizes.n
    _, log_integral, _ = _quadrature(sizes, mean, tau)
    constant = gammaln(n + 1) - gammaln(events + 1) - gammaln(n - events + 1)
    return float((log_integral + constant).sum())


def derivatives(sizes: EffectSizes, mean: float, tau: float) -> tuple[np.ndarray, np.ndarray]:
    """Gradient (2,) and Hessian (2, 2) of the log likelihood in mean and tau.

    A study's score is the mean, over its posterior, of the score at a known study effect; its
    Hessian the mean of the Hessians plus the variance of the scores.

    >>> from myelomart.meta_analysis import proportions
    >>> derivatives(proportions([8, 12, 30], [20, 25, 40]), 0.0, 0.5)[0].round(3).tolist()
    [1.883, 1.221]
    """
    points, _, posterior = _quadrature(sizes, mean, tau)
    chance = expit(mean + tau * points)
    design = np.stack([np.ones_like(points), points])  # of the linear predictor: (2, k, nodes)
    scores = (sizes.events[:, None] - sizes.n[:, None] * chance) * design
    each = (posterior * scores).sum(2)
    bend = posterior * sizes.n[:, None] * chance * (1 - chance)
    spread = np.einsum("kq,akq,bkq->ab", posterior, scores, scores) - each @ each.T
    return each.sum(1), spread - np.einsum("kq,akq,bkq->ab", bend, design, design)


@cache
def _nodes() -> tuple[np.ndarray, np.ndarray]:
    return hermgauss(NODES)


def _quadrature(sizes: EffectSizes, mean: float, tau: float):
    """Standardized study effects at the nodes (k, q), log integrals (k,), posterior (k, q)."""
    events, n = sizes.events, sizes.n
    mode = np.zeros(len(n))  # of the standardized study effect
    longest = LONGEST_STEP / max(abs(tau), LONGEST_STEP / 100)
    for _ in range(50):
        chance = expit(mean + tau * mode)
        gradient = tau * (events - n * chance) - mode
        step = gradient / (tau**2 * n * chance * (1 - chance) + 1)
        mode = mode + np.clip(step, -longest, longest)
        if np.abs(step).max() < 1e-13:
            break
    chance = expit(mean + tau * mode)
    width = 1 / np.sqrt(tau**2 * n * chance * (1 - chance) + 1)
    nodes, weights = _nodes()
    points = mode[:, None] + np.sqrt(2) * width[:, None] * nodes
    eta = mean + tau * points
    # log of the binomial times the normal density, at each node
    log_part = events[:, None] * eta - n[:, None] * np.logaddexp(0, eta) - points**2 / 2 + nodes**2
    top = log_part.max(1, keepdims=True)
    part = np.exp(log_part - top) * weights
    total = part.sum(1, keepdims=True)
    log_integral = (np.log(total * width[:, None] / np.sqrt(np.pi)) + top)[:, 0]
    return points, log_integral, part / total


def _maximum(sizes: EffectSizes) -> tuple[float, float]:
    """Maximum-likelihood mean and deviation."""
    pooled = float(logit(sizes.events.sum() / sizes.n.sum()))
    single = logit((sizes.events + 0.5) / (sizes.n + 1))
    at = min(
        (
            minimize(
                lambda at: (-log_likelihood(sizes, *at), -derivatives(sizes, *at)[0]), start,
                jac=True, method="BFGS",
            )
            for start in ([pooled, 0.3], [single.mean(), single.std() + 0.1])
        ),
        key=lambda found: found.fun,
    ).x  # fmt: skip
    for _ in range(NEWTON_STEPS):
        gradient, hessian = derivatives(sizes, *at)
        if not (np.linalg.eigvalsh(hessian) < 0).all():
            break  # on the boundary the likelihood is flat in tau
        step = np.linalg.solve(hessian, gradient)
        at = at - step
        if np.abs(step).max() < SHORTEST_STEP:
            break
    at_boundary = log_likelihood(sizes, pooled, 0.0)
    if at_boundary >= log_likelihood(sizes, *at) - 1e-10:
        return pooled, 0.0
    return float(at[0]), abs(float(at[1]))


def _refuse_other(sizes: EffectSizes) -> None:
    """The model is for counts alone."""
    if sizes.events is None:
        raise StatisticsError("glmm pools events among n: give columns events and n, or use reml")
    if sizes.events.sum() in (0, sizes.n.sum()):
        raise StatisticsError(
            f"column events: all {len(sizes.n)} studies together have no event or no non-event"
        )

"""Random effects over sites from their likelihood profiles, without a normal approximation.

The log hazard ratio of a site is drawn from a normal distribution of mean mu and deviation tau, so
that the likelihood of both is the product over sites of the integral of the site's likelihood times
that normal density. Both are laid on a grid: the maximum with the profile limits of mu is the
likelihood's answer, and with priors (mu normal with deviation 2, tau half-normal with 0.5, as OHDSI
EvidenceSynthesis has them) the same grid gives the posterior without any sampling. Schuemie MJ et
al. Stat Med 2022;41:57; Higgins JPT et al. J R Stat Soc A 2009;172:137 (prediction).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import ndtr
from scipy.stats import chi2, norm

from myelomart.errors import StatisticsError
from myelomart.federated.likelihood_profile import LikelihoodProfile

STEP = 0.04  # of the grids; a deviation is 0 or at least as much
REACH = 12.0  # site effects that are looked at, both ways
FAR = 5.0  # means that are looked at, both ways
DEVIATIONS = np.concatenate([np.arange(0, 1, STEP), np.arange(1, 2.51, 0.1)])
FINE = 10  # points between two of a grid where the densest are sought
PRIOR_MEAN, PRIOR_DEVIATION = 2.0, 0.5


@dataclass(frozen=True)
class RandomEffects:
    """Log hazard ratio ``mean`` with its interval, ``tau`` with its own, and that of a new site."""

    mean: float
    ci_low: float
    ci_high: float
    se: float
    tau: float
    tau_low: float
    tau_high: float
    prediction_low: float
    prediction_high: float


@dataclass(frozen=True)
class Surface:
    """The log likelihood (m, t) of means (m,) and deviations (t,), less its largest."""

    means: np.ndarray
    deviations: np.ndarray
    log_likelihood: np.ndarray


def surface(profiles: list[LikelihoodProfile]) -> Surface:
    """The log likelihood of mu and tau on the grid."""
    if len(profiles) < 2:
        raise StatisticsError("random effects need the profiles of two sites or more")
    effects = np.arange(-REACH, REACH + STEP / 2, STEP)
    means = np.arange(-FAR, FAR + STEP / 2, STEP)
    own = np.stack([one.at(effects) for one in profiles], axis=1)
    likelihood = np.exp(own - own.max(0))
    at_means = np.stack([one.at(means) for one in profiles], axis=1) - own.max(0)
    found = [at_means.sum(1)]
    for deviation in DEVIATIONS[1:]:
        density = STEP * norm.pdf(_differences(), scale=deviation)
        kernel = sliding_window_view(density, len(effects))[::-1]  # a row per mean
        with np.errstate(divide="ignore"):
            found.append(np.log(kernel @ likelihood).sum(1))
    whole = np.stack(found, axis=1)
    return Surface(means, DEVIATIONS, whole - whole.max())


def _differences() -> np.ndarray:
    """Every difference of an effect and a mean, once, ascending."""
    return np.arange(-REACH - FAR, REACH + FAR + STEP / 2, STEP)


def posterior(
    given: Surface, prior: tuple[float, float] = (PRIOR_MEAN, PRIOR_DEVIATION), level: float = 0.95
) -> RandomEffects:
    """Posterior mean of mu and median of tau, with intervals of highest density.

    >>> bend = LikelihoodProfile(*np.array([[-2.0, 0, 2], [-18, 0, -18], [18, 0, -18]]))
    >>> found = posterior(surface([bend] * 5))
    >>> abs(round(found.mean, 3)), found.tau < 0.2
    (0.0, True)
    """
    means, deviations = given.means, given.deviations
    log_prior = -0.5 * (means[:, None] / prior[0]) ** 2 - 0.5 * (deviations / prior[1]) ** 2
    log_posterior = given.log_likelihood + log_prior
    width = np.gradient(deviations)
    width[0] = deviations[1] / 2
    mass = np.exp(log_posterior - log_posterior.max()) * width
    mass /= mass.sum()
    of_mean, of_tau = mass.sum(1), mass.sum(0)
    mean = float(of_mean @ means)
    se = float(np.sqrt(of_mean @ (means - mean) ** 2))
    low, high = _densest(means, of_mean / STEP, level)
    tau_low, tau_high = _densest(deviations, of_tau / width, level)
    tau = float(np.interp(0.5, np.cumsum(of_tau) - of_tau / 2, deviations))
    ahead = _prediction(means, deviations, mass, level)
    return RandomEffects(mean, low, high, se, tau, tau_low, tau_high, *ahead)


def likeliest(given: Surface, level: float = 0.95) -> RandomEffects:
    """Mu and tau of greatest likelihood; limits of each by its profile over the other.

    The prediction takes both as they are estimated, so with few sites it is too short.
    """
    drop = chi2.ppf(level, 1) / 2
    by_mean, by_tau = given.log_likelihood.max(1), given.log_likelihood.max(0)
    at, mean = _top(given.means, by_mean)
    tau = float(given.deviations[int(np.argmax(by_tau))])
    low, high = _crossings(given.means, by_mean, at, drop)
    tau_low, tau_high = _crossings(given.deviations, by_tau, int(np.argmax(by_tau)), drop)
    se = (high - low) / (2 * np.sqrt(2 * drop))
    half = np.sqrt(2 * drop) * np.hypot(se, tau)
    return RandomEffects(mean, low, high, se, tau, tau_low, tau_high, mean - half, mean + half)


def _top(points: np.ndarray, values: np.ndarray) -> tuple[int, float]:
    """Where the values are highest, with a parabola through the neighbours."""
    at = int(np.argmax(values))
    if at in (0, len(points) - 1):
        return at, float(points[at])
    before, here, after = values[at - 1 : at + 2]
    bend = before - 2 * here + after
    return at, float(points[at] + (0.5 * (before - after) / bend * STEP if bend < 0 else 0.0))


def _crossings(points, values, at: int, drop: float) -> tuple[float, float]:
    """Where the values fall by ``drop`` on either side; an end where they never do."""
    floor = values[at] - drop
    below = np.flatnonzero(values[:at] < floor)
    above = at + np.flatnonzero(values[at:] < floor)
    low = points[0] if not len(below) else _between(points, values, below[-1], floor)
    high = points[-1] if not len(above) else _between(points, values, above[0] - 1, floor)
    return float(low), float(high)


def _between(points, values, k: int, floor: float) -> float:
    share = (floor - values[k]) / (values[k + 1] - values[k])
    return points[k] + share * (points[k + 1] - points[k])


def _densest(points: np.ndarray, density: np.ndarray, level: float) -> tuple[float, float]:
    """The ends of the points of highest density that hold ``level`` of the mass."""
    fine = np.linspace(points[0], points[-1], FINE * (len(points) - 1) + 1)
    height = np.interp(fine, points, density)
    order = np.argsort(-height, kind="stable")
    held = np.cumsum(height[order])
    inside = order[: int(np.searchsorted(held, level * held[-1])) + 1]
    return float(fine[inside.min()]), float(fine[inside.max()])


def _prediction(means, deviations, mass, level: float) -> tuple[float, float]:
    """Quantiles of the effect at a new site, over the posterior of mu and tau."""
    effects = np.arange(-REACH, REACH + STEP / 2, STEP)
    share = np.cumsum(np.interp(effects, means, mass[:, 0], left=0, right=0))  # nothing spreads
    for k, deviation in enumerate(deviations[1:], start=1):
        below = ndtr(_differences() / deviation)
        share += sliding_window_view(below, len(means))[:, ::-1] @ mass[:, k]
    tail = (1 - level) / 2
    return tuple(float(np.interp(q, share, effects)) for q in (tail, 1 - tail))

"""The log partial likelihood of a log hazard ratio on an adaptive grid, and what it adds up to.

Sites that share profiles share more than an estimate with its error: with few events the likelihood
is no parabola, and with no event in an arm there is no estimate at all, though the profile still
speaks. The sum of the profiles is the stratified likelihood of the rows of all sites. Points have a
value and a slope, and a cubic joins them (Hermite); beyond the ends the profile goes on as a line.
Schuemie MJ et al. Stat Med 2022;41:57; OHDSI EvidenceSynthesis, "grid with gradients".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import brentq
from scipy.stats import chi2, norm

from myelomart.errors import StatisticsError
from myelomart.survival.inputs import case_weights, event_flags, event_times
from myelomart.survival.partial_likelihood import (
    RiskSets,
    information,
    log_likelihood,
    risk_set_totals,
    risk_sets,
    risk_sums,
    score,
    sums_by_cell,
)

WIDEST = 6.0  # log hazard ratios up to here, both ways: ratios of 1/400 to 400
FIRST_STEPS = 12  # as many pieces at first; each is halved until the cubic fits
TOLERANCE = 1e-5  # of a value near the top; in proportion to its depth further down
MOST_POINTS = 65
LEAST_SHARE = 1e-9  # of those at risk: less is none, and rounding
NEWTON_STEPS = 40
SHORT_STEP = 1e-9
FARTHEST = 30.0  # log hazard ratio beyond which there is no limit
BEND = 0.02  # on either side of the top, where its curvature is taken


@dataclass(frozen=True)
class LikelihoodProfile:
    """Log likelihoods ``value`` (g,) with their ``slope`` (g,) at log hazard ratios ``point``.

    The points ascend, and the largest value is 0.
    """

    point: np.ndarray
    value: np.ndarray
    slope: np.ndarray

    @cached_property
    def _cubic(self) -> CubicHermiteSpline:
        return CubicHermiteSpline(self.point, self.value, self.slope, extrapolate=False)

    def at(self, ratio: ArrayLike) -> np.ndarray:
        """The log likelihood at log hazard ratios of any shape.

        >>> profile = LikelihoodProfile(np.array([0.0, 1.0]), np.array([0.0, -1.0]), np.zeros(2))
        >>> profile.at([0.5, 3.0]).tolist()
        [-0.5, -1.0]
        """
        ratio = np.asarray(ratio, float)
        first, last = self.point[0], self.point[-1]
        below = self.value[0] + (ratio - first) * self.slope[0]
        above = self.value[-1] + (ratio - last) * self.slope[-1]
        inside = self._cubic(np.clip(ratio, first, last))
        return np.where(ratio < first, below, np.where(ratio > last, above, inside))

    def slope_at(self, ratio: ArrayLike) -> np.ndarray:
        """The first derivative at log hazard ratios of any shape."""
        return self._cubic(np.clip(ratio, self.point[0], self.point[-1]), 1)


def likelihood_profile(
    time: ArrayLike,
    event: ArrayLike,
    treated: ArrayLike,
    covariates: np.ndarray | None = None,
    *,
    strata: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: str = "efron",
) -> LikelihoodProfile:
    """The profile of ``treated`` (n,) 0/1, each point at the best of the ``covariates`` (n, p).

    An arm without any event is no hindrance. Raises StatisticsError without an event, or where no
    risk set holds both arms: then the profile is flat.

    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> event = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]
    >>> profile = likelihood_profile(time, event, [0] * 6 + [1] * 6)
    >>> round(maximum([profile]).estimate, 3), float(profile.value.max())
    (-0.675, 0.0)
    """
    times, _ = event_times(time)
    events = event_flags(event, times)
    arm = event_flags(treated, times).astype(float)
    if not events.any():
        raise StatisticsError("nobody had the event")
    stratum = np.zeros(len(times), int) if strata is None else np.asarray(strata, int)
    matrix = arm[:, None] if covariates is None else np.column_stack([arm, covariates])
    sets = risk_sets(
        times, events, matrix, entries=None, strata=stratum,
        weights=case_weights(weights, times), ties=ties,
    )  # fmt: skip
    at_risk = _at_risk(sets)
    if not (at_risk > LEAST_SHARE * at_risk.sum(0)).all(0).any():
        raise StatisticsError("whenever somebody had the event, one arm alone was at risk")
    if covariates is None:
        return _adaptive(lambda ratio, _: (*_alone(sets, at_risk, ratio), _), np.empty(0))
    return _adaptive(lambda ratio, start: _best(sets, ratio, start), np.zeros(matrix.shape[1] - 1))


def _at_risk(sets: RiskSets) -> np.ndarray:
    """Treated and others at risk at each event (2, d), those who died before on its day taken off.

    The first column of the covariates is the arm.
    """
    everyone = risk_set_totals(sets, sets.weights)[sets.event_cell]
    dead = sums_by_cell(sets, sets.weights, sets.event_rows, sets.event_cell)[sets.event_cell]
    left = everyone - sets.tie_fraction[:, None] * dead
    treated = left[:, 1] + sets.means[0] * left[:, 0]
    return np.maximum(np.stack([treated, left[:, 0] - treated]), 0.0)


def _alone(sets: RiskSets, at_risk: np.ndarray, ratio: float) -> tuple[float, float]:
    """The log likelihood and its slope where the arm is the only covariate."""
    treated = float(sets.event_total[0] + sets.means[0] * sets.weights[sets.event_rows].sum())
    hazard = at_risk[0] * np.exp(ratio)
    total = hazard + at_risk[1]
    value = ratio * treated - sets.tie_weight @ np.log(total)
    return float(value), float(treated - sets.tie_weight @ (hazard / total))


def _adaptive(
    evaluate: Callable[[float, np.ndarray], tuple[float, float, np.ndarray]], start: np.ndarray
) -> LikelihoodProfile:
    """Points are added in the middle of pieces that a cubic does not fit.

    ``evaluate`` gives value and slope at a log hazard ratio, and the other coefficients there, from
    which the next search starts.
    """
    found: dict[float, tuple[float, float]] = {}

    def value_at(ratio: float) -> tuple[float, float]:
        nonlocal start
        if ratio not in found:
            value, slope, start = evaluate(ratio, start)
            found[ratio] = value, slope
        return found[ratio]

    first = np.linspace(-WIDEST, WIDEST, FIRST_STEPS + 1)
    kept = {float(point): value_at(float(point)) for point in first}
    top = max(value for value, _ in kept.values())
    waiting = list(pairwise(first))
    while waiting and len(kept) < MOST_POINTS:
        low, high = (float(end) for end in waiting.pop(0))
        middle, width = (low + high) / 2, high - low
        (v0, s0), (v1, s1) = kept[low], kept[high]
        guess = (v0 + v1) / 2 + width * (s0 - s1) / 8  # the cubic in the middle
        value, _ = value_at(middle)
        top = max(top, value)
        if abs(guess - value) > TOLERANCE * max(1.0, top - value):
            kept[middle] = value_at(middle)
            waiting += [(low, middle), (middle, high)]
    points = np.array(sorted(kept))
    values, slopes = (np.array(column) for column in zip(*map(kept.get, points), strict=True))
    return LikelihoodProfile(points, values - values.max(), slopes)


def _best(sets: RiskSets, ratio: float, start: np.ndarray) -> tuple[float, float, np.ndarray]:
    """The log likelihood with the first coefficient held, its slope, and the other coefficients."""
    beta = np.append(ratio, start)
    sums = risk_sums(sets, beta)
    value = log_likelihood(sets, sums)
    for _ in range(NEWTON_STEPS if len(start) else 0):
        gradient, bend = score(sets, sums)[1:], information(sets, sums)[1:, 1:]
        step = np.linalg.lstsq(bend, gradient, rcond=1e-10)[0]
        for _ in range(12):
            trial = beta + np.append(0.0, step)
            trial_sums = risk_sums(sets, trial)
            trial_value = log_likelihood(sets, trial_sums)
            if trial_value > value - 1e-9 * abs(value):
                break
            step = step / 2
        beta, sums, value = trial, trial_sums, trial_value
        if gradient @ step < SHORT_STEP:
            break
    return value, float(score(sets, sums)[0]), beta[1:]


@dataclass(frozen=True)
class Maximum:
    """A log hazard ratio with the limits where twice the log likelihood falls by chi-square's.

    ``se`` is that of the curvature at the top; infinite ends stand for a likelihood that rises for
    ever, as with no event in an arm of any site.
    """

    estimate: float
    ci_low: float
    ci_high: float
    se: float
    p_value: float

    @property
    def is_finite(self) -> bool:
        """Whether there is an estimate."""
        return bool(np.isfinite(self.estimate))


def maximum(profiles: list[LikelihoodProfile], conf_level: float = 0.95) -> Maximum:
    """The fixed effect of all ``profiles``: the maximum of their sum.

    >>> one = LikelihoodProfile(*np.array([[-1.0, 0, 1], [-0.5, 0, -0.5], [1, 0, -1]]))
    >>> top = maximum([one, one])
    >>> round(top.estimate, 3), round(top.se, 3)
    (0.0, 0.707)
    """
    if not profiles:
        raise StatisticsError("no site shares a profile")
    whole = summed(profiles)
    point, value, slope = whole.point, whole.value, whole.slope
    if slope[0] <= 0 or slope[-1] >= 0:
        at, estimate = (0, -np.inf) if slope[0] <= 0 else (len(point) - 1, np.inf)
        start, top = float(point[at]), float(value[at])
    else:
        at = int(np.argmax(slope <= 0))
        estimate = start = float(
            brentq(lambda ratio: float(whole.slope_at(ratio)), point[at - 1], point[at], xtol=1e-10)
        )
        top = float(whole.at(estimate))
    floor = top - chi2.ppf(conf_level, 1) / 2
    limits = [_limit(whole, start, sign, floor, estimate) for sign in (-1, 1)]
    ends = whole.slope_at([start - BEND, start + BEND])
    bend = float(ends[0] - ends[1]) / (2 * BEND)
    se = float(1 / np.sqrt(bend)) if np.isfinite(estimate) and bend > 0 else np.inf
    p_value = float(chi2.sf(max(0.0, 2 * (top - float(whole.at(0.0)))), 1))
    return Maximum(float(estimate), limits[0], limits[1], se, p_value)


def summed(profiles: list[LikelihoodProfile]) -> LikelihoodProfile:
    """The sum of ``profiles`` at the points of all of them: again cubics between points."""
    point = np.unique(np.concatenate([one.point for one in profiles]))
    value = sum(one.at(point) for one in profiles)
    slope = sum(one.slope_at(point) for one in profiles)
    return LikelihoodProfile(point, value - value.max(), slope)


def _limit(whole: LikelihoodProfile, start: float, sign: int, floor: float, top: float) -> float:
    """Where the log likelihood crosses ``floor`` on one side of ``start``; infinite if nowhere."""
    if top == sign * np.inf:
        return sign * np.inf
    point, value, slope = (part[::sign] for part in (whole.point, whole.value, whole.slope))
    under = np.flatnonzero((value < floor) & (sign * (point - start) > 0))
    if len(under):
        nearer = point[under[0] - 1] if under[0] else start
        ends = sorted((max(nearer * sign, start * sign) * sign, point[under[0]]))
        return float(brentq(lambda ratio: float(whole.at(ratio)) - floor, *ends, xtol=1e-9))
    if sign * slope[-1] >= 0:
        return sign * np.inf
    reached = point[-1] + (floor - value[-1]) / slope[-1]
    return float(reached) if abs(reached) < FARTHEST else sign * np.inf


def wald_limits(estimate: float, se: float, conf_level: float = 0.95) -> tuple[float, float]:
    """The limits of a normal approximation, for what is shown beside a profile."""
    half = float(norm.ppf(0.5 + conf_level / 2)) * se
    return estimate - half, estimate + half

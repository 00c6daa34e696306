"""Flexible parametric survival: log cumulative hazard as a restricted cubic spline of log time.

Royston P, Parmar MKB. Stat Med 2002;21:2175. Knots lie at the first and the last event and at
quantiles of the log event times between; without inner knots the model is Weibull's. The log
likelihood is concave, so that Newton's steps find its maximum.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from myelomart.columns import refuse_rows
from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown
from myelomart.survival.inputs import event_flags, event_times
from myelomart.survival.kaplan_meier import kaplan_meier

MOST_STEPS = 200


@dataclass(frozen=True)
class SplineFit(Shown):
    """Coefficients of the spline (k + 2,), its knots on log time, and the log likelihood."""

    knots: np.ndarray
    coefficients: np.ndarray
    variance: np.ndarray = field(repr=False)
    log_likelihood: float
    n: int
    events: int

    @property
    def aic(self) -> float:
        """Akaike's criterion, by which numbers of knots are compared."""
        return 2 * len(self.coefficients) - 2 * self.log_likelihood

    def at(self, times: ArrayLike, conf_level: float = 0.95) -> pd.DataFrame:
        """Survival at ``times`` (m,): time, survival, ci_low, ci_high, limits on the log-log scale.

        Beyond the last event the spline is a straight line: a wish, not a finding.
        """
        moments = np.asarray(times, float)
        basis = spline_basis(np.log(np.maximum(moments, 1e-300)), self.knots)[0]
        level = basis @ self.coefficients
        se = np.sqrt(np.einsum("ij,jk,ik->i", basis, self.variance, basis))
        half = norm.ppf(0.5 + conf_level / 2) * se
        with np.errstate(over="ignore", invalid="ignore"):
            limits = {"survival": level, "ci_low": level + half, "ci_high": level - half}
            shown = {name: np.exp(-np.exp(one)) for name, one in limits.items()}
        frame = pd.DataFrame({"time": moments, **shown})
        frame.loc[frame["time"] <= 0, ["survival", "ci_low", "ci_high"]] = 1.0
        return frame


def spline_basis(x: np.ndarray, knots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns 1, x and a restricted cubic per inner knot (n, k + 2), and their slopes.

    >>> basis, slope = spline_basis(np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.0, 2.0]))
    >>> basis[:, 2].tolist(), slope[:, 2].tolist()
    ([0.0, -0.5, -6.0], [0.0, -1.5, -3.0])
    """
    x = np.asarray(x, float)
    low, high = knots[0], knots[-1]
    basis, slope = [np.ones_like(x), x], [np.zeros_like(x), np.ones_like(x)]
    for knot in knots[1:-1]:
        share = (high - knot) / (high - low)
        parts = [np.maximum(x - one, 0) for one in (knot, low, high)]
        weights = (1.0, -share, share - 1)
        basis.append(sum(w * part**3 for w, part in zip(weights, parts, strict=True)))
        slope.append(sum(3 * w * part**2 for w, part in zip(weights, parts, strict=True)))
    return np.column_stack(basis), np.column_stack(slope)


def spline_model(time: ArrayLike, event: ArrayLike, *, knots: int = 2) -> SplineFit:
    """Fit ``time`` (n,) above 0 and ``event`` (n,) of one group with ``knots`` inner knots.

    >>> fit = spline_model([1, 2, 4, 7, 9, 12], [1, 1, 1, 1, 0, 0], knots=0)
    >>> fit.at([4.0])["survival"].round(2).tolist()  # Weibull's
    [0.63]
    """
    times, _ = event_times(time)
    refuse_rows(times <= 0, "time", "are 0", "the model needs time above 0: drop them")
    events = event_flags(event, times).astype(bool)
    if not 0 <= knots == int(knots):
        raise StatisticsError(f"{knots} knots: give a whole number, 0 or more")
    logs = np.log(times)
    places = _knots(logs[events], int(knots))
    basis, slope = spline_basis(logs, places)
    at = _start(times, events, basis)
    value, gradient, hessian = _likelihood(at, logs, events, basis, slope)
    for _ in range(MOST_STEPS):
        step, shrink = np.linalg.solve(hessian, gradient), 1.0
        while shrink > 1e-10:
            tried = _likelihood(at + shrink * step, logs, events, basis, slope)
            if tried[0] >= value - 1e-12 * abs(value):
                break
            shrink /= 2
        else:
            break
        at = at + shrink * step
        value, gradient, hessian = tried
        if abs(gradient @ step) < 1e-14 * max(1.0, abs(value)):
            break
    return SplineFit(places, at, np.linalg.inv(hessian), value, len(times), int(events.sum()))


def _knots(log_events: np.ndarray, inner: int) -> np.ndarray:
    """First and last event and quantiles between, on log time; refused where they coincide."""
    distinct = len(np.unique(log_events))
    if distinct < inner + 2:
        raise StatisticsError(
            f"{distinct} distinct event times: a spline with {inner} inner knots needs {inner + 2}"
        )
    places = np.quantile(log_events, np.linspace(0, 1, inner + 2))
    if (np.diff(places) <= 1e-9).any():
        raise StatisticsError(f"event times coincide at a knot: ask for fewer knots than {inner}")
    return places


def _start(times, events, basis) -> np.ndarray:
    """Weibull's line through the logs of the cumulative hazard of Kaplan and Meier."""
    curve = kaplan_meier(times, events)
    level = np.clip(np.concatenate([[1.0], curve.survival])[
        np.searchsorted(curve.time, times, side="right")], 1e-3, 1 - 1e-3)  # fmt: skip
    y = np.log(-np.log(level))[events]
    line = np.linalg.lstsq(basis[events][:, :2], y, rcond=None)[0]
    line[1] = max(line[1], 0.1)  # the hazard is above 0
    return np.array([*line, *np.zeros(basis.shape[1] - 2)])


def _likelihood(at, logs, events, basis, slope):
    """Log likelihood, gradient and information; minus infinity where a hazard is not above 0."""
    level, rise = basis @ at, slope[events] @ at
    if (rise <= 0).any():
        return -np.inf, None, None
    with np.errstate(over="ignore"):
        hazard = np.exp(level)
    value = float((np.log(rise) - logs[events] + level[events]).sum() - hazard.sum())
    gradient = (slope[events] / rise[:, None] + basis[events]).sum(axis=0) - hazard @ basis
    information = (slope[events] / rise[:, None] ** 2).T @ slope[events]
    information += (basis * hazard[:, None]).T @ basis
    return value, gradient, information

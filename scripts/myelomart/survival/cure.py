"""Mixture cure model: a share that never has the event, and the times of the others.

S(t) = cured + (1 - cured) S_u(t), with the uncured share logistic in the covariates and the times
of the uncured exponential, Weibull or log-normal (Farewell VT. Biometrics 1982;38:1041; Boag JW.
J R Stat Soc B 1949;11:15). Maximum likelihood, with the information of the whole likelihood. A
cured share can be told only where follow-up is long enough (`follow_up`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import expit, log_ndtr, logit
from scipy.stats import chi2, norm

from myelomart.columns import refuse_rows
from myelomart.design import design_matrix
from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown
from myelomart.survival.inputs import event_flags, event_times

LATENCIES = ("weibull", "exponential", "lognormal")
STARTS = (0.2, 0.5, 0.8)  # cured shares from which the search sets out
NO_PLATEAU = 1e-5  # a cured share below it: the likelihood falls towards it
FEWEST_EVENTS = 3


@dataclass(frozen=True)
class CureFit(Shown):
    """A fitted mixture; vectors follow ``names``: incidence first, then latency.

    ``cured`` is the share at the means of the covariates, with limits on the logit scale; NaN
    limits where the share runs to 0. ``likelihood_ratio_p`` is against no cured share, which lies
    on the edge: half of the chi-square tail of 1 degree of freedom.
    """

    latency: str
    names: tuple[str, ...]
    coefficients: np.ndarray
    variance: np.ndarray = field(repr=False)
    cured: float
    cured_se: float  # of its logit
    ci_low: float
    ci_high: float
    log_likelihood: float
    log_likelihood_uncured: float
    likelihood_ratio_p: float
    n: int
    events: int

    @property
    def has_plateau(self) -> bool:
        """Whether the likelihood has its maximum at a cured share above 0."""
        return self.cured > NO_PLATEAU

    def table(self) -> pd.DataFrame:
        """One row per coefficient: term, coef, se, ci_low, ci_high, p."""
        se = np.sqrt(np.diag(self.variance))
        half = norm.ppf(0.975) * se
        return pd.DataFrame(
            {
                "term": self.names,
                "coef": self.coefficients,
                "se": se,
                "ci_low": self.coefficients - half,
                "ci_high": self.coefficients + half,
                "p": 2 * norm.sf(np.abs(self.coefficients / se)),
            }
        )

    def survival_at(self, times: ArrayLike) -> np.ndarray:
        """The curve of the model at ``times`` (k,), at the means of the covariates."""
        moments = np.asarray(times, float)
        mean, scale = self.coefficients[-2:] if self.latency != "exponential" else (
            self.coefficients[-1], 0.0
        )  # fmt: skip
        with np.errstate(divide="ignore"):
            z = (np.log(moments) - mean) / np.exp(scale)
        return self.cured + (1 - self.cured) * np.exp(_log_survival(z, self.latency))


def cure_model(
    time: ArrayLike, event: ArrayLike, covariates: pd.DataFrame | None = None, *,
    latency: str = "weibull", conf_level: float = 0.95,
) -> CureFit:  # fmt: skip
    """Fit ``time`` (n,) above 0 and ``event`` (n,); ``covariates`` (n, c) of the incidence.

    Terms of the incidence are log odds of not being cured; those of the latency are the mean and
    the log standard deviation of the log time (extreme value, or normal).

    >>> rng = np.random.default_rng(1)
    >>> life = np.where(rng.random(400) < 0.4, np.inf, rng.weibull(1.2, 400) * 5)
    >>> fit = cure_model(np.minimum(life, 30), life < 30)
    >>> 0.33 < fit.cured < 0.47, fit.likelihood_ratio_p < 0.001
    (True, True)
    """
    if latency not in LATENCIES:
        raise StatisticsError(f"latency {latency} is unknown: use one of {', '.join(LATENCIES)}")
    times, _ = event_times(time)
    refuse_rows(times <= 0, "time", "are 0", "a cure model needs time above 0: drop them")
    events = event_flags(event, times).astype(bool)
    if events.sum() < FEWEST_EVENTS:
        raise StatisticsError(
            f"{int(events.sum())} events among {len(times)} rows: a cure model needs "
            f"{FEWEST_EVENTS} or more"
        )
    names, design = ["uncured"], np.ones((len(times), 1))
    if covariates is not None:
        made = design_matrix(covariates)
        if len(made.matrix) != len(times):
            raise StatisticsError(
                f"the covariates have {len(made.matrix)} rows where the times have {len(times)}"
            )
        names += list(made.names)
        design = np.column_stack([design, made.matrix - made.matrix.mean(axis=0)])
    names += ["log_time"] + (["log_scale"] if latency != "exponential" else [])
    problem = _Problem(np.log(times), events, design, latency)
    best = problem.best()
    plain = problem.uncured()
    gain = 2 * (best[1] - plain)
    information = problem.information(best[0])
    with np.errstate(all="ignore"):
        variance = _inverse(information)
    uncured = best[0][0]
    cured, se = float(expit(-uncured)), float(np.sqrt(variance[0, 0]))
    is_open = cured <= NO_PLATEAU or not np.isfinite(se)
    half = np.nan if is_open else norm.ppf(0.5 + conf_level / 2) * se
    return CureFit(
        latency, tuple(names), best[0], variance, 0.0 if cured <= NO_PLATEAU else cured,
        np.nan if is_open else se, float(expit(-uncured - half)), float(expit(-uncured + half)),
        best[1], plain, float(chi2.sf(gain, 1) / 2) if gain > 0 else 1.0, len(times),
        int(events.sum()),
    )  # fmt: skip


def _log_survival(z: np.ndarray, latency: str) -> np.ndarray:
    """Log of the share of the uncured without the event at standardized log time ``z``."""
    return log_ndtr(-z) if latency == "lognormal" else -np.exp(z)


def _inverse(matrix: np.ndarray) -> np.ndarray:
    try:
        inverse = np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return np.full_like(matrix, np.nan)
    return np.where(np.diag(inverse).min() > 0, inverse, np.nan)


@dataclass(frozen=True)
class _Problem:
    """The likelihood of log times; parameters: incidence, mean of log time, log scale."""

    log_time: np.ndarray
    event: np.ndarray
    design: np.ndarray
    latency: str

    @property
    def has_scale(self) -> bool:
        return self.latency != "exponential"

    def _parts(self, mean: float, log_scale: float):
        """z, log density less the scale, its slope in z, log survival, hazard in z."""
        z = (self.log_time - mean) * np.exp(-log_scale)
        log_survival = _log_survival(z, self.latency)
        if self.latency == "lognormal":
            log_density, slope = -0.5 * z**2 - 0.5 * np.log(2 * np.pi), -z
        else:
            log_density, slope = z + log_survival, 1 + log_survival
        return z, log_density, slope, log_survival

    def value(self, at: np.ndarray) -> tuple[float, np.ndarray]:
        """Log likelihood and its gradient."""
        count = self.design.shape[1]
        mean, log_scale = at[count], at[count + 1] if self.has_scale else 0.0
        z, log_density, slope, log_survival = self._parts(mean, log_scale)
        share = self.design @ at[:count]
        uncured = expit(share)
        late = uncured * np.exp(log_survival)  # uncured, and without the event yet
        left = expit(-share) + late
        had = self.event
        total = np.where(
            had, -np.logaddexp(0, -share) + log_density - log_scale - self.log_time, np.log(left)
        ).sum()
        by_share = np.where(had, 1 - uncured, (late - uncured * left) / left)
        by_z = np.where(had, slope, -uncured * np.exp(log_density) / left)
        gradient = [*(self.design.T @ by_share), -(by_z * np.exp(-log_scale)).sum()]
        if self.has_scale:
            gradient.append((-by_z * z - had).sum())
        return float(total), np.array(gradient)

    def best(self) -> tuple[np.ndarray, float]:
        """The maximum over several starts, refined by Newton's steps."""
        centre, spread = self.log_time[self.event].mean(), self.log_time[self.event].std() or 1.0
        found = []
        for cured in STARTS:
            start = np.zeros(self.design.shape[1])
            start[0] = -logit(cured)
            start = np.array([*start, centre, *([np.log(spread)] if self.has_scale else [])])
            with np.errstate(all="ignore"):
                result = minimize(
                    lambda at: tuple(-one for one in self.value(at)), start, jac=True,
                    method="BFGS", options={"gtol": 1e-7, "maxiter": 500},
                )  # fmt: skip
            if np.isfinite(result.fun):
                found.append((result.x, -float(result.fun)))
        if not found:
            raise StatisticsError("the cure model has no maximum: its likelihood cannot be climbed")
        at, top = max(found, key=lambda one: one[1])
        for _ in range(20):
            if expit(-at[0]) <= NO_PLATEAU:
                break
            try:
                step = np.linalg.solve(self.information(at), self.value(at)[1])
            except np.linalg.LinAlgError:
                break
            value = self.value(at + step)[0]
            if not value >= top - 1e-9:
                break
            at, top = at + step, max(value, top)
            if np.abs(step).max() < 1e-10:
                break
        return at, top

    def information(self, at: np.ndarray) -> np.ndarray:
        """Minus the second derivatives, by central differences of the gradient."""
        size = len(at)
        rows = np.empty((size, size))
        for position in range(size):
            step = np.zeros(size)
            step[position] = 1e-5 * max(1.0, abs(at[position]))
            ahead, behind = self.value(at + step)[1], self.value(at - step)[1]
            rows[position] = (behind - ahead) / (2 * step[position])
        return (rows + rows.T) / 2

    def uncured(self) -> float:
        """The log likelihood where nobody is cured."""
        had = self.event

        def loss(at):
            log_scale = at[1] if self.has_scale else 0.0
            z, log_density, slope, log_survival = self._parts(at[0], log_scale)
            total = np.where(had, log_density - log_scale - self.log_time, log_survival).sum()
            hazard = np.exp(log_density - log_survival)
            by_z = np.where(had, slope, -hazard)
            gradient = [-(by_z * np.exp(-log_scale)).sum()]
            if self.has_scale:
                gradient.append((-by_z * z - had).sum())
            return -float(total), -np.array(gradient)

        start = [self.log_time.mean(), *([0.0] if self.has_scale else [])]
        with np.errstate(all="ignore"):
            return -float(
                minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-8}).fun
            )

"""Adjusted Cox models over sites in one shot: each sends the derivatives at a common start.

Each site has a baseline hazard of its own, so the log likelihood of all rows is the sum of the
sites', and so are its derivatives. From gradient and Hessian of every site at one start follow

- one Newton step from there (`one_step`), which needs no rows at all;
- where one site leads, the surrogate likelihood (`surrogate`): the lead's own likelihood per person
  bent so that at the start its gradient and Hessian are those of all sites.

Duan R et al. J Am Med Inform Assoc 2020;27:1028 (ODAC); Luo C et al. Sci Rep 2022;12:6627 (ODACH).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize

from myelomart.errors import StatisticsError
from myelomart.survival.inputs import event_flags, event_times
from myelomart.survival.partial_likelihood import (
    RiskSets,
    information,
    log_likelihood,
    risk_sets,
    risk_sums,
    score,
)

LEVEL = "="  # between a covariate and its level in the name of a term
POLISHING_STEPS = 20
SHORT_STEP = 1e-12


@dataclass(frozen=True)
class Derivatives:
    """What a site sends: of ``names`` (p,), gradient (p,) and minus the Hessian (p, p) at a start.

    ``n`` persons had ``events`` events.
    """

    names: tuple[str, ...]
    start: np.ndarray
    gradient: np.ndarray
    information: np.ndarray
    n: int
    events: int

    def of(self, names: tuple[str, ...]) -> Derivatives:
        """The same for ``names``: one that the site lacks has zeros, one not wanted is left out.

        A column that does not vary at a site changes nothing in its risk sets, so zeros are right.
        """
        place = [self.names.index(name) if name in self.names else -1 for name in names]
        here = np.array(place) >= 0
        start, gradient = np.zeros(len(names)), np.zeros(len(names))
        bend = np.zeros((len(names), len(names)))
        kept = [k for k in place if k >= 0]
        start[here], gradient[here] = self.start[kept], self.gradient[kept]
        bend[np.ix_(here, here)] = self.information[np.ix_(kept, kept)]
        return Derivatives(names, start, gradient, bend, self.n, self.events)


@dataclass(frozen=True)
class AdjustedModel:
    """Coefficients (p,) with their variance (p, p)."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    variance: np.ndarray

    @property
    def se(self) -> np.ndarray:
        """Standard errors (p,)."""
        return np.sqrt(np.diag(self.variance))


def derivatives_at(
    time: ArrayLike, event: ArrayLike, matrix: np.ndarray, names: tuple[str, ...], start: ArrayLike
) -> Derivatives:
    """Gradient and information of Cox's likelihood (Efron's ties) of ``matrix`` (n, p).

    >>> sent = derivatives_at([2, 3, 4, 5], [1, 1, 0, 1], np.array([[0.0], [1], [0], [1]]),
    ...                       ("arm",), [0.0])
    >>> sent.gradient.round(3).tolist(), sent.information.round(3).tolist()
    ([-0.167], [[0.472]])
    """
    start = np.asarray(start, float)
    sets = _sets(time, event, matrix)
    sums = risk_sums(sets, start)
    return Derivatives(
        names, start, score(sets, sums), information(sets, sums), len(matrix),
        len(sets.event_rows),
    )  # fmt: skip


def one_step(sites: list[Derivatives]) -> AdjustedModel:
    """One Newton step of the summed likelihood from the common start of ``sites``.

    Raises StatisticsError where the starts differ or a coefficient has no information.
    """
    names, start, gradient, bend = _summed(sites)
    _refuse_flat(names, bend)
    step = np.linalg.solve(bend, gradient)
    return AdjustedModel(names, start + step, np.linalg.inv(bend))


def surrogate(
    sites: list[Derivatives], lead: Derivatives, time: ArrayLike, event: ArrayLike,
    matrix: np.ndarray,
) -> AdjustedModel:  # fmt: skip
    """The maximum of the surrogate likelihood with the rows of the ``lead``, one of ``sites``."""
    names, start, gradient, bend = _summed(sites)
    _refuse_flat(names, bend)
    everyone = sum(one.n for one in sites)
    own = lead.of(names)
    tilt = gradient / everyone - own.gradient / own.n
    curve = bend / everyone - own.information / own.n
    sets = _sets(time, event, matrix)

    def value(beta: np.ndarray) -> float:
        moved = beta - start
        mine = log_likelihood(sets, risk_sums(sets, beta)) / own.n
        return float(-(mine + tilt @ beta - moved @ curve @ moved / 2))

    def slopes(beta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sums = risk_sums(sets, beta)
        down = score(sets, sums) / own.n + tilt - curve @ (beta - start)
        return down, information(sets, sums) / own.n + curve

    beta = minimize(value, start, jac=lambda at: -slopes(at)[0], method="BFGS").x
    for _ in range(POLISHING_STEPS):
        gradient, bend = slopes(beta)
        step = np.linalg.solve(bend, gradient)
        beta = beta + step
        if np.abs(step).max() < SHORT_STEP:
            break
    return AdjustedModel(names, beta, np.linalg.inv(slopes(beta)[1]) / everyone)


def common_start(sites: list[AdjustedModel]) -> dict[str, float]:
    """The start for the second round: per coefficient the sites' mean, by inverse variance."""
    weight: dict[str, float] = {}
    total: dict[str, float] = {}
    for one in sites:
        for name, value, variance in zip(
            one.names, one.coefficients, np.diag(one.variance), strict=True
        ):
            if np.isfinite(value) and np.isfinite(variance) and variance > 0:
                weight[name] = weight.get(name, 0.0) + 1 / variance
                total[name] = total.get(name, 0.0) + value / variance
    return {name: float(total[name] / weight[name]) for name in total}


def reference_levels(names: Iterable[str]) -> set[str]:
    """The first level of each covariate in sorted order, with which the others are compared.

    >>> reference_levels(["treated", "age", "stage=II", "stage=I"])
    {'stage=I'}
    """
    levels: dict[str, list[str]] = {}
    for name in names:
        covariate, sign, _ = name.partition(LEVEL)
        if sign:
            levels.setdefault(covariate, []).append(name)
    return {min(own) for own in levels.values()}


def _summed(sites: list[Derivatives]):
    """Names of all sites, the common start (p,), and the summed derivatives."""
    if not sites:
        raise StatisticsError("no site sends derivatives")
    names = tuple(dict.fromkeys(name for one in sites for name in one.names))
    aligned = [one.of(names) for one in sites]
    start = np.zeros(len(names))
    for k, name in enumerate(names):
        given = {float(one.start[one.names.index(name)]) for one in sites if name in one.names}
        if max(given) - min(given) > SHORT_STEP:
            raise StatisticsError(
                f"the derivatives of {name} were taken at different starts: give every site the "
                "same file with --start"
            )
        start[k] = next(iter(given))
    return (
        names, start, sum(one.gradient for one in aligned),
        sum(one.information for one in aligned),
    )  # fmt: skip


def _refuse_flat(names: tuple[str, ...], bend: np.ndarray) -> None:
    flat = [name for name, own in zip(names, np.diag(bend), strict=True) if not own > 0]
    if flat or np.linalg.cond(bend) > 1 / np.finfo(float).eps:
        raise StatisticsError(
            f"the sites together do not tell the coefficients of {', '.join(flat or names)} apart"
        )


def _sets(time: ArrayLike, event: ArrayLike, matrix: np.ndarray) -> RiskSets:
    times, _ = event_times(time)
    return risk_sets(
        times, event_flags(event, times), np.asarray(matrix, float), entries=None,
        strata=np.zeros(len(times), int), weights=np.ones(len(times)), ties="efron",
    )  # fmt: skip

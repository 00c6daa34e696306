"""The hazard ratio of a treatment in many samples of the same rows at once.

Cox's model with one 0/1 covariate and Efron's ties, equal to ``cox_regression`` in each sample, by
sums along the rows that all samples share: what a few hundred random orders of matching need.
"""

import numpy as np
from numpy.typing import ArrayLike

from myelomart.survival.inputs import event_flags, event_times, time_grid

MAX_ITERATIONS = 40
LONGEST_STEP = 2.0
SHORT_STEP = 1e-10
LEAST_INFORMATION = 1e-9  # per event: below, the likelihood is flat to infinity
CELLS_AT_ONCE = 4_000_000  # samples times rows: 32 MB an array


def hazard_ratios_of_samples(
    time: ArrayLike, event: ArrayLike, treated: ArrayLike, kept: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Log hazard ratios (s,) and standard errors (s,) of ``treated`` (n,) in samples of the rows.

    ``kept`` (s, n) says which rows a sample holds; ``event`` is (n,), or (s, n) where the samples
    differ in it. NaN where the ratio of a sample is 0 or infinite.

    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> event = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]
    >>> treated = [0] * 6 + [1] * 6
    >>> kept = np.array([[True] * 12, [True] * 11 + [False]])
    >>> log_ratio, se = hazard_ratios_of_samples(time, event, treated, kept)
    >>> log_ratio.round(3).tolist()
    [-0.675, -0.391]
    """
    times, _ = event_times(time)
    kept = np.asarray(kept, bool)
    events = np.asarray(event, bool)
    if events.ndim == 1:
        events = np.broadcast_to(event_flags(event, times), kept.shape)
    arm = event_flags(treated, times)
    order = np.argsort(times, kind="stable")
    _, index, _ = time_grid(times[order])
    size = max(1, CELLS_AT_ONCE // max(len(times), 1))
    parts = [
        _fits(index, kept[chunk][:, order], events[chunk][:, order], arm[order])
        for chunk in (slice(first, first + size) for first in range(0, len(kept), size))
    ]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _fits(index, kept, events, arm):
    """Newton's steps of all samples side by side; rows are sorted by time."""
    died = kept & events
    starts = np.flatnonzero(np.diff(index, prepend=-1))
    columns = np.flatnonzero(died.any(axis=0))
    cell = index[columns]
    at_risk = [
        np.cumsum((kept & mask)[:, ::-1], axis=1)[:, ::-1][:, starts][:, cell]
        for mask in (arm, ~arm)
    ]
    deaths = [np.add.reduceat(died & mask, starts, axis=1)[:, cell] for mask in (arm, ~arm)]
    own = died[:, columns].astype(float)
    # Efron's fraction: deaths of the sample before this one on its day, over all of that day
    before = np.cumsum(died, axis=1) - died
    rank = before[:, columns] - before[:, starts][:, cell]
    fraction = rank / np.maximum(deaths[0] + deaths[1], 1)
    treated, control = (
        np.where(own > 0, risk - fraction * dead, 1.0)
        for risk, dead in zip(at_risk, deaths, strict=True)
    )
    observed = (own * arm[columns]).sum(1)
    estimable = (observed > 0) & (observed < own.sum(1))
    beta, information = np.zeros(len(kept)), np.ones(len(kept))
    for _ in range(MAX_ITERATIONS):
        hazard = treated * np.exp(beta)[:, None]
        share = hazard / (hazard + control)
        information = (own * share * (1 - share)).sum(1)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = (observed - (own * share).sum(1)) / information
        step = np.where(estimable & np.isfinite(step), step, 0.0)
        beta = beta + np.clip(step, -LONGEST_STEP, LONGEST_STEP)
        if np.abs(step).max(initial=0.0) < SHORT_STEP:
            break
    with np.errstate(divide="ignore", invalid="ignore"):
        se = 1 / np.sqrt(information)
    estimable &= information > LEAST_INFORMATION * own.sum(1)
    return np.where(estimable, beta, np.nan), np.where(estimable, se, np.nan)

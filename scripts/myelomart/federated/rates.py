"""Rates of all sites together: the binomial-normal model, exact for sites without events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myelomart.errors import StatisticsError
from myelomart.meta_analysis import pool, profile_interval, proportions
from myelomart.meta_analysis.random_effects import FEWEST_STUDIES


@dataclass(frozen=True)
class PooledRate:
    """A share over sites with its limits, that of a new site, and how far sites differ (logits)."""

    estimate: float
    ci_low: float
    ci_high: float
    prediction_low: float
    prediction_high: float
    tau2: float
    i2: float
    sites: int


def pooled_rate(events: list[float], persons: list[float]) -> PooledRate | None:
    """The GLMM of counts that sites show; None with fewer than three sites, or nothing to model.

    >>> found = pooled_rate([8, 12, 30], [20, 25, 40])
    >>> round(found.estimate, 3), found.sites
    (0.563, 3)
    """
    shown = [
        (min(e, n), n) for e, n in zip(events, persons, strict=True) if np.isfinite([e, n]).all()
    ]
    shown = [(e, n) for e, n in shown if n > 0]
    if len(shown) < FEWEST_STUDIES:
        return None
    sizes = proportions(*zip(*shown, strict=True))
    try:
        found = pool(sizes, method="glmm")
        low, high = profile_interval(sizes)
    except StatisticsError:  # no event at any site, or nobody without one
        return None
    return PooledRate(
        found.estimate, low, high, found.prediction_low, found.prediction_high, found.tau2,
        found.i2, len(shown),
    )  # fmt: skip

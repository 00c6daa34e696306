"""Study results on the scale they are pooled on, and back.

Proportions as logits (half an event added to both cells of a study with an empty cell) or by the
Freeman-Tukey double arcsine; ratios and medians as logarithms; means as they are. The standard
error of a printed interval is its width over 2 z. As ``metafor::escalc``.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit
from scipy.stats import norm

from myelomart.columns import number_column, refuse_rows
from myelomart.errors import StatisticsError

LOG_MEASURES = ("hr", "rr", "or", "median")
MEASURES = ("proportion", *LOG_MEASURES, "mean")
TRANSFORMS = ("logit", "freeman-tukey")


@dataclass(frozen=True)
class EffectSizes:
    """Effects and sampling variances (k,) on the analysis scale; ``back`` leads to the printed."""

    study: tuple[str, ...]
    effect: np.ndarray
    variance: np.ndarray
    measure: str
    transform: str  # log, identity, logit or freeman-tukey
    events: np.ndarray | None = None
    n: np.ndarray | None = None

    def back(self, value: ArrayLike, n: ArrayLike | None = None) -> np.ndarray | float:
        """Values on the analysis scale back on the printed one (Freeman-Tukey needs a size n)."""
        if self.transform == "log":
            return np.exp(value)
        if self.transform == "logit":
            return expit(value)
        if self.transform == "freeman-tukey":
            return inverse_freeman_tukey(value, self.harmonic_mean_n if n is None else n)
        return value

    @property
    def harmonic_mean_n(self) -> float:
        """Harmonic mean of the study sizes, for the back-transform of a pooled double arcsine."""
        return float(1 / np.mean(1 / self.n))

    def without(self, position: int) -> "EffectSizes":
        """The same without one study."""
        keep = np.arange(len(self.effect)) != position
        pick = {
            name: None if getattr(self, name) is None else getattr(self, name)[keep]
            for name in ("effect", "variance", "events", "n")
        }
        studies = tuple(name for name, kept in zip(self.study, keep, strict=True) if kept)
        return EffectSizes(studies, measure=self.measure, transform=self.transform, **pick)


def proportions(
    events: ArrayLike, n: ArrayLike, *, study: ArrayLike | None = None, transform: str = "logit"
) -> EffectSizes:
    """Effect sizes of events (k,) among n (k,).

    >>> proportions([8, 0], [20, 25]).effect.round(3).tolist()
    [-0.405, -3.932]
    """
    if transform not in TRANSFORMS:
        raise StatisticsError(f"transform {transform!r} is unknown: use {', '.join(TRANSFORMS)}")
    size = number_column(n, "n")
    count = number_column(events, "events")
    refuse_rows(size < 1, "n", "are below 1", "a study has at least one patient")
    for values, name in ((size, "n"), (count, "events")):
        refuse_rows(values % 1 != 0, name, "are no whole numbers", "give counts of patients")
    refuse_rows((count < 0) | (count > size), "events", "are below 0 or above n", "mend the counts")
    if transform == "logit":
        empty = (count == 0) | (count == size)
        added = np.where(empty, 0.5, 0.0)
        hits, misses = count + added, size - count + added
        effect, variance = np.log(hits / misses), 1 / hits + 1 / misses
    else:
        low, high = np.sqrt(count / (size + 1)), np.sqrt((count + 1) / (size + 1))
        effect, variance = (np.arcsin(low) + np.arcsin(high)) / 2, 1 / (4 * size + 2)
    names = study_names(study, len(size))
    return EffectSizes(names, effect, variance, "proportion", transform, count, size)


def from_intervals(
    estimate: ArrayLike,
    ci_low: ArrayLike,
    ci_high: ArrayLike,
    measure: str,
    *,
    study: ArrayLike | None = None,
    conf_level: float = 0.95,
) -> EffectSizes:
    """Effect sizes of printed estimates (k,) with confidence limits (k,).

    >>> from_intervals([0.5], [0.25], [1.0], "hr").effect.round(3).tolist()
    [-0.693]
    """
    if measure not in MEASURES or measure == "proportion":
        raise StatisticsError(f"measure {measure!r} is unknown: use hr, rr, or, median or mean")
    value, low, high = (
        number_column(given, name)
        for given, name in ((estimate, "estimate"), (ci_low, "ci_low"), (ci_high, "ci_high"))
    )
    refuse_rows(~(low < high), "ci_low", "are not below ci_high", "mend the limits")
    refuse_rows((value < low) | (value > high), "estimate", "lie outside their limits", "mend them")
    transform = "identity" if measure == "mean" else "log"
    if transform == "log":
        refuse_rows(
            low <= 0, "ci_low", f"are not above 0, as a {measure} must be", "mend the limits"
        )
        value, low, high = np.log(value), np.log(low), np.log(high)
    se = (high - low) / (2 * norm.ppf(0.5 + conf_level / 2))
    return EffectSizes(study_names(study, len(value)), value, se**2, measure, transform)


def study_names(study: ArrayLike, k: int) -> tuple[str, ...]:
    """Names of the studies; numbered when none are given.

    >>> study_names(None, 2)
    ('study 1', 'study 2')
    """
    if study is None:
        return tuple(f"study {position + 1}" for position in range(k))
    return tuple(str(name) for name in pd.Series(study))


def inverse_freeman_tukey(value: ArrayLike, n: ArrayLike) -> np.ndarray | float:
    """Proportion of a double-arcsine value at size n (Miller JJ. Am Stat 1978;32:138).

    >>> sizes = proportions([8], [20], transform="freeman-tukey")
    >>> inverse_freeman_tukey(sizes.effect, 20).round(6).tolist()
    [0.4]
    """
    value, n = np.broadcast_arrays(np.asarray(value, float), np.asarray(n, float))
    lowest = np.arcsin(np.sqrt(1 / (n + 1))) / 2
    highest = (np.arcsin(np.sqrt(n / (n + 1))) + np.pi / 2) / 2
    inside = np.clip(value, lowest, highest)
    sine = np.sin(2 * inside)
    root = 1 - (sine + (sine - 1 / sine) / n) ** 2
    proportion = (1 - np.sign(np.cos(2 * inside)) * np.sqrt(np.maximum(root, 0))) / 2
    proportion = np.where(value <= lowest, 0.0, np.where(value >= highest, 1.0, proportion))
    return proportion if proportion.ndim else float(proportion)

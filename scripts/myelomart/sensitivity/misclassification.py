"""Outcomes that codes find imperfectly: what the risks would be with every outcome seen rightly.

The share found is sensitivity × true + (1 - specificity) × (1 - true) in each arm, so that the true
share is (found + specificity - 1) / (sensitivity + specificity - 1) (Rogan WJ, Gladen B. Am J
Epidemiol 1978;107:71; Lash TL, Fox MP, Fink AK. Applying Quantitative Bias Analysis to
Epidemiologic Data, 2009). With sensitivity and specificity as known the error is that of the shares
found alone; where they are uncertain they are drawn, and so is the error (Fox MP, Lash TL,
Greenland S. Int J Epidemiol 2005;34:1370).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown

DRAWS = 20_000
FEWEST_POSSIBLE = 0.5  # of the draws: below it the data contradict the assumed errors


@dataclass(frozen=True)
class Validity:
    """Sensitivity and specificity of the codes in one arm: least, most likely and most."""

    sensitivity: tuple[float, float, float]
    specificity: tuple[float, float, float]

    def __post_init__(self) -> None:
        for name in ("sensitivity", "specificity"):
            least, likely, most = getattr(self, name)
            if not 0 <= least <= likely <= most <= 1:
                raise StatisticsError(
                    f"{name} {least:g}, {likely:g}, {most:g}: give the least, the most likely and "
                    "the most, in this order, between 0 and 1"
                )
        if self.sensitivity[1] + self.specificity[1] <= 1:
            raise StatisticsError(
                "sensitivity and specificity add up to 1 or less: the codes tell nothing"
            )

    @classmethod
    def known(cls, sensitivity: float, specificity: float) -> Validity:
        """Both as known."""
        return cls((sensitivity,) * 3, (specificity,) * 3)


@dataclass(frozen=True)
class Corrected(Shown):
    """Risks and their ratio and difference, with limits; NaN where the data rule the errors out.

    ``possible`` is the share of draws that the data allow; 1 or 0 where nothing is drawn.
    """

    risk_treated: float
    risk_control: float
    ratio: float
    ratio_low: float
    ratio_high: float
    difference: float
    difference_low: float
    difference_high: float
    possible: float


def true_share(found: float, sensitivity: float, specificity: float) -> float:
    """The true share behind the share found; NaN where it would lie outside 0 and 1.

    >>> round(true_share(0.2, 0.8, 0.95), 3)
    0.2
    """
    value = (found + specificity - 1) / (sensitivity + specificity - 1)
    return float(value) if -1e-12 <= value <= 1 + 1e-12 else float("nan")


def corrected_risks(
    events: tuple[int, int], sizes: tuple[int, int], treated: Validity,
    control: Validity | None = None, conf_level: float = 0.95,
) -> Corrected:  # fmt: skip
    """Simple correction with the most likely values; ``events`` and ``sizes``: treated, control.

    ``control`` is the validity among controls where it differs. Limits hold for these values.

    >>> found = corrected_risks((40, 20), (200, 200), Validity.known(0.8, 1.0))
    >>> round(found.ratio, 3), round(found.difference, 3)
    (2.0, 0.125)
    """
    _check(events, sizes)
    half = norm.ppf(0.5 + conf_level / 2)
    risks, errors = [], []
    for event, size, validity in zip(events, sizes, (treated, control or treated), strict=True):
        sensitivity, specificity = validity.sensitivity[1], validity.specificity[1]
        share = event / size
        risks.append(true_share(share, sensitivity, specificity))
        errors.append(np.sqrt(share * (1 - share) / size) / (sensitivity + specificity - 1))
    is_possible = bool(np.isfinite(risks).all())
    gap, gap_se = risks[0] - risks[1], float(np.hypot(*errors))
    ratio, log_se = float("nan"), float("nan")
    if is_possible and min(risks) > 0:
        ratio = risks[0] / risks[1]
        log_se = float(np.hypot(*(e / r for e, r in zip(errors, risks, strict=True))))
    low, high = (float(one) for one in ratio * np.exp([-half * log_se, half * log_se]))
    return Corrected(
        *risks, ratio, low, high, gap, gap - half * gap_se, gap + half * gap_se, float(is_possible)
    )


def probable_risks(
    events: tuple[int, int], sizes: tuple[int, int], treated: Validity,
    control: Validity | None = None, *, seed: int = 0, draws: int = DRAWS,
    conf_level: float = 0.95,
) -> Corrected:  # fmt: skip
    """Medians and limits over draws of sensitivity, specificity (triangular) and of the error.

    Without ``control`` both arms share each draw: the errors do not differ between them. Draws
    that the data rule out are left out; everything is NaN where they are more than half.

    >>> validity = Validity((0.7, 0.8, 0.9), (0.98, 0.99, 1.0))
    >>> found = probable_risks((40, 20), (200, 200), validity)
    >>> 2.0 < found.ratio < 2.4, found.ratio_low < 1.4 < 3.0 < found.ratio_high
    (True, True)
    """
    _check(events, sizes)
    rng = np.random.default_rng(seed)
    drawn = [_drawn(treated, draws, rng)]
    drawn.append(drawn[0] if control is None else _drawn(control, draws, rng))
    risks = []
    for event, size, (sensitivity, specificity) in zip(events, sizes, drawn, strict=True):
        share = rng.beta(event + 0.5, size - event + 0.5, draws)  # Jeffreys' prior
        with np.errstate(divide="ignore", invalid="ignore"):
            risks.append((share + specificity - 1) / (sensitivity + specificity - 1))
    first, second = risks
    allowed = (first > 0) & (first < 1) & (second > 0) & (second < 1)
    possible = float(allowed.mean())
    if possible < FEWEST_POSSIBLE:
        return Corrected(*[float("nan")] * 8, possible)
    tail = (1 - conf_level) / 2
    at = [0.5, tail, 1 - tail]
    first, second = first[allowed], second[allowed]
    ratio, gap = np.quantile(first / second, at), np.quantile(first - second, at)
    return Corrected(
        float(np.median(first)), float(np.median(second)), *map(float, ratio), *map(float, gap),
        possible,
    )  # fmt: skip


def misclassification_table(
    events: tuple[int, int], sizes: tuple[int, int], sensitivities: list[float],
    specificities: list[float],
) -> pd.DataFrame:  # fmt: skip
    """The corrected ratio over a grid, errors alike in both arms; NaN where the data rule it out.

    >>> misclassification_table((40, 20), (200, 200), [0.8], [1.0, 0.85])["ratio"].round(2).tolist()
    [2.0, nan]
    """
    rows = []
    for sensitivity in sensitivities:
        for specificity in specificities:
            found = corrected_risks(events, sizes, Validity.known(sensitivity, specificity))
            rows.append(
                {"sensitivity": sensitivity, "specificity": specificity, "ratio": found.ratio,
                 "ci_low": found.ratio_low, "ci_high": found.ratio_high,
                 "difference": found.difference}
            )  # fmt: skip
    return pd.DataFrame(rows)


def _drawn(validity: Validity, draws: int, rng) -> tuple[np.ndarray, np.ndarray]:
    return tuple(
        np.full(draws, limits[1]) if limits[0] == limits[2] else rng.triangular(*limits, draws)
        for limits in (validity.sensitivity, validity.specificity)
    )


def _check(events: tuple[int, int], sizes: tuple[int, int]) -> None:
    for event, size in zip(events, sizes, strict=True):
        if not 0 <= event <= size or size < 1:
            raise StatisticsError(f"{event} events of {size} persons: count them again")

"""The hazard ratio of the first term of a Cox model with the limits and the p that go with it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.survival import CoxFit, cox_regression
from myelomart.survival.firth import profile_limits, profile_p

WALD = "Wald"
PENALISED = "profile likelihood, Firth"


@dataclass(frozen=True)
class Ratio:
    """A ratio, its limits, its p and the test that this is of."""

    estimate: float
    ci_low: float
    ci_high: float
    p_value: float
    p_test: str

    @property
    def is_bounded(self) -> bool:
        """Whether the upper limit is a number."""
        return math.isfinite(self.ci_high)

    def values(self) -> dict[str, float | str]:
        """The columns of an estimate."""
        return {
            "estimate": self.estimate, "ci_low": self.ci_low, "ci_high": self.ci_high,
            "p_value": self.p_value, "p_test": self.p_test,
        }  # fmt: skip


def first_ratio(fit: CoxFit) -> Ratio:
    """The ratio of the first term: Wald's limits, or the profile's where the fit is penalised.

    The likelihood of a penalised fit is far from a parabola, so that Wald's limits and p mislead
    (Heinze and Schemper 2001). Raises ``StatisticsError`` when the profile cannot be climbed.
    """
    if fit.penalty is None:
        row = fit.table().iloc[0]
        return Ratio(row["hr"], row["ci_low"], row["ci_high"], row["p"], WALD)
    low, high = profile_limits(fit, 0)
    ratio = float(fit.hazard_ratio[0])
    return Ratio(ratio, math.exp(low), math.exp(high), profile_p(fit, 0), PENALISED)


def ratio_of_arms(
    time: np.ndarray, event: np.ndarray, treated: np.ndarray, model: pd.DataFrame | None = None,
    *, penalised: bool = True,
) -> tuple[Ratio | None, str | None]:  # fmt: skip
    """Cox's ratio of ``treated`` (n,) and its penalty: Firth's where one arm has no event.

    ``model`` (n, c) has further columns, the arm first. None for a ratio that cannot be estimated,
    and, unless ``penalised``, for one of an arm without events.

    >>> time, event = np.array([1.0, 2, 3, 4]), np.array([True, True, False, False])
    >>> ratio_of_arms(time, event, np.array([True, True, False, False]), penalised=False)
    (None, None)
    """
    is_one_sided = not (event[treated].any() and event[~treated].any())
    if is_one_sided and not penalised:
        return None, None
    penalty = "firth" if is_one_sided else None
    model = pd.DataFrame({"treated": treated.astype(float)}) if model is None else model
    try:
        found = first_ratio(cox_regression(time, event, model, penalty=penalty))
    except StatisticsError:
        return None, penalty
    return (found if found.is_bounded else None), penalty

"""Absolute effects beside a hazard ratio: risks at the horizon, and time lived without the event.

Risks are Aalen-Johansen, so that what competes is no censoring; the restricted mean is of the time
without the event, and is given only where nothing competes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from myelomart.errors import StatisticsError
from myelomart.results import Results
from myelomart.survival.restricted_mean import restricted_mean_difference, restricted_means
from myelomart.survival.risks import NumberNeeded, risk_difference


@dataclass(frozen=True)
class Difference:
    """Treated less control with its limits; NaN where follow-up ends before the horizon."""

    estimate: float = float("nan")
    ci_low: float = float("nan")
    ci_high: float = float("nan")

    @classmethod
    def of(cls, found) -> Difference:
        """The estimate and limits of any result that has them."""
        return cls(found.estimate, found.ci_low, found.ci_high)

    def values(self) -> dict:
        """What the estimates hold of it."""
        return {
            "estimate": self.estimate, "ci_low": self.ci_low, "ci_high": self.ci_high,
            "status": None if np.isfinite(self.estimate) else "not_estimable",
        }  # fmt: skip


@dataclass(frozen=True)
class Absolute:
    """Risks at ``horizon`` months (shares, treated first), their difference, and that of time."""

    horizon: float
    risks: tuple[Difference, Difference]
    risk_difference: Difference
    number_needed: NumberNeeded
    mean_difference: Difference | None  # months; None where something competes


def absolute_effects(
    time: np.ndarray, code: np.ndarray, treated: np.ndarray, horizon: float,
    cluster: np.ndarray | None = None, weights: np.ndarray | None = None,
) -> Absolute:  # fmt: skip
    """``time`` (n,) in months, ``code`` (n,) 0, 1 or 2 for what competes, ``treated`` (n,) bool.

    ``cluster`` (n,) are pairs, which the restricted means respect; the risks of the arms are taken
    as independent. ``weights`` (n,) make both robust.
    """
    gap = risk_difference(time, code, treated, horizon, weights=weights)
    mean = None
    if not (code == 2).any():
        mean = Difference()
        try:
            means = restricted_means(
                time, code == 1, treated.astype(int), tau=horizon, cluster=cluster, weights=weights
            )
            mean = Difference.of(restricted_mean_difference(means[0], means[1]))
        except StatisticsError:
            pass  # an arm is empty: no difference
    risks = Difference.of(gap.second), Difference.of(gap.first)
    return Absolute(horizon, risks, Difference.of(gap), gap.number_needed, mean)


def add_absolute(
    found: Absolute, output_id: str, sizes: tuple, common: dict, labels: tuple, results: Results
) -> None:
    """Add the risks of both arms and the differences; ``sizes``: events and persons of each arm."""
    at = common | {"timepoint_months": found.horizon}
    for risk, (events, size), label in zip(found.risks, sizes, labels, strict=True):
        results.add(
            output_id, "risk_at_horizon", arm=label, numerator=events, denominator=size,
            unit="proportion", **risk.values(), **at,
        )  # fmt: skip
    compared = at | {"arm": labels[0], "comparator": labels[1]}
    compared |= {"numerator": sum(one[0] for one in sizes)}
    compared |= {"denominator": sum(one[1] for one in sizes)}
    results.add(
        output_id, "risk_difference", unit="proportion", **found.risk_difference.values(),
        **compared,
    )  # fmt: skip
    results.add(
        output_id, "number_needed_to_treat", unit="persons for one event",
        **Difference.of(found.number_needed).values(), **compared,
    )  # fmt: skip
    if found.mean_difference is not None:
        results.add(
            output_id, "restricted_mean_difference", unit="months",
            **found.mean_difference.values(), **compared,
        )  # fmt: skip

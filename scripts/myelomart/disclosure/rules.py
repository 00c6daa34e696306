"""Small cells stay at the site: suppression before anything is published or shared.

Rules and examples: algorithms.md section 11.2. The default hides counts of 1 to 10, as the Centers
for Medicare & Medicaid Services and PCORnet do; other profiles are named. A suppressed value prints
as text ("<11"), never as a number that could be mistaken for one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError

ROUND_BASE = 5  # denominators beside a suppressed numerator
FEWEST_EVENTS = 5  # for an effect estimate


@dataclass(frozen=True)
class Profile:
    """Counts below ``min_cell`` are hidden, or shown as ``floor`` where there is one."""

    name: str
    min_cell: int
    floor: int | None = None
    hide_zero: bool = False

    def hides(self, count) -> bool:
        """Whether a count is too small to show; a missing count hides nothing."""
        if count is None or not np.isfinite(count):
            return False
        return (0 < count < self.min_cell) or (self.hide_zero and count == 0)

    @property
    def mask(self) -> str:
        """What is printed in place of a hidden count."""
        return f"<{self.min_cell}" if self.floor is None else str(self.floor)


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("cms11", 11),
        Profile("ohdsi5", 5),
        Profile("n3c20", 20),
        Profile("trinetx10", 11, floor=10),
    )
}
DEFAULT = PROFILES["cms11"]
MASKED = "masked"  # hidden to protect another cell


def suppress_counts(counts: dict, profile: Profile = DEFAULT, *, total_shown=True) -> dict:
    """A row or column of counts that add up to a published total, with small cells hidden.

    When exactly one cell is hidden and the total is shown, the smallest other cell that is not zero
    is masked too, ties by label, or else the hidden count could be had by subtraction.
    """
    hidden = [label for label, count in counts.items() if profile.hides(count)]
    shown = {label: profile.mask if label in hidden else count for label, count in counts.items()}
    if profile.floor is None and total_shown and len(hidden) == 1:
        others = [
            label
            for label, count in counts.items()
            if label not in hidden and count is not None and count > 0
        ]
        if others:
            shown[min(others, key=lambda label: (counts[label], str(label)))] = MASKED
    return shown


def round_half_up(value: float, base: int = ROUND_BASE) -> int:
    """``value`` to the nearest multiple of ``base``, halves upwards."""
    return int(np.floor(value / base + 0.5)) * base


def suppress_proportion(numerator, denominator, profile: Profile = DEFAULT) -> dict:
    """Numerator, denominator and percent; all fall together when either part is small.

    Both sides are protected: 3 of 106, and 103 of 106.
    """
    if not 0 <= numerator <= denominator:
        raise StatisticsError(f"{numerator} of {denominator} is no proportion")
    if profile.hides(numerator) or profile.hides(denominator - numerator):
        small = profile.hides(numerator)
        return {
            "numerator": profile.mask if small else MASKED,
            "denominator": profile.mask
            if profile.hides(denominator)
            else round_half_up(denominator),
            "percent": None,
            "is_suppressed": True,
        }
    return {
        "numerator": numerator,
        "denominator": denominator,
        "percent": 100 * numerator / denominator if denominator else None,
        "is_suppressed": False,
    }


def suppress_curve(curve: pd.DataFrame, times, profile: Profile = DEFAULT) -> pd.DataFrame:
    """A survival curve (columns time, n_risk, …) at fixed times only, ended where few are at risk.

    Times of single events or censorings never appear; ``n_event`` and ``n_censored`` between fixed
    times are hidden when small.
    """
    ordered = curve.sort_values("time").reset_index(drop=True)
    rows = []
    for moment in sorted(times):
        passed = np.searchsorted(ordered["time"].to_numpy(), moment, side="right")
        ahead = ordered["n_risk"][ordered["time"] >= moment]
        at_risk = ahead.iloc[0] if len(ahead) else 0
        if at_risk < profile.min_cell:
            break
        row = {"time": moment, "n_risk": at_risk}
        for name in ("survival", "incidence", "ci_low", "ci_high"):
            if name in ordered:
                row[name] = ordered[name].iloc[passed - 1] if passed else _start(name)
        rows.append(row)
    return pd.DataFrame(rows)


def may_publish_median(events: int, at_risk: int, profile: Profile = DEFAULT) -> bool:
    """A median needs as many events, and as many at risk, as a cell."""
    return events >= profile.min_cell and at_risk >= profile.min_cell


def may_publish_effect(n1: int, n0: int, events: int, profile: Profile = DEFAULT) -> bool:
    """An effect estimate needs a cell's worth in each arm and five events in all."""
    return min(n1, n0) >= profile.min_cell and events >= FEWEST_EVENTS


def differencing_conflicts(table: dict, subset: dict, profile: Profile = DEFAULT) -> list:
    """Labels whose counts in a table and in its subset differ by a small number."""
    return [
        label for label in table if label in subset and profile.hides(table[label] - subset[label])
    ]


def suppress_estimates(estimates: pd.DataFrame, profile: Profile = DEFAULT) -> pd.DataFrame:
    """Rows with numerator and denominator, their small ones hidden and counted as such.

    A row whose numerator or remainder is small loses estimate, limits and p, its numerator, and has
    its denominator rounded; ``is_suppressed`` says so. Rows without both counts pass unchanged.
    """
    result = estimates.copy()
    numerator, denominator = result["numerator"], result["denominator"]
    small = numerator.map(profile.hides) | (denominator - numerator).map(profile.hides)
    small &= denominator.notna()
    for name in ("numerator", "estimate", "ci_low", "ci_high", "p_value"):
        if name in result:
            result[name] = result[name].mask(small)
    rounded = denominator.map(lambda n: n if pd.isna(n) else round_half_up(n))
    result["denominator"] = denominator.mask(small, rounded)
    return result.assign(is_suppressed=small)


def _start(name: str) -> float:
    """Value of a curve before its first time."""
    return 0.0 if name == "incidence" else 1.0

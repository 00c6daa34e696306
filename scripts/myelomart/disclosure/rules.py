"""Small cells stay at the site: which counts are small, and what falls with them.

Rules and examples: specification pooling 11.2. Counts of 1 to below a limit are hidden (11: the
Centers for Medicare & Medicaid Services, PCORnet; 5: OHDSI; 20: N3C), on both sides: 3 of 106, and
103 of 106.
"""

from functools import partial

import numpy as np
import pandas as pd

ROUND_BASE = 5  # denominators beside a suppressed numerator


def is_small(count: float | None, fewest: int) -> bool:
    """Whether a count is too small to show: 1 to below ``fewest``; a missing one hides nothing."""
    return count is not None and bool(np.isfinite(count)) and 0 < count < fewest


def round_half_up(value: float, base: int = ROUND_BASE) -> int:
    """``value`` to the nearest multiple of ``base``, halves upwards."""
    return int(np.floor(value / base + 0.5)) * base


def suppress_curve(curve: pd.DataFrame, times, fewest: int) -> pd.DataFrame:
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
        if at_risk < fewest:
            break
        row = {"time": moment, "n_risk": at_risk}
        for name in ("survival", "incidence", "ci_low", "ci_high"):
            if name in ordered:
                row[name] = ordered[name].iloc[passed - 1] if passed else _start(name)
        rows.append(row)
    return pd.DataFrame(rows)


def suppress_estimates(estimates: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """Rows with numerator and denominator, their small ones hidden and counted as such.

    A row whose numerator or remainder is small loses estimate, limits and p, its numerator, and has
    its denominator rounded; ``is_suppressed`` says so. Rows without both counts pass unchanged.
    """
    hides = partial(is_small, fewest=fewest)
    result = estimates.copy()
    numerator, denominator = result["numerator"], result["denominator"]
    small = numerator.map(hides) | (denominator - numerator).map(hides)
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

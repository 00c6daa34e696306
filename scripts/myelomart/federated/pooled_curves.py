"""Curves of all sites together: at each time the sites' risk sets and events are summed.

A site's released curve has few points: between two of them its hazard is taken as constant and its
risk set as shrinking evenly. A site counts as long as its curve goes; the pooled curve ends where
the first half of the sites' persons has no curve any more.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

LEAST_SHARE = 0.5  # of the persons at the start whose sites still have a curve
LOWEST = 1e-6  # of a survival: below, a curve has no hazard left to read
COLUMNS = ["time_months", "n_risk", "n_event", "n_censored", "survival", "ci_low", "ci_high"]


def pooled_curve(curves: list[pd.DataFrame], conf_level: float = 0.95) -> pd.DataFrame:
    """The curve of several sites' curves, each with time_months, n_risk and survival, ascending.

    Curves that rise (incidence from 0) are pooled as 1 less the curve. Log-log limits, of
    Greenwood's variance.

    >>> one = pd.DataFrame({"time_months": [0.0, 6, 12], "n_risk": [40.0, 30, 20],
    ...                     "survival": [1.0, 0.8, 0.6]})
    >>> pooled_curve([one, one])["survival"].round(3).tolist()
    [1.0, 0.8, 0.6]
    """
    own = [one for one in curves if len(one) > 1]
    if not own:
        return pd.DataFrame(columns=COLUMNS)
    rises = own[0]["survival"].iloc[0] == 0
    times = np.unique(np.concatenate([one["time_months"].to_numpy(float) for one in own]))
    begins = np.array([float(one["n_risk"].iloc[0]) for one in own])
    hazards, risks = zip(*(_steps(one, times, rises) for one in own), strict=True)
    hazards, risks = np.array(hazards), np.array(risks)
    going = np.isfinite(hazards)
    at_risk = np.where(going, risks[:, :-1], 0.0)
    kept = begins @ going >= LEAST_SHARE * begins.sum()
    last = len(kept) if kept.all() else int(np.argmin(kept))
    total = at_risk.sum(0)[:last]
    events = (at_risk * np.where(going, hazards, 0.0)).sum(0)[:last]
    step = np.divide(events, total, out=np.zeros(last), where=total > 0)
    survival = np.append(1.0, np.exp(-np.cumsum(step)))
    spread = np.append(0.0, np.cumsum(np.divide(step, total, out=np.zeros(last), where=total > 0)))
    low, high = _limits(survival, spread, conf_level)
    still = np.where(np.isfinite(risks), risks, 0.0).sum(0)[: last + 1]
    frame = pd.DataFrame(
        {
            "time_months": times[: last + 1], "n_risk": still, "n_event": np.nan,
            "n_censored": np.nan, "survival": survival, "ci_low": low, "ci_high": high,
        }
    )  # fmt: skip
    if rises:
        frame["survival"], frame["ci_low"], frame["ci_high"] = 1 - survival, 1 - high, 1 - low
    return frame


def _steps(curve: pd.DataFrame, times: np.ndarray, rises: bool) -> tuple[np.ndarray, np.ndarray]:
    """Hazard between the times (t - 1,) and persons at risk at each (t,); NaN beyond the curve."""
    months = curve["time_months"].to_numpy(float)
    level = curve["survival"].to_numpy(float)
    level = 1 - level if rises else level
    log_level = np.log(np.clip(level, LOWEST, 1.0))
    inside = times <= months[-1]
    log_at = np.where(inside, np.interp(times, months, log_level), np.nan)
    risk = np.where(inside, np.interp(times, months, curve["n_risk"].to_numpy(float)), np.nan)
    return -np.diff(log_at), risk


def _limits(survival: np.ndarray, spread: np.ndarray, conf_level: float):
    quantile = norm.ppf(0.5 + conf_level / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.exp(quantile * np.sqrt(spread) / np.abs(np.log(survival)))
        low, high = survival**shift, survival ** (1 / shift)
    flat = survival >= 1
    return np.where(flat, 1.0, low), np.where(flat, 1.0, high)


def level_at(curve: pd.DataFrame, months: list[float], name: str = "survival") -> np.ndarray:
    """A column of a pooled curve at months; NaN beyond its end."""
    points = curve["time_months"].to_numpy(float)
    inside = np.asarray(months, float) <= points[-1]
    return np.where(inside, np.interp(months, points, curve[name].to_numpy(float)), np.nan)


def median_of(curve: pd.DataFrame) -> tuple[float, float, float]:
    """When the curve and its limits reach one half, in months; NaN where they do not."""
    found = []
    for name in ("survival", "ci_low", "ci_high"):
        level = curve[name].to_numpy(float)
        under = np.flatnonzero(level <= 0.5)
        if not len(under) or not under[0]:
            found.append(np.nan)
            continue
        k = under[0]
        share = (level[k - 1] - 0.5) / (level[k - 1] - level[k])
        months = curve["time_months"].to_numpy(float)
        found.append(float(months[k - 1] + share * (months[k] - months[k - 1])))
    return found[0], found[1], found[2]

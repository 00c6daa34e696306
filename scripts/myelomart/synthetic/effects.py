"""The planted outcomes of the two arms: proportional hazards with known ratios.

For outcome k the cumulative hazard of a person with linear predictor x in arm a is
`H_k(t) * exp(a * log(HR_k) + x)`: the conditional ratio holds exactly, at every t. `H_k` is linear
in two pieces, so that a share of the year's hazard can fall in the first days.
"""

from dataclasses import dataclass

import numpy as np

from myelomart.synthetic.constants import column, parameter, rows
from myelomart.synthetic.streams import Streams

NEVER = np.int64(2**40)


@dataclass
class Planted:
    """First occurrence in days after index (1 … 365, else NEVER), shape (n, outcomes), per arm."""

    control: np.ndarray
    treated: np.ndarray
    prior: np.ndarray
    linear_predictor: np.ndarray


def outcome_names() -> list[str]:
    """The outcomes in the order of the columns."""
    return [row["outcome"] for row in rows("outcomes")]


def first_days(clock: np.ndarray, hazard: np.ndarray) -> np.ndarray:
    """Invert the cumulative hazard: exponential clocks (n, k) and yearly hazards to days."""
    window = parameter("arm_window_days")
    share, early = column("outcomes", "early_share"), column("outcomes", "early_days")
    reached = clock / hazard
    at_early = share + (1 - share) * early / window
    with np.errstate(divide="ignore", invalid="ignore"):
        before = reached / (share / early + (1 - share) / window)
        after = early + (reached - at_early) * window / (1 - share)
    time = np.where(reached <= at_early, before, after)
    return np.where(time <= window, np.ceil(np.minimum(time, window)), NEVER).astype(np.int64)


def plant(
    streams: Streams, age: np.ndarray, charlson: np.ndarray, log_ratio: np.ndarray
) -> Planted:
    """Both potential outcomes of every person, from the same exponential clocks."""
    predictor = parameter("outcome_age") * (age - parameter("age_at_diagnosis_mean")) / 10
    predictor = predictor + parameter("outcome_charlson") * (charlson - 1)
    clock = streams.exponential("outcomes", len(log_ratio))
    base = -np.log1p(-column("outcomes", "risk_control_12m"))[None, :] * np.exp(predictor)[:, None]
    prior = streams.uniform("prior_outcomes", len(log_ratio)) < column("outcomes", "prior_share")
    return Planted(
        control=first_days(clock, base),
        treated=first_days(clock, base * np.exp(log_ratio)[None, :]),
        prior=prior,
        linear_predictor=predictor,
    )

"""The planted outcomes of the two arms: proportional hazards with known ratios.

For outcome k the cumulative hazard of a person with linear predictor x in arm a is
`H_k(t) * exp(a * log(HR_k) + x)`: the conditional ratio holds exactly, at every t. `H_k` is linear
in two pieces, so that a share of the year's hazard can fall in the first days.
"""

from dataclasses import dataclass

import numpy as np

from myelomart_synthetic.constants import column, parameter, rows
from myelomart_synthetic.scenarios import Scenario
from myelomart_synthetic.streams import Streams

NEVER = np.int64(2**40)


@dataclass
class Planted:
    """Exponential clocks (n, outcomes) shared by both potential arms, and who had it before."""

    clock: np.ndarray
    prior: np.ndarray
    linear_predictor: np.ndarray
    scenario: Scenario

    def days(
        self, treated: np.ndarray, year: np.ndarray, crossed: np.ndarray | None = None
    ) -> np.ndarray:
        """First occurrence, 1 … 365 days after the clock starts, else NEVER; shape (n, outcomes).

        `treated` (n,) says which potential arm, `year` (n,) the calendar year (as a fraction) that
        the era effect acts through; 2021 is its zero. From day `crossed` (n,) on, NEVER for most,
        the hazard is that of CAR-T.
        """
        since = np.clip(year - parameter("era_zero_year"), -20, 20)
        predictor = self.linear_predictor + self.scenario.era_log_ratio * since
        base = -np.log1p(-column("outcomes", "risk_control_12m"))
        log_hazard = np.outer(treated, self.scenario.log_ratio) + predictor[:, None]
        hazard = base * np.exp(log_hazard)
        found = first_days(self.clock, hazard, self.scenario)
        if crossed is None or not (crossed < NEVER).any():
            return found
        after = base * np.exp(self.scenario.log_ratio + predictor[:, None])
        share, early = hazard_shape(self.scenario)
        window = parameter("arm_window_days")
        day = np.minimum(crossed, window)[:, None]
        with np.errstate(divide="ignore"):
            passed = share * np.minimum(day / early, 1) + (1 - share) * day / window
        later = first_days(self.clock + (after - hazard) * passed, after, self.scenario)
        return np.where(found <= crossed[:, None], found, np.maximum(later, crossed[:, None] + 1))


def outcome_names() -> list[str]:
    """The outcomes in the order of the columns."""
    return [row["outcome"] for row in rows("outcomes")]


def hazard_shape(scenario: Scenario) -> tuple[np.ndarray, np.ndarray]:
    """The share of the year's hazard that falls in the first days, and how many these are."""
    share, early = column("outcomes", "early_share"), column("outcomes", "early_days")
    if scenario.waiting_hazard:
        is_death = np.array([row["kind"] == "death" for row in rows("outcomes")])
        share = np.where(is_death, scenario.waiting_hazard, share)
    return share, early


def first_days(clock: np.ndarray, hazard: np.ndarray, scenario: Scenario) -> np.ndarray:
    """Invert the cumulative hazard: exponential clocks (n, k) and yearly hazards to days."""
    window = parameter("arm_window_days")
    share, early = hazard_shape(scenario)
    reached = clock / hazard
    at_early = share + (1 - share) * early / window
    with np.errstate(divide="ignore", invalid="ignore"):
        before = reached / (share / early + (1 - share) / window)
        after = early + (reached - at_early) * window / (1 - share)
    time = np.where(reached <= at_early, before, after)
    return np.where(time <= window, np.ceil(np.minimum(time, window)), NEVER).astype(np.int64)


def plant(streams: Streams, age: np.ndarray, charlson: np.ndarray, scenario: Scenario) -> Planted:
    """The clocks of every person; age at diagnosis and comorbidity act in both arms alike."""
    predictor = parameter("outcome_age") * (age - parameter("age_at_diagnosis_mean")) / 10
    predictor = predictor + parameter("outcome_charlson") * (charlson - 1)
    count = len(scenario.log_ratio)
    return Planted(
        clock=streams.exponential("outcomes", count),
        prior=streams.uniform("prior_outcomes", count) < column("outcomes", "prior_share"),
        linear_predictor=predictor,
        scenario=scenario,
    )

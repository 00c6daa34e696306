"""Diagnostics of a comparison, judged before its results are read: rows of a study set the gates.

The arms: how many persons might have had either treatment (equipoise: the share whose preference
score lies from 0.3 to 0.7, Walker AM et al. Comp Eff Res 2013;3:11), the largest standardized
difference that matching left, the error that negative controls show. An endpoint: events of the
smaller arm, and the ratio that its events could show. A diagnostic that cannot be computed passes
no gate: it is unknown, and said to be. The limits of CohortMethod are its defaults.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logit

from myelomart.estimates.power import least_ratio
from myelomart.matching.propensity import preference_score
from myelomart.population.comparison import Comparison, key_of
from myelomart.population.control_ratios import systematic_error
from myelomart.population.differences import largest_difference
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData

EQUIPOISE, DIFFERENCE = "equipoise", "largest_standardized_difference"
ERROR = "expected_absolute_systematic_error"
RATIO, EVENTS = "smallest_detectable_ratio", "events_in_the_smaller_arm"
LABELS = {
    EQUIPOISE: "Share in equipoise (preference score 0.3 to 0.7)",
    DIFFERENCE: "Largest standardized difference of a covariate",
    ERROR: "Expected absolute systematic error (log scale)",
    EVENTS: "Events in the arm with fewer",
    RATIO: "Smallest hazard ratio that would be found (power 80 %)",
}
NOT_PASSED = "gates_not_passed"  # the statistic that says how many, and in its status which
PASSES, FAILS, UNKNOWN = "passes", "fails", "unknown"
BETWEEN = (0.3, 0.7)


@dataclass(frozen=True)
class Gate:
    """What a diagnostic must be at least, or at most, for the result to be read as it stands."""

    diagnostic: str
    at_least: float | None
    at_most: float | None
    source: str

    def judge(self, value: float) -> str:
        """Whether ``value`` passes; limits pass, an unknown value is unknown."""
        if pd.isna(value):
            return UNKNOWN
        below = self.at_least is not None and value < self.at_least
        above = self.at_most is not None and value > self.at_most
        return FAILS if below or above else PASSES

    @property
    def words(self) -> str:
        """The gate as a table prints it."""
        parts = (("≥", self.at_least), ("≤", self.at_most))
        return ", ".join(f"{sign} {limit:g}" for sign, limit in parts if limit is not None)


def gates_of(data: StudyData) -> dict[str, Gate]:
    """The gates of the study, by diagnostic, in the order of `LABELS`."""
    rows = data.rows["gates"]
    if not len(rows):
        return {}
    limits = rows[["at_least", "at_most"]].astype(object).where(rows.notna(), None)
    given = {
        row.diagnostic: Gate(row.diagnostic, low, high, row.source)
        for row, (low, high) in zip(rows.itertuples(), limits.to_numpy(), strict=True)
    }
    return {name: given[name] for name in LABELS if name in given}


def of_arms(
    study: Study, analysis: Analysis, data: StudyData, comparison: Comparison
) -> dict[str, float]:
    """The diagnostics of the two arms, made once per comparison; NaN what cannot be computed."""
    is_matched = analysis.population == "matched"
    persons = comparison.compared

    def made() -> dict[str, float]:
        treated = comparison.persons["treated"].astype(bool)
        kept = comparison.persons.index.isin(persons.index)
        error = systematic_error(study, persons, data)
        return {
            EQUIPOISE: equipoise(preference_of(comparison)) if is_matched else np.nan,
            DIFFERENCE: largest_difference(comparison.covariates, treated, kept),
            ERROR: error.expected_absolute if error else np.nan,
        }

    return data.once(("gates", *key_of(analysis)), made)


def of_endpoint(rows: pd.DataFrame) -> dict[str, float]:
    """The diagnostics of an endpoint, from the rows of those who had it not before."""
    event, treated = (rows["event"] == 1).to_numpy(), rows["treated"].to_numpy(bool)
    events = int(event[treated].sum()), int(event[~treated].sum())
    share = treated.mean() if len(treated) else 0.0
    can_be_told = sum(events) and 0 < share < 1
    ratio = 1 / least_ratio(sum(events), share) if can_be_told else np.nan
    return {EVENTS: float(min(events)), RATIO: ratio}


def preference_of(comparison: Comparison) -> pd.Series:
    """The preference scores of those who have a propensity score, by row of the persons."""
    scored = comparison.persons[comparison.persons["score"].notna()]
    return pd.Series(preference_score(logit(scored["score"]), scored["treated"]), scored.index)


def equipoise(preference: pd.Series) -> float:
    """The share of scores from 0.3 to 0.7."""
    return float(preference.between(*BETWEEN).mean())


def not_passed(gates: dict[str, Gate], values: dict[str, float]) -> list[str]:
    """The diagnostics among ``values`` that do not pass their gate: failed, or unknown."""
    return [
        name for name, one in gates.items() if name in values and one.judge(values[name]) != PASSES
    ]

"""Two arms made alike in one of many ways: matched, or weighted, on one propensity score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.matching import (
    Matches,
    effective_sample_size,
    entropy_weights,
    inverse_probability_weights,
    match_nearest,
    match_optimal,
    propensity_score,
)
from myelomart.matching.overlap import leave_out_unshared
from myelomart.population.comparison import compare, model_covariates
from myelomart.population.rare_levels import fewest_of
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData

NEAREST, OPTIMAL, ENTROPY = "matching", "optimal", "entropy"


@dataclass(frozen=True)
class ScoredArms:
    """Both arms of an analysis with the score that one model gives; NaN who is left out."""

    persons: pd.DataFrame
    treated: np.ndarray
    score: np.ndarray
    model: pd.DataFrame  # of those with a score: the columns of the model


@dataclass(frozen=True)
class Alike:
    """Rows (m,) of the persons with their weight and cluster; a person may have several."""

    rows: np.ndarray
    weights: np.ndarray
    clusters: np.ndarray
    estimand: str | None = None  # whom weights stand for; None for matched sets

    def of_persons(self, count: int) -> np.ndarray:
        """The weight of each of ``count`` persons, 0 who is left out."""
        return np.bincount(self.rows, self.weights, count)

    def sizes(self, treated: np.ndarray) -> tuple[float, float]:
        """The effective sample size of each arm, the treated first."""
        weight = self.of_persons(len(treated))
        return tuple(
            effective_sample_size(weight[side & (weight > 0)]) for side in (treated, ~treated)
        )


def scored_arms(
    study: Study, zero: Analysis, row_groups: str | None, data: StudyData
) -> ScoredArms:
    """The arms of ``zero`` with a score of the covariates of ``row_groups``, all when None.

    Levels that one arm alone has have no score.
    """
    everyone = replace(zero, population="all", adjustment="none", caliper=None)
    persons = compare(study, everyone, data).persons
    groups = None if pd.isna(row_groups) else row_groups.split(";")
    adjusted = tuple(
        one for one in study.covariates
        if one.is_adjusted_for and (groups is None or one.row_group in groups)
    )  # fmt: skip
    wide = persons[[one.covariate_id for one in adjusted]]
    columns, *_ = model_covariates(wide, adjusted, fewest_of(zero))
    treated = persons["treated"].to_numpy(bool)
    shared = leave_out_unshared(treated, columns)
    kept = np.asarray(shared.kept)
    score = np.full(len(persons), np.nan)
    score[kept] = propensity_score(treated[kept], shared.covariates).probability
    return ScoredArms(persons, treated, score, shared.covariates)


def made_alike(arms: ScoredArms, way: Mapping) -> Alike:
    """The arms as a row of `analysis_choices` makes them alike.

    Raises ``StatisticsError`` where nobody can be matched, or no weights balance the arms.
    """
    known = np.flatnonzero(np.isfinite(arms.score))
    score, treated = arms.score[known], arms.treated[known]
    if way["method"] in (NEAREST, OPTIMAL):
        members = _matches(arms, known, score, treated, way).members.sort_values(
            ["row", "match_set"]
        )
        if not len(members):
            raise StatisticsError("nobody is matched")
        return Alike(
            known[members["row"].to_numpy()], members["weight"].to_numpy(float),
            members["match_set"].to_numpy(),
        )  # fmt: skip
    if way["method"] == ENTROPY:
        found = entropy_weights(treated, arms.model)
    else:
        found = inverse_probability_weights(
            score, treated, estimand=way["method"], trim=_given(way, "trim")
        )
    return Alike(known, found.weights, known, found.estimand)


def _matches(arms: ScoredArms, known, score, treated, way: Mapping) -> Matches:
    """The matched sets of one way among the ``known``."""
    names = (_given(way, "exact_covariates") or "").split(";")
    exact = arms.persons.iloc[known][names] if names != [""] else None
    scale = {"caliper": _given(way, "caliper"), "scale": way["caliper_scale"], "exact": exact}
    if way["method"] == OPTIMAL:
        return match_optimal(score, treated, **scale)
    return match_nearest(
        score, treated, order=way["match_order"], ratio=int(_given(way, "controls") or 1),
        replace=bool(_given(way, "with_replacement")), **scale,
    )  # fmt: skip


def _given(way: Mapping, name: str):
    """A value of the row; None where it is empty."""
    value = way.get(name)
    return None if pd.isna(value) else value

"""Weights that make the two arms of a comparison alike, for curves beneath an adjusted ratio."""

from __future__ import annotations

import numpy as np
import pandas as pd

from myelomart.matching import inverse_probability_weights, propensity_score
from myelomart.matching.overlap import leave_out_unshared
from myelomart.population.comparison import Comparison

IN_WORDS = "weighted by the inverse probability of treatment"


def weights_of(comparison: Comparison) -> pd.Series:
    """One weight per person from the model of the covariates; missing where a level is unshared.

    Raises ``StatisticsError`` where the arms do not overlap.
    """
    treated = comparison.persons["treated"].to_numpy(bool)
    shared = leave_out_unshared(treated, comparison.covariates)
    kept = np.asarray(shared.kept)
    score = propensity_score(treated[kept], shared.covariates).probability
    weights = pd.Series(np.nan, index=comparison.persons.index)
    weights[kept] = inverse_probability_weights(score, treated[kept]).weights
    return weights

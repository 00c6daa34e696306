"""Medians and means of a group with their intervals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from myelomart.estimates.spread import mean_of, median_interval, median_of


@pytest.mark.parametrize(("n", "rank"), [(6, 1), (8, 1), (9, 2), (10, 2), (20, 6), (25, 8)])
def test_the_ranks_of_the_medians_interval_are_those_of_the_sign_test(n, rank):
    # tabulated, e.g. Hollander, Wolfe and Chicken 2014, table A.2 for alpha 0.05
    assert median_interval(np.arange(1.0, n + 1)) == (rank, n + 1 - rank)


def test_five_values_have_no_interval_of_95_percent():
    assert np.isnan(median_interval(np.arange(5.0))).all()
    assert median_of(pd.Series([], dtype=float)) == mean_of(pd.Series([], dtype=float)) == {}


def test_the_medians_interval_covers_the_median_of_a_skewed_distribution():
    rng = np.random.default_rng(1)
    draws = rng.exponential(1.0, (4000, 31))
    limits = np.array([median_interval(one) for one in draws])
    covered = (limits[:, 0] <= np.log(2)) & (limits[:, 1] >= np.log(2))
    assert covered.mean() + 3 * np.sqrt(0.05 * 0.95 / 4000) >= 0.95
    assert covered.mean() < 0.99


def test_median_and_mean_of_known_values():
    values = pd.Series([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0])
    own = median_of(values)
    assert (own["estimate"], own["iqr_low"], own["iqr_high"]) == (3.5, 1.75, 5.25)
    assert (own["ci_low"], own["ci_high"], own["range_high"]) == (1.0, 9.0, 9.0)
    mean = mean_of(values)
    wanted = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (mean["ci_low"], mean["ci_high"]) == pytest.approx((wanted.low, wanted.high))
    assert mean_of(values[:1]) == {"estimate": 3.0}

"""Pooling: examples A1-A6 of specification pooling 11.3, and what holds for any studies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myelomart.errors import StatisticsError
from myelomart.meta_analysis import (
    forest_rows,
    from_intervals,
    leave_one_out,
    pool,
    profile_interval,
    proportions,
)

RESPONSES = proportions([94, 31, 120, 45, 18], [128, 40, 140, 61, 20])
RATIOS = from_intervals(
    [0.63, 0.80, 0.55, 0.95], [0.45, 0.60, 0.33, 0.70], [0.88, 1.07, 0.92, 1.29], "hr"
)


def printed(result):
    return (result.estimate, result.ci_low, result.ci_high)


def test_a1_reml_with_hartung_knapp():
    result = pool(RESPONSES, hartung_knapp=True)
    assert printed(result) == pytest.approx((0.791, 0.688, 0.866), abs=5e-4)
    assert (result.tau2, result.i2, result.q) == pytest.approx((0.0929, 51.1, 8.45), abs=0.05)
    assert result.prediction_low == pytest.approx(0.581, abs=5e-4)
    assert result.prediction_high == pytest.approx(0.912, abs=6e-4)


def test_a2_dersimonian_laird():
    result = pool(RESPONSES, method="dl")
    assert printed(result) == pytest.approx((0.791, 0.718, 0.849), abs=5e-4)
    assert (result.tau2, result.i2) == pytest.approx((0.0989, 52.7), abs=0.05)
    assert (result.prediction_low, result.prediction_high) == pytest.approx(
        (0.645, 0.887), abs=5e-4
    )


def test_a3_binomial_normal_model_with_profile_limits():
    result = pool(RESPONSES, method="glmm")
    assert result.estimate == pytest.approx(0.794, abs=5e-4)
    assert result.tau2 == pytest.approx(0.064, abs=5e-4)
    assert profile_interval(RESPONSES) == pytest.approx((0.722, 0.862), abs=5e-4)


def test_a4_hazard_ratios_with_both_prediction_intervals():
    result = pool(RATIOS, hartung_knapp=True)
    assert printed(result) == pytest.approx((0.749, 0.521, 1.077), abs=5e-4)
    assert (result.tau2, result.i2) == pytest.approx((0.0186, 37.7), abs=0.05)
    assert (result.prediction_low, result.prediction_high) == pytest.approx(
        (0.425, 1.319), abs=5e-4
    )
    riley = pool(RATIOS, hartung_knapp=True, prediction="riley")
    assert (riley.prediction_low, riley.prediction_high) == pytest.approx((0.348, 1.610), abs=6e-4)


def test_a5_the_conclusion_hangs_on_the_method():
    result = pool(RATIOS, method="dl")
    assert printed(result) == pytest.approx((0.749, 0.601, 0.933), abs=5e-4)
    assert result.i2 == pytest.approx(38.8, abs=0.05)


def test_a6_median_survival():
    sizes = from_intervals([8.8, 13.3, 7.7], [5.6, 11.8, 5.9], [11.6, 16.1, 9.6], "median")
    result = pool(sizes, hartung_knapp=True)
    assert printed(result) == pytest.approx((9.83, 4.72, 20.48), abs=5e-3)
    assert result.i2 == pytest.approx(83.7, abs=0.05)


def test_binomial_normal_model_without_spread_is_the_pooled_proportion():
    result = pool(proportions([20, 40, 60], [100, 200, 300]), method="glmm")
    assert result.tau2 == 0
    assert result.estimate == pytest.approx(0.2)


def test_reml_goes_on_where_the_likelihood_is_flat():
    """metafor: rma(measure="PLO", xi, ni, control=list(maxiter=10000)); at 100 it gives up."""
    result = pool(proportions([3, 12, 15, 16, 17, 17], [52, 39, 40, 56, 53, 55]))
    assert result.tau2 == 0
    assert result.estimate == pytest.approx(1 / (1 + np.exp(0.869182556571)))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(31, 60)), min_size=3, max_size=8))
@settings(max_examples=40, deadline=None)
def test_pooled_proportion_lies_among_the_studies(rows):
    events, n = map(np.array, zip(*rows, strict=True))
    for transform in ("logit", "freeman-tukey"):
        sizes = proportions(events, n, transform=transform)
        result = pool(sizes)
        shares = sizes.back(sizes.effect)
        assert shares.min() - 1e-9 <= result.estimate <= shares.max() + 1e-9
        assert 0 <= result.ci_low <= result.estimate <= result.ci_high <= 1
        assert result.tau2 >= 0
        assert result.prediction_low <= result.ci_low + 1e-12


def test_leaving_a_study_out_equals_pooling_the_rest():
    rest = from_intervals([0.63, 0.55, 0.95], [0.45, 0.33, 0.70], [0.88, 0.92, 1.29], "hr")
    assert leave_one_out(RATIOS)["estimate"][1] == pytest.approx(pool(rest).estimate)


def test_forest_lists_studies_then_pooled_then_prediction():
    rows = forest_rows(pool(RATIOS))
    assert rows["kind"].tolist() == ["study"] * 4 + ["pooled", "prediction"]
    assert rows["weight"][:4].sum() == pytest.approx(100)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: pool(proportions([1, 2], [5, 6])), "2 studies: pooling needs 3"),
        (lambda: proportions([7, 2], [5, 6]), "column events: 1 of 2 rows are below 0 or above n"),
        (lambda: from_intervals([1], [2], [1.5], "hr"), "column ci_low: 1 of 1 rows are not below"),
        (lambda: from_intervals([1], [-1], [2], "hr"), "are not above 0"),
        (lambda: pool(RATIOS, method="glmm"), "glmm pools events among n"),
        (lambda: pool(RATIOS, method="ml"), "method 'ml' is unknown"),
    ],
)
def test_bad_studies_are_refused(call, sentence):
    with pytest.raises(StatisticsError, match=sentence):
        call()

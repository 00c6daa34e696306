"""The platform's arithmetic: worked examples M4 and M5, and each verified rule."""

import numpy as np
import pytest

from myelomart.errors import StatisticsError
from myelomart.survival import cox_regression
from myelomart.trinetx_arithmetic import (
    compare_outcomes,
    measures_of_association,
    shown_count,
)


def rounded(effect, digits):
    return tuple(round(value, digits) for value in (effect.estimate, effect.ci_low, effect.ci_high))


def test_m4_risks_and_contrasts():
    result = measures_of_association(48, 437, 74, 437)
    assert tuple(round(risk, 4) for risk in result.risks) == (0.1098, 0.1693)
    assert rounded(result.risk_difference, 4) == (-0.0595, -0.1053, -0.0137)
    assert rounded(result.risk_ratio, 3) == (0.649, 0.463, 0.910)
    assert rounded(result.odds_ratio, 3) == (0.605, 0.410, 0.894)


def test_m5_risks_and_contrasts():
    result = measures_of_association(60, 400, 40, 400)
    assert rounded(result.risk_difference, 4) == (0.05, 0.0043, 0.0957)
    assert rounded(result.risk_ratio, 2) == (1.50, 1.03, 2.18)
    assert rounded(result.odds_ratio, 3) == (1.588, 1.037, 2.433)


def test_counts_of_one_to_ten_are_shown_as_ten():
    assert [shown_count(count) for count in (0, 1, 10, 11)] == [0, 10, 10, 11]


def test_a_floored_count_makes_significance_out_of_nothing():
    exact = measures_of_association(0, 5000, 2, 5000, use_shown=False)
    floored = measures_of_association(0, 5000, 2, 5000)
    assert exact.p == pytest.approx(0.157, abs=5e-4)
    assert floored.p == pytest.approx(0.0016, abs=5e-5)
    assert floored.is_floored
    assert measures_of_association(3, 500, 10, 500).p == 1


def test_ratios_with_an_empty_arm_are_left_blank():
    result = measures_of_association(0, 100, 20, 100)
    assert np.isnan(result.risk_ratio.estimate)
    assert np.isnan(result.odds_ratio.estimate)


def test_aggregated_rows_differ_from_patients_only_by_the_ties_inside_them():
    rng = np.random.default_rng(4)
    time, event = rng.integers(1, 30, 200), rng.integers(0, 2, 200)
    arm = rng.integers(0, 2, 200)
    result = compare_outcomes(time, event, arm)
    by_patient = cox_regression(time, event, arm[:, None])
    aggregated, patients = result.cox.coefficients[0], by_patient.coefficients[0]
    assert aggregated != patients
    assert aggregated == pytest.approx(patients, abs=0.02)
    assert result.cox.robust_variance is None
    # without ties there is nothing to aggregate
    moments = time + np.linspace(0, 0.5, 200)
    distinct = cox_regression(moments, event, arm[:, None])
    found = compare_outcomes(moments, event, arm).cox
    assert found.coefficients == pytest.approx(distinct.coefficients, rel=1e-9)


def test_aggregated_fit_equals_r_on_weighted_rows():
    # R 4.2: coxph(Surv(c(2,3,2,4,5), c(1,1,1,0,1)) ~ c(0,0,1,1,0), weights = c(3,1,2,4,2))
    fit = cox_regression(
        [2, 3, 2, 4, 5], [1, 1, 1, 0, 1], [[0], [0], [1], [1], [0]], weights=[3, 1, 2, 4, 2]
    )
    assert fit.coefficients[0] == pytest.approx(-0.78660356382079, rel=1e-7)
    assert fit.se[0] == pytest.approx(0.86701380785009, rel=1e-7)


def test_impossible_counts_are_refused():
    with pytest.raises(StatisticsError, match="arm 1: 12 events among 10 patients"):
        measures_of_association(12, 10, 1, 10)


def test_an_arm_smaller_than_what_is_shown_cannot_be_told():
    for counts, arm in (((3, 8, 20, 100), 1), ((20, 100, 9, 9), 0)):
        result = measures_of_association(*counts)
        assert f"arm {arm} has" in result.cannot_tell
        assert np.isnan([*result.risks, result.risk_difference.estimate, result.p]).all()
        exact = measures_of_association(*counts, use_shown=False)
        assert exact.cannot_tell is None
        assert np.isfinite(exact.risk_difference.estimate)
    told = measures_of_association(10, 10, 20, 100)
    assert (told.cannot_tell, told.risks[0]) == (None, 1)

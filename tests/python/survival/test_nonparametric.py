"""Kaplan-Meier, log-rank, restricted mean, incidence: worked examples and identities."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from myelomart.errors import StatisticsError
from myelomart.survival import (
    cox_regression,
    cumulative_incidence,
    gray_test,
    kaplan_meier,
    logrank_test,
    proportionality_test,
    restricted_mean,
    restricted_mean_ratio,
    restricted_means,
    reverse_kaplan_meier,
)

# specification endpoints 5.6, curves; values by R 4.2, survival 3.5-3
TIME = np.array([2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16.0])
EVENT = np.array([1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0])
ARM = np.array(list("AAAAAABBBBBB"))
# CI1 of specification endpoints 6; values by R cmprsk::cuminc
CI1_TIME = np.array([2, 3, 4, 5, 6, 7, 8, 9, 10, 12.0])
CI1_CODE = np.array([1, 0, 2, 1, 0, 1, 2, 0, 1, 0])

follow_up = st.lists(
    st.tuples(st.integers(1, 20), st.integers(0, 2)), min_size=3, max_size=40
).filter(lambda rows: any(code == 1 for _, code in rows))


def test_km_fixture_has_medians_7_and_10():
    assert kaplan_meier(TIME[ARM == "A"], EVENT[ARM == "A"]).median == 7
    assert kaplan_meier(TIME[ARM == "B"], EVENT[ARM == "B"]).median == 10


def test_km_fixture_log_rank_cox_and_proportionality():
    assert logrank_test(TIME, EVENT, ARM).chi2 == pytest.approx(0.78, abs=0.005)
    fit = cox_regression(TIME, EVENT, pd.DataFrame({"arm": ARM}))
    row = fit.table().iloc[0]
    assert row[["hr", "ci_low", "ci_high"]].tolist() == pytest.approx(
        [0.509, 0.111, 2.333], abs=6e-4
    )
    assert proportionality_test(fit).overall.p == pytest.approx(0.69, abs=0.005)


def test_ci1_cumulative_incidence_and_naive_curve():
    curves = cumulative_incidence(CI1_TIME, CI1_CODE)
    at = [2, 4, 5, 7, 8, 10]
    assert curves[1].at(at)["cif"].tolist() == pytest.approx(
        [0.1, 0.1, 0.2125, 0.3475, 0.3475, 0.55]
    )
    assert curves[2].at(at)["cif"].tolist() == pytest.approx(
        [0, 0.1125, 0.1125, 0.1125, 0.2475, 0.2475]
    )
    naive = 1 - kaplan_meier(CI1_TIME, CI1_CODE == 1).at(at)["survival"]
    assert naive.tolist() == pytest.approx([0.1, 0.1, 0.2286, 0.3829, 0.3829, 0.6914], abs=5e-5)


def test_ci2_incidence_without_competing_events_is_one_minus_kaplan_meier():
    incidence = cumulative_incidence(TIME, EVENT)[1]
    assert incidence.incidence == pytest.approx(1 - kaplan_meier(TIME, EVENT).survival)


@given(follow_up)
@settings(max_examples=60, deadline=None)
def test_ci2_holds_for_any_follow_up(rows):
    time, code = map(np.array, zip(*rows, strict=True))
    event = (code == 1).astype(int)
    incidence = cumulative_incidence(time, event)[1].incidence
    assert incidence == pytest.approx(1 - kaplan_meier(time, event).survival)


def test_incidence_with_clusters_has_the_standard_error_of_kaplan_meier():
    cluster, weight = np.arange(12) // 3, np.linspace(0.4, 2.2, 12)
    options = {"cluster": cluster, "weights": weight}
    incidence = cumulative_incidence(TIME, EVENT, **options)[1]
    curve = kaplan_meier(TIME, EVENT, **options)
    assert incidence.se == pytest.approx(curve.se)


@given(follow_up)
@settings(max_examples=60, deadline=None)
def test_ci3_incidences_and_event_free_survival_add_up_to_one(rows):
    time, code = map(np.array, zip(*rows, strict=True))
    curves = cumulative_incidence(time, code)
    total = sum(curve.incidence for curve in curves.values()) + curves[1].event_free
    assert total == pytest.approx(np.ones(len(total)))


@given(follow_up)
@settings(max_examples=60, deadline=None)
def test_kaplan_meier_equals_lifelines_on_ties(rows):
    time, code = map(np.array, zip(*rows, strict=True))
    event = (code == 1).astype(int)
    theirs = KaplanMeierFitter().fit(time, event).survival_function_at_times(np.unique(time))
    assert kaplan_meier(time, event).survival == pytest.approx(theirs.to_numpy(), abs=1e-10)


@given(follow_up)
@settings(max_examples=60, deadline=None)
def test_survival_never_rises_and_limits_enclose_it(rows):
    time, code = map(np.array, zip(*rows, strict=True))
    for conf_type in ("log-log", "log", "plain"):
        curve = kaplan_meier(time, code == 1, conf_type=conf_type)
        assert (np.diff(curve.survival) <= 1e-15).all()
        known = np.isfinite(curve.ci_low) & np.isfinite(curve.ci_high)
        assert (curve.ci_low[known] <= curve.survival[known] + 1e-12).all()
        assert (curve.ci_high[known] >= curve.survival[known] - 1e-12).all()


@given(follow_up, st.floats(0.1, 50))
@settings(max_examples=40, deadline=None)
def test_median_scales_with_the_unit_of_time(rows, unit):
    time, code = map(np.array, zip(*rows, strict=True))
    median = kaplan_meier(time, code == 1).median
    assert kaplan_meier(time * unit, code == 1).median == pytest.approx(median * unit, nan_ok=True)


def test_median_is_the_midpoint_where_the_curve_rests_on_one_half():
    assert kaplan_meier([1, 2, 3, 4], [1, 1, 1, 1]).median == 2.5
    # up to the end of follow-up, as quantile(survfit) and survival/tests/quantile.R have it
    assert kaplan_meier([1, 2, 3, 4], [1, 1, 0, 0]).median == 3
    assert kaplan_meier([1, 2, 3, 4, 5, 6, 7, 8, 9, 20], [1] * 5 + [0] * 5).median == 12.5


def test_median_not_reached_is_nan():
    assert np.isnan(kaplan_meier([1, 2, 3], [1, 0, 0]).median)


def test_numbers_at_risk_count_just_before_the_time():
    table = kaplan_meier(TIME[:6], EVENT[:6]).at([4, 5, 5.5, 12, 13])
    assert table["n_risk"].tolist() == [5, 4, 3, 1, 0]
    assert np.isnan(table["survival"].iloc[-1])


def test_months_computed_from_days_tie_where_the_days_do():
    days = np.array([30, 30, 61, 61, 91.0])
    months = days / 30.4375
    months[1] += 1e-12
    assert len(kaplan_meier(months, [1, 1, 1, 0, 1]).time) == 3


def test_one_row_per_patient_equals_the_same_rows_weighted():
    counts = np.array([1, 2, 3, 1, 2, 1, 1, 2, 1, 3, 1, 2])
    expanded = kaplan_meier(np.repeat(TIME, counts), np.repeat(EVENT, counts))
    weighted = kaplan_meier(TIME, EVENT, weights=counts)
    assert weighted.ci_low == pytest.approx(expanded.ci_low, nan_ok=True)


def test_left_truncation_at_zero_changes_nothing():
    late = kaplan_meier(TIME, EVENT, entry=np.zeros(12))
    assert late.ci_high == pytest.approx(kaplan_meier(TIME, EVENT).ci_high, nan_ok=True)


def test_ci8_a_patient_entering_late_is_not_at_risk_before():
    curve = kaplan_meier([200, 50, 100], [1, 1, 1], entry=[60, 0, 0])
    assert curve.n_risk.tolist() == [2, 2, 1]


def test_reverse_kaplan_meier_of_complete_follow_up_is_not_reached():
    assert np.isnan(reverse_kaplan_meier([1, 2, 3], [1, 1, 1]).median)


def test_log_rank_with_late_entry_is_the_score_test_of_cox():
    rng = np.random.default_rng(3)
    time = rng.exponential(10, 80)
    entry, event, arm = time * rng.uniform(0, 0.8, 80), rng.random(80) < 0.7, rng.integers(0, 2, 80)
    fit = cox_regression(time, event, pd.DataFrame({"arm": arm}), entry=entry)
    assert logrank_test(time, event, arm, entry=entry).chi2 == pytest.approx(fit.score_test.chi2)


def test_trend_over_two_groups_is_the_log_rank_test():
    assert logrank_test(TIME, EVENT, ARM, trend=[0, 1]).chi2 == pytest.approx(
        logrank_test(TIME, EVENT, ARM).chi2
    )


def test_restricted_mean_of_complete_follow_up_is_the_mean_and_its_standard_error():
    values = np.array([1.0, 2, 4, 7, 11])
    result = restricted_mean(kaplan_meier(values, np.ones(5)), 11)
    assert result.estimate == pytest.approx(values.mean())
    assert result.se == pytest.approx(values.std() / np.sqrt(5))


def test_restricted_mean_beyond_follow_up_is_not_estimable():
    assert np.isnan(restricted_mean(kaplan_meier([1, 2, 3], [1, 0, 0]), 5).estimate)


def test_restricted_mean_ratio_of_a_group_with_itself_is_one():
    mean = restricted_mean(kaplan_meier(TIME, EVENT), 10)
    ratio = restricted_mean_ratio(mean, mean)
    assert ratio.estimate == 1
    assert ratio.p == pytest.approx(1)


def test_restricted_means_share_the_largest_common_horizon():
    means = restricted_means(TIME, EVENT, ARM)
    assert {mean.tau for mean in means.values()} == {12}


def test_grays_test_of_one_group_is_refused():
    with pytest.raises(StatisticsError, match="10 rows are in one group"):
        gray_test(CI1_TIME, CI1_CODE, np.zeros(10))


@pytest.mark.parametrize(
    ("time", "event", "sentence"),
    [
        ([1, -2, 3], [1, 0, 1], "column time: 1 of 3 rows are negative .first in row 2."),
        ([1, np.nan, 3], [1, 0, 1], "column time: 1 of 3 rows are missing"),
        (["a", "2", "3"], [1, 0, 1], "column time: 1 of 3 rows hold text"),
        ([1, 2, 3], [1, 2, 1], "column event: 1 of 3 rows are neither 0 nor 1"),
        ([1, 2], [1, 0, 1], "column event: 3 rows where the times have 2"),
        ([], [], "no rows"),
    ],
)
def test_bad_input_is_refused_in_words(time, event, sentence):
    with pytest.raises(StatisticsError, match=sentence):
        kaplan_meier(time, event)

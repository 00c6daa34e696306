"""Cox, Firth, Fine-Gray, concordance, adjusted curves, recurrent events and late exposure."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myelomart.errors import StatisticsError
from myelomart.survival import (
    adjusted_curves,
    baseline_hazard,
    cause_specific_regression,
    concordance,
    cox_regression,
    cumulative_incidence,
    dfbeta,
    exposure_effect,
    fine_gray,
    kaplan_meier,
    landmark_rows,
    mean_cumulative_count,
    person_time,
    start_stop_rows,
)
from myelomart.survival.firth import penalized_log_likelihood, profile_limits, profile_p

IT1_TIME, IT1_EVENT, IT1_START = [20, 3, 15, 8], [1, 1, 0, 1], [4, np.nan, 10, np.nan]


def sample(n=120, seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=n), "arm": rng.integers(0, 2, n)})
    time = np.ceil(rng.exponential(np.exp(-0.5 * frame["x"] - 0.4 * frame["arm"])) * 10)
    return time, (rng.random(n) < 0.7).astype(int), frame


def test_efron_and_breslow_agree_without_ties():
    time, event, frame = sample()
    time = time + np.linspace(0, 0.5, len(time))
    efron, breslow = (
        cox_regression(time, event, frame, ties=ties) for ties in ("efron", "breslow")
    )
    assert efron.coefficients == pytest.approx(breslow.coefficients, rel=1e-12)


def test_start_stop_rows_of_a_fixed_covariate_change_nothing():
    time, event, frame = sample()
    half = time / 2
    whole = cox_regression(time, event, frame)
    split = cox_regression(
        np.concatenate([half, time]), np.concatenate([0 * event, event]),
        pd.concat([frame, frame], ignore_index=True), entry=np.concatenate([0 * half, half]),
    )  # fmt: skip
    assert split.coefficients == pytest.approx(whole.coefficients, rel=1e-9)
    assert split.se == pytest.approx(whole.se, rel=1e-9)


@given(st.floats(0.01, 100), st.floats(-50, 50))
@settings(max_examples=25, deadline=None)
def test_scale_and_origin_of_a_covariate_do_not_change_its_z(scale, shift):
    time, event, frame = sample(60)
    moved = frame.assign(x=frame["x"] * scale + shift)
    before, after = (cox_regression(time, event, part).table() for part in (frame, moved))
    assert after["z"].tolist() == pytest.approx(before["z"].tolist(), rel=1e-6)


def test_dfbeta_predicts_leaving_a_row_out():
    time, event, frame = sample(200)
    fit = cox_regression(time, event, frame)
    keep = np.arange(200) != 17
    without = cox_regression(time[keep], event[keep], frame[keep])
    assert fit.coefficients - without.coefficients == pytest.approx(dfbeta(fit)[17], abs=3e-3)


def test_strata_of_shuffled_labels_give_the_same_fit():
    time, event, frame = sample()
    strata = np.arange(len(time)) % 5
    fits = [
        cox_regression(time, event, frame, strata=label)
        for label in (strata, np.array(list("zyxwv"))[strata])
    ]
    assert fits[0].coefficients == pytest.approx(fits[1].coefficients, rel=1e-12)


def test_concordance_equals_counting_pairs():
    rng = np.random.default_rng(5)
    time, event, risk = rng.integers(1, 9, 60), rng.integers(0, 2, 60), rng.integers(0, 4, 60)
    pairs = np.zeros(3)
    for i in np.flatnonzero(event):
        for j in range(60):
            if time[j] > time[i] or (time[j] == time[i] and not event[j]):
                pairs[np.sign(risk[i] - risk[j])] += 1
    result = concordance(time, event, risk)
    assert [result.tied, result.concordant, result.discordant] == pairs.tolist()


def test_a_group_without_events_is_refused_and_firth_estimates_it():
    time = [5, 6, 7, 8, 2, 3, 4, 9]
    event, frame = [0, 0, 0, 0, 1, 1, 1, 0], pd.DataFrame({"arm": [1, 1, 1, 1, 0, 0, 0, 0]})
    with pytest.raises(
        StatisticsError, match="column arm: none of the 4 rows with value 1 has an event"
    ):
        cox_regression(time, event, frame)
    fit = cox_regression(time, event, frame, penalty="firth")
    assert -4 < fit.coefficients[0] < 0
    low, high = profile_limits(fit, 0)
    assert low < fit.coefficients[0] < high
    assert (low < 0 < high) == (profile_p(fit, 0) > 0.05)


@pytest.mark.parametrize("fit", [cox_regression, fine_gray])
def test_arms_whose_events_never_meet_are_refused(fit):
    # both arms have events, but no control is at risk any more when the treated have theirs
    time = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10.0]
    code, frame = [1, 1, 0, 0, 0, 0, 1, 1, 0, 0], pd.DataFrame({"arm": [0] * 5 + [1] * 5})
    with pytest.raises(StatisticsError, match="column arm: its values separate the 4 events"):
        fit(time, code, frame)


def test_firth_is_at_the_top_of_its_likelihood():
    time, event, frame = sample(40)
    fit = cox_regression(time, event, frame, penalty="firth")
    for shift in ([1e-3, 0], [-1e-3, 0], [0, 1e-3], [0, -1e-3]):
        assert penalized_log_likelihood(fit.sets, fit.coefficients + shift) < fit.log_likelihood


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda frame: frame.assign(copy=frame["x"] * 2), "column copy: the other covariates"),
        (lambda frame: frame.assign(same=1), "column same: all 120 rows hold the value 1"),
        (
            lambda frame: frame.assign(x=np.where(frame.index == 3, np.nan, frame["x"])),
            "column x: 1 of 120",
        ),
        (
            lambda frame: frame.assign(s=["lonely"] + ["b"] * 60 + ["c"] * 59),
            "the category lonely has 1 row",
        ),
    ],
)
def test_bad_covariates_are_refused_by_name(change, sentence):
    time, event, frame = sample()
    with pytest.raises(StatisticsError, match=sentence):
        cox_regression(time, event, change(frame))


def test_all_censored_is_refused():
    time, event, frame = sample()
    with pytest.raises(StatisticsError, match="no event among 120 rows"):
        cox_regression(time, event * 0, frame)


def test_curves_of_a_model_that_explains_nothing_follow_the_nelson_aalen_estimate():
    time, event, frame = sample(300)
    noise = pd.DataFrame({"x": frame["x"].sample(frac=1, random_state=1).to_numpy() * 1e-9})
    curve = adjusted_curves(cox_regression(time, event, noise, ties="breslow"))
    table = kaplan_meier(time, event)
    hazard = np.cumsum(table.n_event / table.n_risk)[table.n_event > 0]
    assert curve["cumulative_hazard"].to_numpy() == pytest.approx(hazard, rel=0.02)


def test_adjusted_curve_at_zero_is_the_baseline_and_scales_with_the_hazard_ratio():
    time, event, frame = sample()
    fit = cox_regression(time, event, frame)
    base = baseline_hazard(fit)["cumulative_hazard"]
    raised = adjusted_curves(fit, {"x": 1, "arm": 0})["cumulative_hazard"]
    assert (raised / base).to_numpy() == pytest.approx(fit.hazard_ratio[0])


def test_fine_gray_without_competing_events_is_cox_with_breslow_ties():
    time, event, frame = sample()
    fit = fine_gray(time, event, frame)
    assert fit.coefficients == pytest.approx(
        cox_regression(time, event, frame, ties="breslow").coefficients, rel=1e-9
    )


def test_cause_specific_model_censors_the_other_cause():
    time, event, frame = sample()
    code = np.where(event == 1, 1 + (np.arange(120) % 3 == 0), 0)
    fit = cause_specific_regression(time, code, frame)
    assert fit.events == (code == 1).sum()
    assert fit.coefficients == pytest.approx(cox_regression(time, code == 1, frame).coefficients)


def test_fine_gray_direction_follows_the_incidence():
    time, event, frame = sample(400)
    code = np.where(event == 1, 1 + (np.arange(400) % 3 == 0), 0)
    fit = fine_gray(time, code, frame[["arm"]])
    late = [
        cumulative_incidence(time[frame["arm"] == arm], code[frame["arm"] == arm])[1]
        for arm in (0, 1)
    ]
    gap = late[1].at([10])["cif"].iloc[0] - late[0].at([10])["cif"].iloc[0]
    assert np.sign(fit.coefficients[0]) == np.sign(gap)


def test_it1_start_stop_rows():
    rows = start_stop_rows(IT1_TIME, IT1_EVENT, IT1_START)
    assert rows.drop(columns="person").to_numpy().tolist() == [
        [0, 4, 0, 0], [4, 20, 1, 1], [0, 3, 0, 1], [0, 10, 0, 0], [10, 15, 1, 0], [0, 8, 0, 1],
    ]  # fmt: skip


def test_it2_person_time():
    table = person_time(start_stop_rows(IT1_TIME, IT1_EVENT, IT1_START)).set_index("exposed")
    assert table["events"].to_dict() == {0: 2, 1: 1}
    assert table["person_time"].to_dict() == {0: 25, 1: 21}
    assert table["rate"][1] / table["rate"][0] == pytest.approx(0.595, abs=5e-4)


def test_it3_landmark():
    rows = landmark_rows(IT1_TIME, IT1_EVENT, IT1_START, 6)
    assert rows[["person", "time", "event", "exposed"]].to_numpy().tolist() == [
        [0, 14, 1, 1], [2, 9, 0, 0], [3, 2, 1, 0],
    ]  # fmt: skip


def test_null_treatment_looks_protective_only_in_the_naive_analysis():
    rng = np.random.default_rng(1)
    life, start = rng.exponential(18 / np.log(2), 4000), rng.exponential(10, 4000)
    censored = rng.uniform(20, 60, 4000)
    time, event = np.minimum(life, censored), life <= censored
    effect = exposure_effect(time, event, np.where(start < time, start, np.nan), landmarks=[6])
    table = effect.table().set_index("analysis")["hr"]
    assert table.iloc[0] == pytest.approx(1, abs=0.12)
    assert table.iloc[1] == pytest.approx(1, abs=0.12)
    assert table.iloc[2] < 0.5
    assert "biased" in table.index[2]


def test_naive_analysis_never_stands_alone():
    with pytest.raises(StatisticsError, match="never stands alone"):
        exposure_effect(IT1_TIME, IT1_EVENT, IT1_START, landmarks=[])


def test_mean_cumulative_count_of_complete_follow_up_is_the_mean_count():
    result = mean_cumulative_count([1, 1, 1, 2, 2, 3], [2, 5, 9, 4, 9, 9], [1, 1, 0, 1, 0, 0])
    assert result.count[-1] == pytest.approx(1)
    assert result.se[-1] == pytest.approx(np.std([2, 1, 0]) / np.sqrt(3))


def test_mean_cumulative_count_of_one_event_each_is_the_incidence():
    time, code = np.array([2, 3, 4, 5, 6, 7.0]), np.array([1, 2, 0, 1, 2, 0])
    incidence = cumulative_incidence(time, code)[1]
    people = np.arange(6)
    # a first event is itself the end of being at risk: count it, then leave
    person = np.concatenate([people, people[code == 1]])
    times = np.concatenate([time, time[code == 1]])
    kind = np.concatenate([np.where(code == 1, 2, code), np.ones(2)])
    result = mean_cumulative_count(person, times, kind)
    assert result.count[-1] == pytest.approx(incidence.incidence[-1])


def test_recurrent_rows_without_an_end_are_refused():
    with pytest.raises(StatisticsError, match="1 of 2 persons do not have exactly one row"):
        mean_cumulative_count([1, 1, 2], [1, 2, 3], [1, 0, 1])

"""A level that one arm alone has: refused, or left out and counted; never a wider caliper."""

import numpy as np
import pandas as pd
import pytest

from myelomart.errors import StatisticsError
from myelomart.matching import (
    balance_table,
    leave_out_unshared,
    match_nearest,
    match_optimal,
    mean_difference,
    merge_rare_levels,
    propensity_score,
    proportion_difference,
    standardized_difference,
    unshared_levels,
)


def arms(n=200, seed=0):
    rng = np.random.default_rng(seed)
    treated = np.arange(n) < n // 2
    age = np.round(rng.normal(62, 8, n) + 4 * treated, 1)
    level = np.where(rng.random(n) < 0.5, "Y", "Z").astype(object)
    level[n - 10 :] = "X"  # ten controls, no treated row
    return treated, pd.DataFrame({"age": age, "level": level})


def caliper(treated, frame):
    return match_nearest(propensity_score(treated, frame).probability, treated).caliper_absolute


def test_a_level_of_one_arm_is_named_and_never_widens_the_caliper():
    treated, frame = arms()
    with pytest.raises(StatisticsError, match="the 10 rows with value 1 are all controls"):
        propensity_score(treated, frame.assign(level=(frame["level"] == "X").astype(int)))
    with pytest.raises(StatisticsError, match="has no maximum|no maximum"):
        propensity_score(treated, frame)
    shared = leave_out_unshared(treated, frame)
    assert [vars(level) for level in shared.left_out] == [
        {"covariate": "level", "level": "X", "rows": 10, "arm": "control"}
    ]
    assert shared.kept.sum() == 190
    assert "the 10 rows with X are all of the control arm" in shared.warnings()[0]
    assert caliper(treated[shared.kept], shared.covariates) < 0.3


def test_columns_that_together_tell_an_arm_are_refused():
    # no value and no column decides alone; the sum of two never speaks for the wrong arm
    rng = np.random.default_rng(1)
    treated = np.arange(60) < 30
    first = rng.uniform(0, 1, 60)
    beyond = np.where(np.arange(60) % 30 < 10, 0, rng.uniform(0.1, 0.5, 60))
    second = 1 - first + np.where(treated, beyond, -beyond)
    frame = pd.DataFrame({"first": first, "second": second})
    with pytest.raises(StatisticsError, match="do not overlap|tells the arm of 40 of 60"):
        propensity_score(treated, frame)
    assert propensity_score(treated, frame[["first"]]).auc < 0.7


def test_leaving_a_level_out_can_leave_another_unshared():
    treated = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0], bool)
    frame = pd.DataFrame(
        {"site": list("aabbabbcc"), "lab": ["x"] * 6 + ["x", "z", "z"], "age": range(9)}
    )
    shared = leave_out_unshared(treated, frame)
    assert {level.level for level in shared.left_out} == {"c", "z"}
    assert shared.kept.tolist() == [True] * 7 + [False] * 2
    assert shared.constant == ("lab",)
    assert unshared_levels(treated[shared.kept], shared.covariates) == ()


def test_arms_without_a_common_level_are_refused():
    frame = pd.DataFrame({"site": list("aabb")})
    with pytest.raises(StatisticsError, match="column site: the arms do not overlap"):
        leave_out_unshared([1, 1, 0, 0], frame)


def test_a_number_with_many_values_is_no_level():
    treated, frame = arms()
    assert [level.covariate for level in unshared_levels(treated, frame)] == ["level"]


def test_rare_levels_become_one_of_their_own_and_never_the_commonest():
    race = pd.Series(["White"] * 60 + ["Black"] * 20 + ["American Indian"] * 2)
    merged, rare = merge_rare_levels(race, fewest=5)
    assert rare == {"American Indian": 2}
    assert merged.value_counts().to_dict() == {"White": 60, "Black": 20, "other": 2}
    assert merge_rare_levels(race, fewest=2) == (race, {}) or merge_rare_levels(race, 2)[1] == {}
    again, none = merge_rare_levels(merged, fewest=5)
    assert none == {}
    assert again.equals(merged)


def test_a_propensity_model_with_a_maximum_is_that_of_a_search():
    from scipy.optimize import minimize

    treated, frame = arms()
    frame = frame[["age"]]
    x = np.column_stack([np.ones(200), frame["age"] - 62])

    def loss(beta):
        eta = x @ beta
        return np.logaddexp(0, eta).sum() - eta[treated].sum()

    best = minimize(loss, [0, 0], method="BFGS", options={"gtol": 1e-9}).x
    assert propensity_score(treated, frame).coefficients["age"] == pytest.approx(best[1], rel=1e-5)


def test_members_have_a_row_for_every_pair():
    score = np.array([0.5, 0.51, 0.52, 0.505, 0.9])
    matched = match_nearest(score, [1, 1, 1, 0, 0], caliper=1.0, replace=True)
    members = matched.members
    assert members["row"].tolist() == [0, 3, 1, 3, 2, 3]
    assert members["match_set"].tolist() == [0, 0, 1, 1, 2, 2]
    by_row = members.groupby("row")["weight"].sum()
    assert by_row.to_dict() == {row: matched.weights[row] for row in (0, 1, 2, 3)}
    with pytest.raises(StatisticsError, match="use members"):
        _ = matched.pair_ids


def test_a_ratio_beyond_the_controls_ends():
    score = np.linspace(0.3, 0.7, 30)
    for order in ("largest", "closest"):
        matched = match_nearest(
            score, np.arange(30) % 3 == 0, ratio=10**9, caliper=None, order=order
        )
        assert len(matched.control) == 20


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"seed": -1}, "the seed is -1"),
        ({"caliper": np.inf}, "caliper is above 0"),
        ({"caliper": np.nan}, "caliper is above 0"),
        ({"ratio": 0}, "ratio is 1 or more"),
    ],
)
def test_choices_out_of_range_are_refused(options, sentence):
    with pytest.raises(StatisticsError, match=sentence):
        match_nearest(np.linspace(0.3, 0.7, 30), np.arange(30) % 3 == 0, **options)


def test_optimal_matching_refuses_what_nearest_does():
    score, treated = np.linspace(0, 1, 30), np.arange(30) % 3 == 0
    with pytest.raises(StatisticsError, match="between 0 and 1"):
        match_optimal(score, treated)
    with pytest.raises(StatisticsError, match="a scale of"):
        match_optimal(score, treated, scale="log")


def test_exact_columns_named_twice_are_refused():
    exact = pd.DataFrame(np.zeros((30, 2)), columns=["site", "site"])
    with pytest.raises(StatisticsError, match="column site: it is named twice"):
        match_nearest(np.linspace(0.3, 0.7, 30), np.arange(30) % 3 == 0, exact=exact)


def test_differences_without_spread_are_none_or_infinite():
    assert proportion_difference(1, 0) == np.inf
    assert proportion_difference(0, 1) == -np.inf
    assert [proportion_difference(p, p) for p in (0, 0.3, 1)] == [0, 0, 0]
    assert mean_difference(3, 0, 3, 0) == 0
    assert mean_difference(2, 0, 3, 0) == -np.inf
    assert np.isnan(proportion_difference(np.nan, 0))
    treated = np.arange(30) < 15
    assert standardized_difference([0.1] * 30, treated, weights=np.linspace(0.1, 7, 30)) == 0
    assert standardized_difference(treated.astype(float), treated) == np.inf
    assert standardized_difference([0.3, 0.1 + 0.2] * 15, treated) == 0


def test_balance_of_a_constant_and_of_a_level_nobody_has_is_perfect():
    treated = np.arange(20) < 10
    stage = pd.Categorical(["I", "II"] * 10, categories=["I", "II", "III"])
    alone = ["a"] + ["b"] * 19
    frame = pd.DataFrame({"stage": stage, "centre": "one", "dose": 0.1, "lonely": alone})
    table = balance_table(frame, treated).set_index("covariate")
    assert table.loc[["stage[III]", "centre[one]", "dose"], "smd_before"].tolist() == [0, 0, 0]
    assert table.loc[["stage[III]", "centre[one]", "dose"], "ks_before"].tolist() == [0, 0, 0]
    assert table["variance_ratio_before"].isna().sum() == 4

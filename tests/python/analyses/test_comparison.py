"""Who is compared, and what a model may adjust for."""

import numpy as np
import pandas as pd
import pytest

from myelomart.display.numbers import count_of, p_value, ratio, rounded, with_limits
from myelomart.errors import MyelomartError
from myelomart.matching import leave_out_unshared
from myelomart.population.comparison import model_covariates
from myelomart.population.differences import smd_over_pooled
from myelomart.population.rare_levels import left_out_in_words, merged_in_words
from myelomart.study import Covariate


def covariate(name, kind):
    return Covariate(name, name, "group", kind, True)


def test_unknown_is_a_level_or_an_indicator_and_never_a_value():
    wide = pd.DataFrame({"iss": ["I", None, "II"] * 5, "ldh": [200.0, np.nan, 300.0] * 5})
    model, left_out, _ = model_covariates(
        wide, (covariate("iss", "category"), covariate("ldh", "number")), 5
    )
    assert set(model["iss"]) == {"I", "II", "unknown"}
    assert model["ldh unknown"].sum() == 5
    assert model["ldh"].iloc[1] == 250.0  # the mean, flagged
    assert left_out == ()


def test_a_covariate_that_does_not_vary_is_left_out_and_named():
    wide = pd.DataFrame({"age": [60.0, 70.0], "thalidomide": [0.0, 0.0]})
    model, left_out, _ = model_covariates(
        wide, (covariate("age", "number"), covariate("thalidomide", "binary")), 5
    )
    assert list(model) == ["age"]
    assert left_out == ("thalidomide",)


def test_nothing_to_adjust_for_is_said():
    wide = pd.DataFrame({"age": [60.0, 60.0]})
    with pytest.raises(MyelomartError, match="nothing to adjust for"):
        model_covariates(wide, (covariate("age", "number"),), 5)


def test_rare_levels_are_one_level_of_their_own_and_never_join_the_commonest():
    race = ["White"] * 20 + ["Asian", "Native", "Native"]
    wide = pd.DataFrame({"race": race})
    model, _, merged = model_covariates(wide, (covariate("race", "category"),), 5)
    assert list(model["race"]) == ["White"] * 20 + ["other"] * 3
    assert merged == {"race": {"Asian": 1, "Native": 2}}
    model, _, merged = model_covariates(wide, (covariate("race", "category"),), 1)
    assert list(model["race"]) == race and merged == {}
    assert merged_in_words("Race", {"Native": 2, "Asian": 1}) == (
        "Race: levels with too few persons are counted as «other» in the model: Asian (1), "
        "Native (2)."
    )


def test_a_level_that_one_arm_alone_has_falls_with_its_persons_until_both_share_all():
    # Native: two treated alone; without them the only smoker left is a control
    model = pd.DataFrame(
        {"race": ["White"] * 6 + ["Native"] * 2, "smoker": [0, 0, 0, 0, 0, 1, 1, 0],
         "age": [60.0, 61, 62, 63, 64, 65, 66, 67]}
    )  # fmt: skip
    treated = np.array([True, True, True, False, False, False, True, True])
    shared = leave_out_unshared(treated, model)
    assert list(shared.kept) == [True] * 5 + [False] * 3
    assert [left_out_in_words(one, one.covariate == "smoker") for one in shared.left_out] == [
        "race: 2 persons with «Native» left out of the matching: all are in the treated arm, "
        "so that nobody in the other can be compared with them.",
        "smoker: 1 person with «yes» left out of the matching: all are in the comparator arm, "
        "so that nobody in the other can be compared with them.",
    ]


def test_standardized_difference_divides_by_the_spread_before_matching():
    # M3 of specification comparison 9.5: p1 = .30, p0 = .22 differ by 0.183 pooled SD
    treated = pd.Series([True] * 100 + [False] * 100)
    values = pd.Series([1.0] * 30 + [0.0] * 70 + [1.0] * 22 + [0.0] * 78)
    smd = smd_over_pooled(values, treated, values, treated, "binary")
    assert smd == pytest.approx(0.183, abs=5e-4)
    half = values[treated.index % 2 == 0]  # fewer rows after: the spread stays that of before
    kept = treated.loc[half.index]
    gap = half[kept].mean() - half[~kept].mean()
    after = smd_over_pooled(half, kept, values, treated, "binary")
    assert after == pytest.approx(gap / np.sqrt((0.3 * 0.7 + 0.22 * 0.78) / 2))


def test_a_constant_is_the_same_in_both_arms_or_as_unlike_as_can_be():
    treated = pd.Series([True, True, False, False])
    same, opposed = pd.Series([1.0] * 4), pd.Series([1.0, 1.0, 0.0, 0.0])
    assert smd_over_pooled(same, treated, same, treated, "binary") == 0
    assert smd_over_pooled(opposed, treated, opposed, treated, "binary") == np.inf
    assert smd_over_pooled(-opposed, treated, -opposed, treated, "number") == -np.inf
    alone = pd.Series([1.0, 1.0, np.nan, np.nan])
    assert np.isnan(smd_over_pooled(alone, treated, alone, treated, "binary"))
    assert rounded(np.inf, 2) == "∞" and rounded(-np.inf, 2) == "-∞"


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [
        (0.125, 2, "0.13"),
        (2.5, 0, "3"),
        (2022.5, 0, "2023"),
        (12345.5, 0, "12,346"),
        (float("nan"), 1, "–"),
        (-0.25, 1, "-0.3"),
    ],
)
def test_numbers_round_half_up(value, digits, printed):
    assert rounded(value, digits) == printed


def test_numbers_that_are_not_there_are_said():
    assert ratio(float("nan"), 1, 2) == "not estimable"
    assert p_value(0.0004) == "<0.001"
    assert count_of(3, 0) == "–"
    assert count_of(12, 40) == "12 / 40 (30.0 %)"
    nothing = float("nan")
    assert with_limits(17.9, 14.0, nothing) == "17.9 (14.0–NE)"
    assert with_limits(nothing, nothing, nothing) == "not reached"
    assert with_limits(-15.8, -25, -6.2) == "-15.8 (-25.0 to -6.2)"

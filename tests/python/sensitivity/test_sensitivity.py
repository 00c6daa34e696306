"""E-values, calibration, tipping points, subgroups."""

import numpy as np
import pandas as pd
import pytest

from myelomart import sensitivity
from myelomart.errors import StatisticsError
from myelomart.sensitivity import (
    adjusted_ratio,
    bias_factor,
    calibrated_estimate,
    calibrated_p,
    calibration_table,
    e_value,
    fit_systematic_error,
    subgroup_hazard_ratios,
    tipping_strength,
    tipping_table,
)


def test_e_value_equals_the_published_example():
    # VanderWeele and Ding 2017: RR 3.9 (1.8 to 8.7), E-values 7.26 and 3.0
    result = e_value(3.9, 1.8, 8.7)
    assert (result.estimate, result.limit) == pytest.approx((7.26, 3.0), abs=5e-3)


def test_e_value_of_a_protective_ratio_mirrors_its_inverse():
    assert e_value(0.5, 0.4, 0.8).estimate == pytest.approx(e_value(2, 1.25, 2.5).estimate)
    assert e_value(0.5, 0.4, 0.8).limit == pytest.approx(e_value(2, 1.25, 2.5).limit)


def test_e_value_of_a_limit_that_crosses_one_is_one():
    assert e_value(1.5, 0.9, 2.4).limit == 1


def test_a_common_outcome_needs_less_confounding():
    assert e_value(2, 1.5, 2.6, measure="hr", rare=False).estimate < e_value(2, 1.5, 2.6).estimate


def test_confounder_at_its_tipping_strength_brings_the_limit_to_one():
    strength = tipping_strength(0.8, 0.2, 0.6)
    assert adjusted_ratio(0.6, 0.5, 0.8, strength, 0.2, 0.6)[2] == pytest.approx(1)
    assert bias_factor(1, 0.2, 0.6) == 1


def test_tipping_table_leaves_out_equal_prevalences_and_impossible_strengths():
    table = tipping_table(0.6, 0.5, 0.8)
    assert (table["prevalence_treated"] != table["prevalence_control"]).all()
    # a confounder commoner among the treated must be protective to explain a protective effect
    commoner = table["prevalence_treated"] > table["prevalence_control"]
    assert (table.loc[commoner, "tips_limit"].dropna() < 1).all()


def test_systematic_error_is_recovered_and_taken_off():
    rng = np.random.default_rng(0)
    se = rng.uniform(0.05, 0.3, 400)
    error = fit_systematic_error(rng.normal(0.25, np.sqrt(se**2 + 0.15**2)), se)
    assert error.mean == pytest.approx(0.25, abs=0.04)
    assert error.sd == pytest.approx(0.15, abs=0.04)
    ratio, low, high = calibrated_estimate(0.25, 0.1, error)
    assert low < ratio < high
    assert ratio == pytest.approx(1, abs=0.05)
    assert calibrated_p(0.25, 0.1, error) > 0.5


def test_without_systematic_error_calibration_changes_little():
    rng = np.random.default_rng(1)
    se = np.full(300, 0.2)
    error = fit_systematic_error(rng.normal(0, se), se)
    table = calibration_table(pd.DataFrame({"log_estimate": [0.5], "se": [0.2]}), error)
    assert table["calibrated_p"][0] == pytest.approx(table["p"][0], abs=0.01)


def test_too_few_negative_controls_are_refused():
    with pytest.raises(StatisticsError, match="4 negative controls"):
        fit_systematic_error([0, 0.1, 0.2, -0.1], [0.1] * 4)


def subgroup_data(difference):
    rng = np.random.default_rng(7)
    treated, group = rng.integers(0, 2, 1500), rng.choice(["old", "young"], 1500)
    hazard = np.exp(treated * (-0.6 + difference * (group == "young")))
    time = rng.exponential(1 / hazard)
    return np.minimum(time, 2), time < 2, treated, group


def test_interaction_is_found_where_it_is():
    same = subgroup_hazard_ratios(*subgroup_data(0.0))
    apart = subgroup_hazard_ratios(*subgroup_data(1.0))
    assert same.interaction.p > 0.01
    assert apart.interaction.p < 1e-6
    assert apart.levels["level"].tolist() == ["old", "young"]
    assert apart.levels["hr"][0] < 0.7 < 1 < apart.levels["hr"][1]


def test_a_subgroup_without_estimate_leaves_the_interaction_open():
    time, event, treated, group = subgroup_data(0.0)
    event = event & ~((group == "young") & (treated == 1))
    result = subgroup_hazard_ratios(time, event, treated, group)
    assert np.isnan(result.levels["hr"][1])
    assert result.interaction is None


@pytest.mark.parametrize(
    ("sensitivities", "specificities", "printed"),
    [
        ((0.95, 0.95), (0.99, 0.99), 1.83), ((0.90, 0.90), (0.98, 0.98), 1.70),
        ((0.95, 0.95), (0.90, 0.99), 3.19), ((0.70, 0.95), (0.99, 0.99), 1.39),
        ((0.70, 0.95), (0.99, 0.98), 1.20),
    ],
)  # fmt: skip
def test_published_misclassification_is_undone(sensitivities, specificities, printed):
    """JAMIA 2019;26:1664, Table 3: a ratio of 2 as it is found; their risk of controls, 5.27 %,
    is had from the predictive value that they print."""
    size, true = 1_000_000, (0.1054, 0.0527)
    found = [
        share * seen + (1 - share) * (1 - spared)
        for share, seen, spared in zip(true, sensitivities, specificities, strict=True)
    ]
    assert found[0] / found[1] == pytest.approx(printed, abs=0.011)
    events = tuple(round(size * share) for share in found)
    ours, control = (
        sensitivity.Validity.known(*one) for one in zip(sensitivities, specificities, strict=True)
    )
    back = sensitivity.corrected_risks(events, (size, size), ours, control)
    assert back.ratio == pytest.approx(2.0, abs=1e-4)
    assert back.risk_control == pytest.approx(0.0527, abs=1e-5)


def test_what_the_data_rule_out_is_nan_and_perfect_codes_change_nothing():
    perfect = sensitivity.Validity.known(1, 1)
    same = sensitivity.corrected_risks((12, 30), (90, 120), perfect)
    assert (same.risk_treated, same.risk_control) == pytest.approx((12 / 90, 30 / 120))
    # more false positives are assumed than there are events
    poor = sensitivity.Validity.known(0.9, 0.8)
    ruled_out = sensitivity.corrected_risks((12, 30), (90, 120), poor)
    assert np.isnan(ruled_out.ratio) and ruled_out.possible == 0
    drawn = sensitivity.probable_risks((2, 30), (90, 120), poor)
    assert np.isnan(drawn.ratio) and drawn.possible < 0.5
    none = sensitivity.corrected_risks((0, 30), (90, 120), perfect)  # no event in one arm
    assert np.isnan(none.ratio) and none.difference == pytest.approx(-0.25)
    for least, said in (((0.9, 0.8, 0.7), "in this order"), ((0.3, 0.4, 0.5), "tell nothing")):
        with pytest.raises(StatisticsError, match=said):
            sensitivity.Validity(least, (0.5, 0.5, 0.6))
    with pytest.raises(StatisticsError, match="13 events of 12 persons"):
        sensitivity.corrected_risks((13, 1), (12, 12), perfect)


def test_drawn_errors_shared_by_the_arms_widen_the_interval_of_known_ones():
    known = sensitivity.corrected_risks((60, 40), (300, 300), sensitivity.Validity.known(0.8, 0.98))
    ranges = sensitivity.Validity((0.6, 0.8, 1.0), (0.96, 0.98, 1.0))
    drawn = sensitivity.probable_risks((60, 40), (300, 300), ranges, seed=4)
    again = sensitivity.probable_risks((60, 40), (300, 300), ranges, seed=4)
    assert drawn == again
    assert drawn.ratio == pytest.approx(known.ratio, rel=0.05)
    width = known.difference_high - known.difference_low
    assert drawn.difference_high - drawn.difference_low > width
    apart = sensitivity.probable_risks((60, 40), (300, 300), ranges, ranges, seed=4)
    assert np.log(apart.ratio_high / apart.ratio_low) > np.log(drawn.ratio_high / drawn.ratio_low)

"""Small-cell suppression: examples A8 to A10 of specification pooling 11.3, and each rule."""

import numpy as np
import pandas as pd
import pytest

from myelomart.disclosure.rules import is_small, round_half_up, suppress_curve, suppress_estimates


@pytest.mark.parametrize(
    ("count", "hidden"),
    [(0, False), (1, True), (10, True), (11, False), (np.nan, False), (None, False)],
)
def test_a8_one_to_ten_are_small_and_neither_zero_nor_the_unknown(count, hidden):
    assert is_small(count, 11) == hidden


def test_another_limit_hides_other_counts():
    assert [is_small(7, fewest) for fewest in (5, 7, 8, 20)] == [False, False, True, True]


def test_a9_rounding_to_five_halves_upwards():
    values = [11, 12, 13, 17, 18, 22.5]
    assert [round_half_up(value) for value in values] == [10, 10, 15, 15, 20, 25]


def test_a10_a_small_numerator_and_a_small_remainder_take_everything_with_them():
    table = pd.DataFrame(
        {"numerator": [3.0, 60, 103, None], "denominator": [106.0, 106, 106, None],
         "estimate": [2.8, 56.6, 97.2, 0.7], "p_value": [0.01, 0.02, 0.03, 0.04]}
    )  # fmt: skip
    result = suppress_estimates(table, 11)
    assert result["is_suppressed"].tolist() == [True, False, True, False]
    for name in ("numerator", "estimate", "p_value"):
        assert result[name].isna().tolist()[:3] == [True, False, True]
    assert result["denominator"].tolist()[:3] == [105, 106, 105]
    assert result["estimate"].iloc[3] == 0.7  # it has no counts of its own


def test_a_curve_shows_fixed_times_only_and_stops_where_few_are_at_risk():
    curve = pd.DataFrame(
        {"time": [1, 2, 5, 9], "n_risk": [40, 30, 12, 10], "survival": [0.9, 0.8, 0.6, 0.5]}
    )
    shown = suppress_curve(curve, [0, 3, 6], 11)
    assert shown["time"].tolist() == [0, 3]
    assert shown["survival"].tolist() == [1.0, 0.8]
    assert shown["n_risk"].tolist() == [40, 12]

"""Small-cell suppression: the worked examples A7-A10 of algorithms.md, and each rule."""

import pandas as pd
import pytest

from myelomart.disclosure.rules import (
    MASKED,
    PROFILES,
    differencing_conflicts,
    may_publish_effect,
    may_publish_median,
    round_half_up,
    suppress_counts,
    suppress_curve,
    suppress_estimates,
    suppress_proportion,
)


def test_a7_a_second_cell_is_masked_so_that_the_total_gives_nothing_away():
    assert suppress_counts({"a": 5, "b": 40, "c": 62}) == {"a": "<11", "b": MASKED, "c": 62}


@pytest.mark.parametrize(
    ("counts", "shown"),
    [([0, 40, 62], [0, 40, 62]), ([10, 9, 62], ["<11", "<11", 62]), ([11, 40], [11, 40])],
)
def test_a8_zero_is_shown_and_two_hidden_cells_protect_each_other(counts, shown):
    labels = "abc"[: len(counts)]
    assert list(suppress_counts(dict(zip(labels, counts, strict=True))).values()) == shown


def test_a9_rounding_to_five_halves_upwards():
    values = [11, 12, 13, 17, 18, 22.5]
    assert [round_half_up(value) for value in values] == [10, 10, 15, 15, 20, 25]


def test_a10_a_small_numerator_takes_its_percent_with_it():
    result = suppress_proportion(3, 106)
    assert result["numerator"] == "<11"
    assert result["percent"] is None
    assert result["denominator"] == 105


def test_a_small_remainder_is_protected_too():
    assert suppress_proportion(103, 106)["is_suppressed"]


def test_ties_of_the_second_cell_go_by_label():
    assert suppress_counts({"b": 40, "a": 40, "c": 2}) == {"b": 40, "a": MASKED, "c": "<11"}


def test_profiles_differ_in_their_threshold():
    assert suppress_counts({"a": 7}, PROFILES["ohdsi5"]) == {"a": 7}
    assert suppress_counts({"a": 15, "b": 3}, PROFILES["n3c20"]) == {"a": "<20", "b": "<20"}
    assert suppress_counts({"a": 7, "b": 90}, PROFILES["trinetx10"]) == {"a": "10", "b": 90}


def test_a_curve_shows_fixed_times_only_and_stops_where_few_are_at_risk():
    curve = pd.DataFrame(
        {"time": [1, 2, 5, 9], "n_risk": [40, 30, 12, 10], "survival": [0.9, 0.8, 0.6, 0.5]}
    )
    shown = suppress_curve(curve, [0, 3, 6])
    assert shown["time"].tolist() == [0, 3]
    assert shown["survival"].tolist() == [1.0, 0.8]
    assert shown["n_risk"].tolist() == [40, 12]


def test_medians_and_effects_need_enough_events():
    assert may_publish_median(11, 11)
    assert not may_publish_median(10, 40)
    assert may_publish_effect(20, 20, 5)
    assert not may_publish_effect(20, 8, 9)
    assert not may_publish_effect(20, 20, 4)


def test_a_table_and_its_subset_may_not_differ_by_a_small_number():
    assert differencing_conflicts({"a": 50, "b": 30}, {"a": 45, "b": 30}) == ["a"]


def test_estimates_lose_their_numbers_with_their_numerator():
    table = pd.DataFrame(
        {
            "numerator": [3.0, 60, None],
            "denominator": [106.0, 106, None],
            "estimate": [2.8, 56.6, 0.7],
        }
    )
    result = suppress_estimates(table)
    assert result["is_suppressed"].tolist() == [True, False, False]
    assert result["estimate"].isna().tolist() == [True, False, False]
    assert result["denominator"].tolist()[:2] == [105, 106]

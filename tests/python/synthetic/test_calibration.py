"""The network stays near the printed numbers; wide bounds, since this is a small one."""

import pytest

from myelomart.survival import kaplan_meier
from myelomart_synthetic.calibration import CONDITIONS, NORMAL_95, calibration_table, median_error
from myelomart_synthetic.calibration_page import page
from myelomart_synthetic.constants import rows


def test_every_target_has_a_condition_and_a_source():
    for row in rows("calibration"):
        assert row["condition"] in CONDITIONS, row["target"]
        assert row["row_id"]


def test_a_small_network_is_near_the_printed_numbers():
    table = calibration_table(6_000, 3)
    assert len(table) == len(rows("calibration"))
    assert table["z"].notna().all()
    far = table[table["z"].abs() > 4]
    assert list(far["target"]) == []
    assert page(table, 6_000, 3).count("\n| ") == len(table) + 1


def test_the_error_of_a_median_is_had_from_the_limit_that_is_reached():
    closed = kaplan_meier(range(1, 21), [1] * 20)
    low, high = closed.median_ci
    assert median_error(closed) == pytest.approx((high - low) / 2 / NORMAL_95)
    # 5 of 9 have the event on days 1 to 5, the others are censored: the upper limit stays open
    open_above = kaplan_meier([1, 2, 3, 4, 5, 9, 9, 9, 9], [1] * 5 + [0] * 4)
    assert open_above.median == 5
    assert open_above.median_ci[0] == 1
    assert median_error(open_above) == pytest.approx((5 - 1) / NORMAL_95)

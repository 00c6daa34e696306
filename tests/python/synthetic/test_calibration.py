"""The network stays near the printed numbers; wide bounds, since this is a small one."""

from myelomart_synthetic.calibration import CONDITIONS, calibration_table
from myelomart_synthetic.calibration_page import page
from myelomart_synthetic.constants import rows


def test_every_target_has_a_condition_and_a_source():
    for row in rows("calibration"):
        assert row["condition"] in CONDITIONS, row["target"]
        assert row["row_id"]


def test_a_small_network_is_near_the_printed_numbers():
    table = calibration_table(6_000, 3)
    assert len(table) == len(rows("calibration"))
    far = table[table["z"].abs() > 4]
    assert list(far["target"]) == []
    assert page(table, 6_000, 3).count("\n| ") == len(table) + 1

"""What holds of exposure and refractoriness whatever the rule set in force."""

import csv
import shutil
from pathlib import Path

import pytest

from myelomart import warehouse
from myelomart.project import project_root

PARAMETERS = project_root() / "seeds" / "clinical_rules" / "algorithm_parameters.csv"
TESTS = (
    "assert_refractory_is_exposed_and_penta_is_triple",
    "every_core_dose_is_in_a_line_or_listed_with_a_reason",
    "assert_lines_are_numbered_without_gap_and_do_not_overlap",
)


def rule_sets() -> list[str]:
    """What changes refractoriness or the count of lines, and the farthest from the default.

    The properties of lines alone are asked of every rule set in any build.
    """
    with PARAMETERS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    reaching = {row["rule_set"] for row in rows if row["algorithm"] == "refractoriness"}
    reaching |= {row["rule_set"] for row in rows if row["parameter"] == "short_line_counts"}
    return sorted((reaching | {"registry"}) - {"default"})


def test_the_rule_sets_of_refractoriness_are_among_them():
    assert {"named_five", "lenalidomide_over_10_mg", "registry"} < set(rule_sets())


@pytest.mark.parametrize("rule_set", rule_sets())
def test_the_properties_hold_under_the_rule_set(demo, models, tmp_path, rule_set):
    built = Path(shutil.copy(demo / "myelomart.duckdb", tmp_path))
    assert models.under(rule_set).build_again(built, "int_line_rules", TESTS) == []
    with warehouse.database(built) as connection:
        in_force = warehouse.value(connection, "select max(rule_set) from core.lines_of_therapy")
        failed = warehouse.value(
            connection, "select count(*) from core.refractoriness where status != 'EXPOSED'"
        )
    assert in_force == rule_set
    assert failed > 500

"""What holds of exposure and refractoriness whatever the rule set in force."""

import csv
import os
import shutil
import subprocess
import sys
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
# from the rules to what the tests read: nothing else depends on the rule set there
ON_THE_WAY = "int_line_rules+,"


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
def test_the_properties_hold_under_the_rule_set(demo, tmp_path, rule_set):
    built = tmp_path / "myelomart.duckdb"
    shutil.copy(demo / "myelomart.duckdb", built)
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), "build", "--quiet"]
        + ["--vars", f"{{rule_set: {rule_set}}}", "--exclude-resource-type", "unit_test"]
        + ["--select", *(f"{ON_THE_WAY}+{test}" for test in TESTS)]
        + ["--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path)],
        cwd=project_root(),
        env={**os.environ, "MYELOMART_DB": str(built), "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    with warehouse.scratch() as connection:
        connection.execute(f"attach {warehouse.literal(built)} as built (read_only)")
        in_force = warehouse.value(
            connection, "select max(rule_set) from built.core.lines_of_therapy"
        )
        failed = warehouse.value(
            connection,
            "select count(*) from built.core.refractoriness where status != 'EXPOSED'",
        )
    assert in_force == rule_set
    assert failed > 500

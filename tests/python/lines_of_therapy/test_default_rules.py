"""The default rules under which unit tests count lines are those of the seed."""

import csv
import re

import yaml

from myelomart.project import project_root

FOLDER = project_root() / "models" / "clinical" / "lines"


def seed_rules() -> dict[str, float | None]:
    """The parameters of the lines of therapy that int_line_rules holds, under `default`."""
    seed = project_root() / "seeds" / "clinical_rules" / "algorithm_parameters.csv"
    held = re.findall(r"parameter = '(\w+)'", (FOLDER / "int_line_rules.sql").read_text())
    with seed.open(encoding="utf-8") as file:
        return {
            row["parameter"]: float(row["value"]) if row["value"] else None
            for row in csv.DictReader(file)
            if (row["rule_set"], row["algorithm"]) == ("default", "lines_of_therapy")
            and row["parameter"] in held
        }


def test_every_copy_of_the_default_rules_is_the_seed():
    copies = {
        file.name: rules
        for file in FOLDER.glob("*unit_tests.yml")
        for rules in yaml.safe_load(file.read_text()).get("anchors", [])
        if isinstance(rules, dict)
    }
    assert len(copies) == 3
    for name, rules in copies.items():
        rules.pop("rule_set", None)
        assert rules == seed_rules(), name

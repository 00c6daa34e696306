"""The list of mutations keeps up with the code: each change can still be made, and in one place."""

import importlib.util
import re

import pytest

from myelomart.project import project_root

SPEC = importlib.util.spec_from_file_location(
    "mutations", project_root() / "bench" / "mutations.py"
)
module = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(module)
ROWS = module.mutations()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_text_to_change_stands_once_in_its_file_and_its_tests_are_there(row):
    assert module.occurrences(row) == 1
    assert row.old != row.new
    assert row.runner in ("pytest", "dbt")
    for one in row.tests.split():
        if row.runner == "pytest":
            assert (project_root() / re.sub(r"::.*", "", one)).exists()
        else:
            assert list((project_root() / "models").rglob(f"{one}.sql"))


def test_names_are_unique():
    assert len({row.name for row in ROWS}) == len(ROWS) >= 22

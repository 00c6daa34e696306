"""The registry of analysis types is the package: the seeds, the docs and the report follow it."""

import re

import pytest
import yaml

from myelomart import analyses
from myelomart.analyses import TYPES
from myelomart.project import project_root


def accepted() -> list[str]:
    """The analysis types that a row of `seeds/studies/analyses.csv` may name."""
    file = project_root() / "seeds" / "studies" / "_studies__seeds.yml"
    seeds = {one["name"]: one for one in yaml.safe_load(file.read_text())["seeds"]}
    column = next(c for c in seeds["analyses"]["columns"] if c["name"] == "analysis_type")
    (test,) = (one["is_one_of"] for one in column["data_tests"] if "is_one_of" in one)
    return test["arguments"]["values"]


def test_the_seeds_accept_what_the_package_has():
    assert sorted(accepted()) == sorted(TYPES)


def test_each_module_is_one_kind():
    modules = [file.stem for file in project_root().glob("scripts/myelomart/analyses/[a-z]*.py")]
    assert len(modules) == len(TYPES)
    for module in modules:
        kind = getattr(analyses, module).ANALYSIS
        assert TYPES[kind.name] is kind


@pytest.mark.parametrize("name", TYPES)
def test_the_docs_say_what_each_shows_and_where_it_is(name):
    page = (project_root() / "docs" / "results.md").read_text()
    table = page.split("## Analysis types")[1].split("\n## ")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| ")]
    (row,) = [row for row in rows if name in re.split(r", ", row[1].strip())]
    module = TYPES[name].make.__module__.rpartition(".")[2]
    assert f"{module}.py" in row[3]

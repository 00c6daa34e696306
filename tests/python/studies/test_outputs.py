"""Every table and figure of the specification is made by an analysis, and the docs say by which."""

import re

import pandas as pd
import pytest

from myelomart.project import project_root

ANALYSES = pd.read_csv(project_root() / "seeds" / "studies" / "analyses.csv", dtype=str)


@pytest.fixture(scope="module")
def asked(specification) -> set[str]:
    """The output ids of the specification."""
    return set(re.findall(r"^\| ([A-Z]+-[A-Z]\d) \|", specification["outputs"], re.MULTILINE))


def documented() -> dict[str, set[str]]:
    """Output id to the analyses that the docs name."""
    text = (project_root() / "docs" / "results.md").read_text(encoding="utf-8")
    text = text.split("## Every output of the specification")[1].split("## Small counts")[0]
    rows = re.findall(r"^\| ([A-Z]+-[A-Z]\d) \| ([^|]*) \|", text, re.MULTILINE)
    return {output: set(names.split(", ")) for output, names in rows}


def test_every_output_asked_for_is_made(asked):
    assert len(asked) == 25
    assert asked <= set(ANALYSES["output_id"])
    assert set(documented()) == asked


def test_the_docs_name_the_analyses_of_each_output():
    for output, names in documented().items():
        assert names == set(ANALYSES.loc[ANALYSES["output_id"] == output, "analysis_id"])

"""Made-up results for the tests of disclosure."""

from pathlib import Path

import pytest

from myelomart.disclosure.policies import named
from myelomart.disclosure.release import release, write_release
from myelomart.results import Results
from once import made_once


def made_table(study_id: str = "made_up", **counts: tuple[int, int]) -> Results:
    """An arm of 200, and a share of so many of so many known per variable."""
    results = Results(study_id, analysis_id="one")
    results.add("OUT-1", "count", population="all", row_group="Size", row_label="Persons",
                arm="All", estimate=200, unit="persons")  # fmt: skip
    for label, (count, known) in counts.items():
        results.add(
            "OUT-1", "percent", population="all", row_group="Disease", row_label=label, arm="All",
            numerator=count, denominator=known, estimate=100 * count / known, unit="%",
            n_missing=200 - known,
        )  # fmt: skip
    return results


@pytest.fixture(name="made_table")
def _made_table():
    return made_table


@pytest.fixture(scope="session")
def released(demo, tmp_path_factory) -> Path:
    """The release of one study of the demonstration."""
    policy = named("cms11")

    def make(folder: Path) -> None:
        run = release(demo / "myelomart.duckdb", ["cart_vs_pom"], policy)
        write_release(run, policy, folder / "release.zip")

    return made_once(tmp_path_factory, "release", make) / "release.zip"

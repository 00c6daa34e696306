"""The CoMMpass converter keeps what its source holds (counts: README beside the data)."""

import os
from pathlib import Path

import pytest
from commpass import convert

from myelomart import warehouse
from myelomart.project import project_root

SHARED = Path(os.environ.get("MYELOMART_SHARED", project_root().parent / "shared"))
COMMPASS = SHARED / "data" / "commpass"

pytestmark = pytest.mark.skipif(
    not COMMPASS.exists(), reason=f"the CoMMpass files are not at {COMMPASS}"
)


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commpass")
    return folder, convert(COMMPASS, folder)


def query(folder, text):
    with warehouse.scratch() as connection:
        return warehouse.rows(connection, text.format(folder=folder))


def test_patients_deaths_and_treatments_are_all_there(converted):
    _, counts = converted
    assert counts["person"] == 995
    assert counts["death"] == 191
    assert counts["procedure_occurrence"] == 544 + 14
    assert counts["treatments without a start day"] == 1021
    dated = counts["drug_exposure"] + counts["procedure_occurrence"]
    assert dated + counts["treatments without a start day"] == 7184


def test_transplants_carry_the_donor_in_their_concept(converted):
    folder, _ = converted
    found = query(
        folder,
        """
        select procedure_concept_id, count(*), count(distinct person_id)
        from '{folder}/procedure_occurrence.parquet' group by 1 order by 1
        """,
    )
    assert found == [(2108456, 14, 13), (2108457, 544, 511)]


def test_stages_are_kept_as_the_source_writes_them(converted):
    folder, _ = converted
    found = query(
        folder,
        """
        select value_source_value, count(*) from '{folder}/measurement.parquet'
        group by 1 order by 1
        """,
    )
    assert found == [("I", 348), ("II", 353), ("III", 266), ("Unknown", 28)]


def test_the_lines_of_the_registry_are_episodes(converted):
    folder, _ = converted
    found = query(
        folder,
        """
        select episode_number, count(*) from '{folder}/episode.parquet'
        where episode_number > 1 group by 1 order by 1
        """,
    )
    assert found == [(2, 254), (3, 100), (4, 39), (5, 14), (6, 9), (7, 3), (8, 1)]


def test_every_period_of_observation_ends_on_or_after_its_start(converted):
    folder, _ = converted
    assert query(
        folder,
        """
        select count(*) from '{folder}/observation_period.parquet'
        where observation_period_end_date < observation_period_start_date
        """,
    ) == [(0,)]

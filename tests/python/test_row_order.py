"""The order in which records come says nothing: shuffled files give the same marts."""

import pytest

from myelomart import warehouse
from myelomart.sources.landing import Source, land

MARTS = "labs adverse_events cytopenias responses line_responses progressions extramedullary_states"
MARTS += " extramedullary_transitions cell_therapies lines_of_therapy_by_rule_set patients"
MARTS += " drug_exposures transplants line_phases refractoriness cytogenetics"


@pytest.fixture(scope="module")
def shuffled(small, models, tmp_path_factory):
    """The marts of the small network with every file's rows in another order."""
    folder = tmp_path_factory.mktemp("shuffled")
    (folder / "cdm").mkdir()
    with warehouse.scratch() as connection:
        connection.execute("select setseed(0.5)")
        for path in sorted((small / "cdm").glob("*.parquet")):
            rows = f"select * from read_parquet({warehouse.literal(path)})"
            goal = warehouse.literal(folder / "cdm" / path.name)
            connection.execute(f"copy ({rows} order by random()) to {goal}")
    land([Source("cdm", str(folder / "cdm"))], folder / "landing", lambda line: None)
    build = models.over(folder / "landing").build
    assert build(folder / "shuffled.duckdb", MARTS.split()) == []
    return folder / "shuffled.duckdb"


@pytest.mark.parametrize("mart", MARTS.split())
def test_shuffled_records_give_the_same_rows(small, shuffled, mart):
    with warehouse.scratch() as connection:
        for name, path in (("given", small / "myelomart.duckdb"), ("shuffled", shuffled)):
            connection.execute(f"attach {warehouse.literal(path)} as {name} (read_only)")
        given, other = (f"select * from {name}.core.{mart}" for name in ("given", "shuffled"))
        different = warehouse.value(
            connection,
            f"select count(*) from (({given} except all {other}) union all "
            f"({other} except all {given}))",
        )
        total = warehouse.value(connection, f"select count(*) from ({given})")
    assert total > 0
    assert different == 0

"""`dbt build` alone lands its source: the plugin reads what the environment names."""

from myelomart import warehouse
from myelomart.landing_plugin import Plugin
from myelomart.sources.landing import Source, land


def persons(landing):
    with warehouse.scratch() as connection:
        return warehouse.rows(
            connection,
            "select source_name, count(*) from "
            f"read_parquet('{landing}/person/**/*.parquet', hive_partitioning = true) "
            "group by 1 order by 1",
        )


def test_the_named_sources_land_before_dbt_reads(small_cdm, small_csv, tmp_path, monkeypatch):
    monkeypatch.setenv("MYELOMART_LANDING", str(tmp_path / "landing"))
    monkeypatch.setenv("MYELOMART_SOURCE", f"a={small_cdm};b={small_csv}")
    Plugin(name="landing", plugin_config={})
    assert persons(tmp_path / "landing") == [("a", 3), ("b", 3)]


def test_what_a_build_has_landed_is_left_alone(small_cdm, tmp_path, monkeypatch):
    landing = tmp_path / "landing"
    land([Source("mine", str(small_cdm))], landing, lambda line: None)
    monkeypatch.setenv("MYELOMART_LANDING", str(landing))
    monkeypatch.delenv("MYELOMART_SOURCE", raising=False)
    Plugin(name="landing", plugin_config={})
    assert persons(landing) == [("mine", 3)]

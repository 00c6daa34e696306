"""Every way in leads to the same cohorts and endpoints.

One build has the same synthetic people four times: as a folder, as two halves (one of them a SQLite
file), as a TriNetX export, and in PostgreSQL where it can be started. What the study engine finds
for each way is compared, up to every number of every study; the halves together must be the whole.
"""

import sqlite3
import sys
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pytest
from postgres_server import NoServer, running_server

from myelomart import warehouse
from myelomart.quality import door
from myelomart.running import run_study
from myelomart.sources import layout
from myelomart.sources.landing import Source, land
from myelomart.study import read_study, study_ids
from myelomart.study_data import read_data
from myelomart_synthetic.network import make_network

sys.path.insert(0, str(Path(__file__).parents[1] / "converters"))
from trinetx import write_export  # noqa: E402  it stands in a folder of its own

PEOPLE = 260
HALF = PEOPLE // 2
DEATH_DATED = ("all_cause_mortality", "overall_survival")  # endpoints that the day of death moves
DAYS_OFF = 31
CODES = ("codes_unmapped", "codes_unclaimed", "codes_by_year")
# the others begin with a response or progression, which rest on what is charted: an export loses it
ASK_NOTHING_LOST = ("cart_vs_pom", "first_line_transplant")
FROM_FINDINGS = ("progression",)  # an endpoint of theirs that is derived from what an export lacks
ASK_FOR_IT = ("cart_vs_pom_effects", "cart_vs_pom_wins")


def half(cdm: Path, target: Path, test: str) -> None:
    """The rows of ``cdm`` whose person passes ``test``, and all rows of tables without persons."""
    target.mkdir()
    with warehouse.scratch() as connection:
        for path in sorted(cdm.glob("*.parquet")):
            source = f"read_parquet({warehouse.literal(path)})"
            names = [
                row[0] for row in warehouse.rows(connection, f"describe select * from {source}")
            ]
            where = test if "person_id" in names else "true"
            goal = warehouse.literal(target / path.name)
            connection.execute(f"copy (select * from {source} where {where}) to {goal}")


def as_sqlite(cdm: Path, path: Path) -> None:
    """The CDM in a SQLite file; dates as text, as SQLite has no dates."""
    with warehouse.scratch() as connection, sqlite3.connect(path) as target:
        for table in layout.cdm_tables():
            file = cdm / f"{table}.parquet"
            if not file.exists():
                continue
            relation = connection.sql(
                f"select columns(*)::varchar from read_parquet({warehouse.literal(file)})"
            )
            target.execute(f"create table {table} ({', '.join(relation.columns)})")
            marks = ", ".join("?" for _ in relation.columns)
            target.executemany(f"insert into {table} values ({marks})", relation.fetchall())


def into_postgres(cdm: Path, address: str) -> None:
    from pyarrow import parquet

    with warehouse.postgres(address, "test") as connection, connection.cursor() as cursor:
        for table in layout.cdm_tables():
            file = cdm / f"{table}.parquet"
            if file.exists():
                cursor.adbc_ingest(table, parquet.read_table(file), mode="create")
        connection.commit()


@pytest.fixture(scope="module")
def ways(models, tmp_path_factory):
    """The database and the names of the sources in it."""
    folder = tmp_path_factory.mktemp("ways")
    cdm = folder / "cdm"
    make_network(PEOPLE, 2, 7, cdm, 0.9)
    half(cdm, folder / "first", f"person_id <= {HALF}")
    half(cdm, folder / "second", f"person_id > {HALF}")
    as_sqlite(folder / "second", folder / "second.sqlite")
    write_export(cdm, folder / "export")
    sources = [
        Source("whole", str(cdm)),
        Source("first", str(folder / "first")),
        Source("second", str(folder / "second.sqlite")),
        Source("export", str(folder / "export")),
    ]
    with ExitStack() as stack:
        try:
            address = stack.enter_context(running_server())
            into_postgres(cdm, address)
            sources.append(Source("server", address))
        except NoServer as reason:
            print(f"without PostgreSQL: {reason}")
        manifest = land(sources, folder / "landing", lambda line: None)
    quality = door.check(folder / "landing", manifest)
    marts = [*models.in_schema("studies"), *CODES]
    failed = models.over(folder / "landing").build(folder / "ways.duckdb", marts)
    return folder / "ways.duckdb", [source.name for source in sources], quality, failed


def test_no_data_test_finds_a_row_in_any_way_in(ways):
    assert ways[-1] == []


def by_source(database: Path, query: str) -> dict[str, list[tuple]]:
    """Rows of ``query`` by source, with the number that the person has in the whole."""
    people = """
        with people as (
            select
                person_id,
                source_name as way,
                cast(replace(person_source_value, 'P', '') as bigint) as number
            from omop.person
        )
    """
    found: dict[str, list[tuple]] = {}
    with warehouse.database(database, reach=[database.parent]) as connection:
        for source, *row in warehouse.rows(connection, f"{people} {query} order by all"):
            found.setdefault(source, []).append(tuple(row))
    return found


@pytest.mark.parametrize(
    ("mart", "columns"),
    [
        ("patients", "myeloma_diagnosis_date, sex, race, year_of_birth"),
        ("cell_therapies", "infusion_date, product"),
        ("transplants", "transplant_date, kind"),
        ("drug_exposures", "ingredient, start_date"),
        ("labs", "lab, measured_date, value, unit"),
    ],
)
def test_every_way_in_gives_the_same_marts(ways, mart, columns):
    database, sources, *_ = ways
    query = f"select way, number, {columns} from core.{mart} inner join people using (person_id)"
    found = by_source(database, query)
    assert len(found["whole"]) > 10
    assert sorted(found["first"] + found["second"]) == found["whole"]
    for source in set(sources) - {"whole", "first", "second"}:
        assert found[source] == found["whole"], source


def test_lines_agree_but_for_the_ends_of_drugs_that_an_export_loses(ways):
    database, sources, *_ = ways
    found = by_source(
        database,
        "select way, number, line_number, line_start_date, drugs from core.lines_of_therapy "
        "inner join people using (person_id)",
    )
    assert sorted(found["first"] + found["second"], key=str) == sorted(found["whole"], key=str)
    for source in set(sources) - {"whole", "first", "second", "export"}:
        assert found[source] == found["whole"], source
    same = set(found["export"]) & set(found["whole"])
    assert len(same) >= 0.99 * len(found["whole"])


def test_every_way_in_gives_the_same_endpoints(ways):
    database, sources, *_ = ways
    found = by_source(
        database,
        """
        select way, endpoint, cohort_id, number, start_date, time_days, event
        from outcomes.time_to_event inner join people using (person_id)
        """,
    )
    exact = {
        source: [row for row in rows if row[0] not in DEATH_DATED] for source, rows in found.items()
    }
    assert len(exact["whole"]) > 100
    assert sorted(exact["first"] + exact["second"]) == exact["whole"]
    for source in set(sources) - {"whole", "first", "second", "export"}:
        assert found[source] == found["whole"], source


def of_people(data, numbers: dict[int, int]):
    """The study's rows of some people alone, under their numbers in the whole, in a fixed order."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        if "person_id" in frame:
            frame = frame[frame["person_id"].isin(numbers)]
            frame = frame.assign(person_id=frame["person_id"].map(numbers))
            keys = ["cohort_id", "person_id", "covariate_id", "endpoint"]
            keys = [key for key in keys if key in frame]
            frame = frame.sort_values(keys, kind="stable", ignore_index=True)
        return frame

    return data.each(change)


@pytest.fixture(scope="module")
def studies(ways):
    """By way in and study: its rows, and its numbers but for the flow of all sources together."""
    database, sources, *_ = ways
    ways_in = [[source] for source in sources if source not in ("first", "second")]
    found = {}
    with warehouse.database(database, reach=[database.parent]) as connection:
        query = (
            "select person_id, cast(replace(person_source_value, 'P', '') as bigint) "
            "from omop.person where source_name in (select unnest(?))"
        )
        for names in [*ways_in, ["first", "second"]]:
            numbers = dict(warehouse.rows(connection, query, [names]))
            for study_id in study_ids(connection):
                study = read_study(connection, study_id)
                data = of_people(read_data(connection, study), numbers)
                results = run_study(study, data)
                numbers_found = pd.concat(
                    [results.estimate_frame(), results.curve_frame()], ignore_index=True
                )
                is_flow = numbers_found["statistic"].str.startswith("persons_", na=False)
                found["+".join(names), study_id] = data, numbers_found[~is_flow]
    return found


def test_every_way_in_gives_the_same_studies(studies):
    assert sum(len(numbers) for (way, _), (_, numbers) in studies.items() if way == "whole") > 100
    for (way, study), (_, numbers) in studies.items():
        if way != "export":
            expected = studies["whole", study][1]
            pd.testing.assert_frame_equal(numbers, expected, obj=f"{study} by {way}")


def test_every_way_in_decides_the_same_of_everybody(ways):
    """Who is in which cohort, and at which step the others fall out: the flow of every study."""
    database, sources, *_ = ways
    found = by_source(
        database,
        "select way, number, decisions.* exclude (person_id) from cohorts.cohort_decisions "
        "as decisions inner join people using (person_id)",
    )
    assert len(found["whole"]) > 100
    assert sorted(found["first"] + found["second"], key=str) == sorted(found["whole"], key=str)
    for source in set(sources) - {"whole", "first", "second", "export"}:
        assert found[source] == found["whole"], source
    kept = [row for row in found["whole"] if row[1] in ASK_NOTHING_LOST]
    assert len(kept) > 100
    assert [row for row in found["export"] if row[1] in ASK_NOTHING_LOST] == kept


def test_a_trinetx_export_gives_the_same_studies_but_for_the_day_of_death(ways, studies):
    """The same people and covariates, endpoints of the living, numbers that no death moves."""
    died = by_source(
        ways[0],
        "select way, number from core.patients inner join people using (person_id) "
        "where death_date is not null",
    )
    dead = [number for (number,) in died["whole"]]
    for study in ASK_NOTHING_LOST:
        (whole, expected), (export, numbers) = studies["whole", study], studies["export", study]
        where_from = ["source_name", "site_id"]
        for table in ("population", "covariates", "testing"):
            frames = [
                getattr(data, table).drop(columns=where_from, errors="ignore")
                for data in (export, whole)
            ]
            if table == "testing":  # it is counted up to the end of the follow-up
                frames = [frame[~frame["person_id"].isin(dead)] for frame in frames]
            pd.testing.assert_frame_equal(*frames, obj=f"{table} of {study}")
        keys = ["cohort_id", "person_id", "endpoint"]
        both = export.endpoints.merge(whole.endpoints, on=keys, validate="one_to_one")
        assert len(both) == len(whole.endpoints)
        both = both[~both["endpoint"].isin(FROM_FINDINGS)]
        assert (both["time_days_x"] - both["time_days_y"]).abs().max() < DAYS_OFF
        of_the_living = both[~both["person_id"].isin(dead)]
        for value in ("time_days", "event", "reason"):
            assert of_the_living[f"{value}_x"].equals(of_the_living[f"{value}_y"])
        numbers, expected = (
            frame[~frame["analysis_id"].isin(ASK_FOR_IT)] for frame in (numbers, expected)
        )
        undated = [
            frame[
                frame["endpoint"].isna()
                & frame["survival"].isna()
                & (frame["unit"] != "sites").fillna(True)  # an export does not tell them apart
            ].reset_index(drop=True)
            for frame in (numbers, expected)
        ]
        pd.testing.assert_frame_equal(*undated, obj=study)
        ratios = [
            frame.loc[frame["statistic"] == "hazard_ratio", "estimate"].to_numpy()
            for frame in (numbers, expected)
        ]
        assert ratios[0] / ratios[1] == pytest.approx(1, abs=0.1, nan_ok=True)


def test_no_way_in_fails_a_check(ways):
    _, sources, quality, _ = ways
    failed = {
        (one["source"], one["table"], one["check"])
        for one in quality["checks"]
        if one["status"] in ("warning", "blocking")
    }
    # what the export's dirt and lost sites make true: codes that are blank, units of two sites
    allowed = {"code_is_missing", "units_are_mixed"}
    assert {one for one in failed if one[0] != "export" or one[2] not in allowed} == set()
    assert {one["source"] for one in quality["checks"]} == set(sources)


def test_what_a_tumor_record_and_a_line_say_stands_in_observation(ways):
    database, *_ = ways
    with warehouse.database(database, reach=[database.parent]) as connection:
        facts = dict(
            warehouse.rows(
                connection,
                "select observation_source_value, any_value(value_as_string) from omop.observation "
                "where source_name = 'export' group by 1",
            )
        )
        genomic = warehouse.value(
            connection,
            "select count(*) from omop.measurement "
            "where source_name = 'export' and measurement_source_value = 'TP53'",
        )
    assert facts == {
        "Durie-Salmon": "IIIA",
        "tumor site": "C42.1",
        "metastatic": "F",
        "line of chemotherapy": "1",
        "light_chain": "kappa",
    }
    assert genomic > 0


def test_a_trinetx_export_moves_a_death_by_less_than_a_month(ways):
    database, *_ = ways
    found = by_source(
        database,
        "select way, number, death_date from core.patients "
        "inner join people using (person_id) where death_date is not null",
    )
    whole, export = dict(found["whole"]), dict(found["export"])
    assert whole.keys() == export.keys()
    assert len(whole) > 50
    assert max(abs((export[number] - day).days) for number, day in whole.items()) < DAYS_OFF


def test_ids_of_persons_are_unique_across_sources(ways):
    database, sources, *_ = ways
    with warehouse.database(database, reach=[database.parent]) as connection:
        people, distinct = warehouse.rows(
            connection, "select count(*), count(distinct person_id) from omop.person"
        )[0]
    assert people == distinct == PEOPLE * (len(sources) - 1)


def test_codes_are_counted_by_year_and_those_out_of_date_are_shown(ways):
    database, *_ = ways
    with warehouse.database(database, reach=[database.parent]) as connection:
        totals = dict(
            warehouse.rows(
                connection,
                "select source_name, sum(record_count) from qc.codes_by_year "
                # an export has its registry's morphology codes beside the diagnoses
                "where concept_set_id = 'multiple_myeloma' and source_code not like '9732/3%' "
                "group by 1",
            )
        )
        early = warehouse.value(
            connection,
            "select count(*) from qc.codes_by_year where concept_set_id = 'crs' "
            "and year_recorded < 2020 and record_count > out_of_date_count",
        )
    assert totals["export"] == totals["whole"] == totals["first"] + totals["second"]
    assert early == 0


def test_members_that_a_vocabulary_lacks_are_listed_only_for_sources_that_have_one(ways):
    database, *_ = ways
    with warehouse.database(database, reach=[database.parent]) as connection:
        listed = dict(
            warehouse.rows(
                connection, "select source_name, count(*) from qc.codes_unmapped group by 1"
            )
        )
    assert "export" not in listed
    assert listed["whole"] > 100

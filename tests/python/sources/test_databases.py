"""A CDM inside DuckDB, SQLite or PostgreSQL lands as the same rows that its folder does."""

import os
import sqlite3

import pytest
from landed import Landed
from postgres_server import NoServer, running_server
from pyarrow.parquet import ParquetFile
from small_cdm import MEASUREMENT, PERSON

from myelomart import warehouse
from myelomart.errors import SourceError
from myelomart.sources import addresses, databases
from myelomart.sources.addresses import without_secrets
from myelomart.sources.databases import reading
from myelomart.sources.landing import Source, land

SUMMARY = """
    select
        count(*), sum(value_as_number), min(measurement_date)::varchar, any_value(unit_source_value)
    from read_parquet('{landing}/measurement/**/*.parquet')
"""
EXPECTED = [(12, 84.0, "2020-01-02", "g/dL")]


def summary_of(location, tmp_path):
    landing = tmp_path / "landing"
    manifest = land([Source("cdm", str(location))], landing, lambda line: None)
    with warehouse.scratch() as connection:
        found = warehouse.rows(connection, SUMMARY.format(landing=landing))
    return found, manifest


def test_a_duckdb_file_lands_like_its_folder(tmp_path):
    path = tmp_path / "cdm.duckdb"
    with warehouse.database(path, read_only=False) as connection:
        connection.execute("create schema omop")
        connection.execute(f"create table omop.PERSON as {PERSON}")
        connection.execute(f"create table omop.measurement as {MEASUREMENT}")
    found, manifest = summary_of(path, tmp_path)
    assert found == EXPECTED
    assert manifest["sources"][0]["format"] == "OMOP CDM in DuckDB"


def test_a_sqlite_file_lands_like_its_folder(tmp_path):
    path = tmp_path / "cdm.sqlite"
    with warehouse.scratch() as source, sqlite3.connect(path) as target:
        for table, query in (("person", PERSON), ("measurement", MEASUREMENT)):
            relation = source.sql(query)
            target.execute(f"create table {table} ({', '.join(relation.columns)})")
            marks = ", ".join("?" for _ in relation.columns)
            rows = [
                tuple(
                    str(cell) if hasattr(cell, "year") else float(cell) if i == 4 else cell
                    for i, cell in enumerate(row)
                )
                for row in relation.fetchall()
            ]
            target.executemany(f"insert into {table} values ({marks})", rows)
    found, manifest = summary_of(path, tmp_path)
    assert found == EXPECTED
    assert manifest["sources"][0]["format"] == "OMOP CDM in SQLite"


def test_a_text_file_is_neither(tmp_path):
    path = tmp_path / "cdm.db"
    path.write_text("a text that is long enough to have sixteen bytes")
    with pytest.raises(SourceError, match="neither a DuckDB nor a SQLite file"):
        summary_of(path, tmp_path)


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path):
    with pytest.raises(SourceError) as failure:
        summary_of("postgresql://me:secret@localhost:1/cdm", tmp_path)
    assert "postgresql://localhost:1/cdm" in str(failure.value)
    assert "secret" not in str(failure.value)


def test_addresses_are_kept_without_user_and_password():
    address = "postgresql://me:secret@host:5432/cdm?schema=omop&password=secret"
    assert without_secrets(address) == "postgresql://host:5432/cdm"


@pytest.fixture(scope="module")
def server():
    try:
        with running_server() as address:
            yield address
    except NoServer as reason:
        pytest.skip(str(reason))


def _execute(address: str, *statements: str) -> None:
    with warehouse.postgres(address, "test") as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.commit()


def test_a_live_postgresql_database_lands_like_its_folder(server, tmp_path):
    series = "from generate_series(1, 12) as numbers (number)"
    _execute(
        server,
        "create schema cdm",
        f"create table cdm.person as {PERSON}",
        "create table cdm.measurement as select number as measurement_id,"
        " number % 3 + 1 as person_id, 3000963 as measurement_concept_id,"
        " date '2020-01-01' + number as measurement_date,"
        " timestamp '2020-01-01 10:00:00' as measurement_datetime,"
        " cast(number + 0.5 as numeric) as value_as_number,"
        f" 'g/dL'::varchar(20) as unit_source_value {series}",
    )
    found, manifest = summary_of(server, tmp_path)
    assert found == EXPECTED
    assert manifest["sources"][0]["format"] == "OMOP CDM in PostgreSQL"
    _execute(server, "create schema other", f"create table other.person as {PERSON}")
    with pytest.raises(SourceError, match="schema=NAME"):
        summary_of(server, tmp_path)
    with pytest.raises(SourceError, match=r"schema omop .* There is one in cdm, other: name it"):
        summary_of(server + "&schema=omop", tmp_path)
    assert summary_of(server + "&schema=cdm", tmp_path)[0] == EXPECTED


def test_a_large_table_comes_in_small_batches_and_says_how_far_it_is(server, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "ROWS_SAID", 500_000)
    _execute(
        server,
        "create schema large",
        f"create table large.person as {PERSON}",
        "create table large.measurement as select number as measurement_id, 1 as person_id,"
        " 3000963 as measurement_concept_id, date '2020-01-01' as measurement_date"
        " from generate_series(1, 2000000) as numbers (number)",
    )
    said = []
    address = addresses.address_of(server + "&schema=large")
    tables = databases.open_server(address, None, tmp_path, said.append).tables
    assert [line for line in said if line.startswith("measurement")]
    measurement = ParquetFile(tables["measurement"].files[0].path)
    assert measurement.metadata.num_rows == 2_000_000
    # each batch is written before the next is fetched: no row group is larger than one
    groups = range(measurement.num_row_groups)
    assert max(measurement.metadata.row_group(one).num_rows for one in groups) < 1_500_000


# --- where a vocabulary stands -------------------------------------------------------------------

CONCEPT = """
    select 1 as concept_id, 'x' as concept_name, 'SNOMED' as vocabulary_id, '1' as concept_code
"""


def duckdb_file(path, **tables):
    """A DuckDB file with tables by ``schema__name``."""
    with warehouse.database(path, read_only=False) as connection:
        for place, query in tables.items():
            schema, name = place.split("__")
            connection.execute(f"create schema if not exists {path.stem}.{schema}")
            connection.execute(f"create table {path.stem}.{schema}.{name} as {query}")
    return path


def test_a_vocabulary_in_a_schema_of_its_own_is_found_and_said(tmp_path):
    path = duckdb_file(
        tmp_path / "cdm.duckdb",
        cdm__person=PERSON,
        cdm__measurement=MEASUREMENT,
        cdm__concept=f"select * from ({CONCEPT}) limit 0",  # made by the DDL, never filled
        vocab__concept=CONCEPT,
    )
    landed = Landed(path, tmp_path / "landing")
    assert landed.rows("concept", "concept_id, concept_name") == [(1, "x")]
    assert landed.entry["vocabulary"] == "vocab"
    assert "source cdm: the vocabulary is read from the schema vocab" in landed.said
    assert landed.rows("measurement", "count(*), sum(value_as_number)") == [(12, 84.0)]


def test_of_two_vocabularies_one_must_be_named(tmp_path):
    path = duckdb_file(
        tmp_path / "cdm.duckdb",
        cdm__person=PERSON,
        v1__concept=CONCEPT,
        v2__concept=CONCEPT.replace("'x'", "'newer'"),
    )
    with pytest.raises(SourceError, match=r"in the schemas v1, v2: say which with .vocabulary="):
        Landed(path, tmp_path / "landing")
    landed = Landed(f"{path}?schema=cdm&vocabulary=v2", tmp_path / "landing")
    assert landed.rows("concept", "concept_name") == [("newer",)]
    landed = Landed(path, tmp_path / "landing", vocabulary="v1")
    assert landed.rows("concept", "concept_name") == [("x",)]
    with pytest.raises(SourceError, match="no table concept in the schema v3"):
        Landed(f"{path}?vocabulary=v3", tmp_path / "landing")


def sqlite_file(path, **tables):
    with sqlite3.connect(path) as connection:
        for name, (columns, *rows) in tables.items():
            connection.execute(f"create table {name} ({columns})")
            marks = ", ".join("?" for _ in rows[0])
            connection.executemany(f"insert into {name} values ({marks})", rows)
    return path


def test_days_as_seconds_since_1970_are_read_from_sqlite(tmp_path):
    path = sqlite_file(
        tmp_path / "cdm.sqlite",
        person=(
            "person_id INTEGER, gender_concept_id INTEGER, year_of_birth INTEGER", (1, 8507, 1950)
        ),
        death=("person_id INTEGER, death_date REAL", (1, 1692489600.0)),
        observation_period=(
            "observation_period_id INTEGER, person_id INTEGER, observation_period_start_date REAL, "
            "observation_period_end_date INTEGER, period_type_concept_id INTEGER",
            (1, 1, -694224000.0, 1692489600, 1),
        ),
    )  # fmt: skip
    landed = Landed(path, tmp_path / "landing")
    assert landed.rows("death", "death_date::varchar") == [("2023-08-20",)]
    what = "observation_period_start_date::varchar, observation_period_end_date::varchar"
    assert landed.rows("observation_period", what) == [("1948-01-02", "2023-08-20")]


def test_a_message_about_a_database_names_its_table_and_no_file_of_ours(tmp_path):
    path = sqlite_file(
        tmp_path / "cdm.sqlite",
        person=("person_id, gender_concept_id, year_of_birth", ("1.5", 8507, 1950)),
    )
    with pytest.raises(SourceError) as failure:
        Landed(path, tmp_path / "landing")
    assert f"{path}, table main.person: table person, column person_id" in str(failure.value)
    assert ".exported" not in str(failure.value)


def test_sqlite_takes_its_vocabulary_from_another_file(tmp_path):
    columns = "concept_id, concept_name, vocabulary_id, concept_code"
    sqlite_file(tmp_path / "vocab.sqlite", concept=(columns, (1, "x", "SNOMED", "1")))
    path = sqlite_file(
        tmp_path / "cdm.sqlite",
        person=("person_id, gender_concept_id, year_of_birth", (1, 8507, 1950)),
    )
    landed = Landed(f"{path}?vocabulary=vocab.sqlite", tmp_path / "landing")
    assert landed.rows("concept", "concept_id, concept_name") == [(1, "x")]
    assert str(tmp_path / "vocab.sqlite") in landed.entry["vocabulary"]


# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password", ["p@ssw0rd", "p:w0rdy", "w/rdy:9x", "se#cretly", "w?rd=y", "100%sure", "a b", "[x]"]
)
def test_a_password_that_cannot_be_read_is_a_sentence_without_any_part_of_it(tmp_path, password):
    with pytest.raises(SourceError) as failure:
        Landed(f"postgresql://reader:{password}@localhost:1/cdm", tmp_path / "landing")
    text = str(failure.value)
    if password != "p:w0rdy":  # a colon alone can be read
        assert "%40 %3A %2F" in text
        assert "~/.pgpass" in text
    for part in (password, *(part for part in password.replace("@", ":").split(":") if part[3:])):
        assert part not in text
    assert "reader" not in text


@pytest.mark.parametrize(
    "address", ["postgresql://h:port/db", "postgresql://h/d%zz", "postgres://h#x/d"]
)
def test_an_address_that_is_none_is_a_sentence(tmp_path, address):
    with pytest.raises(SourceError, match="The address cannot be read"):
        Landed(address, tmp_path / "landing")


def test_a_percent_encoded_password_is_hidden_in_what_the_server_says():
    address = addresses.address_of("postgresql://me:p%40ss@h:5432/d?schema=cdm&sslmode=require")
    assert address.plain == "postgresql://me:p%40ss@h:5432/d?sslmode=require"
    assert address.shown == "postgresql://h:5432/d"
    assert address.options == {"schema": "cdm"}
    assert {"p%40ss", "p@ss"} <= set(address.secrets)


# --- PostgreSQL ----------------------------------------------------------------------------------


def test_what_only_postgresql_has_is_read(server, tmp_path):
    _execute(
        server,
        "create schema odd",
        f"create table odd.people as {PERSON}",
        "create materialized view odd.person as select * from odd.people",
        "create table odd.observation_period as select 1 as observation_period_id, 1 as person_id,"
        " date '2015-01-01' as observation_period_start_date,"
        " date 'infinity' as observation_period_end_date",
        "create table odd.measurement as select number as measurement_id, 1 as person_id, 1 as"
        " measurement_concept_id, timestamptz '2020-01-05 00:00:00+00' as measurement_date,"
        " timestamptz '-infinity' as measurement_datetime, numeric 'NaN' as value_as_number,"
        " gen_random_uuid() as unit_source_value, '{\"a\": 1}'::jsonb as value_source_value,"
        " inet '10.0.0.1' as measurement_source_value from generate_series(1, 2) as n (number)",
    )
    landed = Landed(server + "&schema=odd", tmp_path / "landing")
    assert landed.rows("person") == [(3,)]
    what = "observation_period_end_date::varchar"
    assert landed.rows("observation_period", what) == [("2020-01-05",)]
    what = (
        "any_value(measurement_date)::varchar, count(value_as_number), "
        "min(length(unit_source_value)), any_value(value_source_value), "
        "any_value(measurement_source_value)"
    )
    assert landed.rows("measurement", what) == [("2020-01-05", 0, 36, '{"a": 1}', "10.0.0.1/32")]


def test_tables_without_the_right_to_read_stop_and_are_named(server, tmp_path):
    _execute(
        server,
        "create schema barred",
        f"create table barred.person as {PERSON}",
        "create table barred.death as select 1 as person_id, date '2020-01-01' as death_date",
        "create table barred.note_nlp as select 1 as note_nlp_id",
        "create role reader login",
        "grant usage on schema barred to reader",
        "grant select on barred.person to reader",
    )
    as_reader = server.replace("//me@", "//reader@") + "&schema=barred"
    with pytest.raises(SourceError, match="death may not be read by this user"):
        Landed(as_reader, tmp_path / "landing")
    _execute(server, "grant select on barred.death to reader")
    landed = Landed(as_reader, tmp_path / "landing")
    assert landed.rows("death") == [(1,)]
    assert any("note_nlp may not be read" in line for line in landed.said)


def test_a_service_and_a_password_file_open_a_server(server, tmp_path, monkeypatch):
    _execute(server, "create schema served", f"create table served.person as {PERSON}")
    host = server.partition("host=")[2]
    (tmp_path / "service.conf").write_text(f"[omop]\nhost={host}\ndbname=postgres\nuser=me\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "service.conf"))
    for location in ("service=omop?schema=served", "postgresql:///?service=omop&schema=served"):
        landed = Landed(location, tmp_path / "landing")
        assert landed.rows("person") == [(3,)]
        assert landed.entry["location"] == "postgresql:///?service=omop"
    monkeypatch.setenv("PGPASSWORD", "never shown")
    assert Landed(server + "&schema=served", tmp_path / "again").rows("person") == [(3,)]


CONDITIONS = """
    select * from (values
        (1, 1, 0, '|C90.00|'), (2, 1, 0, 'E11.9'), (3, 2, 0, 'E11.9'), (4, 3, 437233, 'local')
    ) as conditions (
        condition_occurrence_id, person_id, condition_concept_id, condition_source_value
    )
"""
WITH_DAY = "select *, date '2020-01-01' as condition_start_date from ({}) as conditions"


def check_cohort(location, tmp_path):
    landed = Landed(location, tmp_path / "landing", cohort="myeloma")
    assert landed.rows("person", "list_sort(list(person_id))") == [([1, 3],)]
    assert landed.rows("measurement", "list_sort(list(distinct person_id))") == [([1, 3],)]
    account = landed.account("measurement")
    assert (account["rows_in"], account["rows"], account["rows_left_out"]) == (12, 8, 4)
    assert any("measurement: 4 rows left out, of persons outside" in line for line in landed.said)
    assert landed.rows("concept") == [(1,)]  # a vocabulary is read whole


def test_one_cohort_is_read_out_of_a_duckdb_file(tmp_path):
    path = duckdb_file(
        tmp_path / "cdm.duckdb",
        cdm__person=PERSON,
        cdm__measurement=MEASUREMENT,
        cdm__condition_occurrence=WITH_DAY.format(CONDITIONS),
        cdm__concept=CONCEPT,
    )
    check_cohort(path, tmp_path)


def test_one_cohort_is_read_out_of_sqlite(tmp_path):
    path = tmp_path / "cdm.sqlite"
    queries = {
        "person": PERSON,
        "measurement": MEASUREMENT,
        "condition_occurrence": WITH_DAY.format(CONDITIONS),
        "concept": CONCEPT,
    }
    with warehouse.scratch() as source, sqlite3.connect(path) as target:
        for table, query in queries.items():
            found = warehouse.rows(source, query)
            names = [name for name, *_ in warehouse.rows(source, f"describe {query}")]
            target.execute(f"create table {table} ({', '.join(names)})")
            marks = ", ".join("?" for _ in names)
            cells = [
                [cell if isinstance(cell, int) else str(cell) for cell in row] for row in found
            ]
            target.executemany(f"insert into {table} values ({marks})", cells)
    check_cohort(path, tmp_path)


def test_persons_whose_ids_are_texts_come_out_of_a_database_too(tmp_path):
    tables = {
        "person": PERSON,
        "measurement": MEASUREMENT,
        "condition_occurrence": WITH_DAY.format(CONDITIONS),
    }
    of_text = "select * replace (md5(person_id::varchar)::uuid as person_id) from ({})"
    path = duckdb_file(
        tmp_path / "cdm.duckdb",
        cdm__concept=CONCEPT,
        **{f"cdm__{table}": of_text.format(query) for table, query in tables.items()},
    )
    landed = Landed(path, tmp_path / "landing", cohort="myeloma")
    [(people,)] = landed.rows("person", "list_sort(list(person_id))")
    assert len(set(people)) == 2
    of_events = "list_sort(list(distinct person_id)), count(*)"
    assert landed.rows("measurement", of_events) == [(people, 8)]


def test_one_cohort_is_read_out_of_postgresql(server, tmp_path):
    series = "from generate_series(1, 12) as numbers (number)"
    _execute(
        server,
        "create schema cohort",
        f"create table cohort.person as {PERSON}",
        f"create table cohort.condition_occurrence as {WITH_DAY.format(CONDITIONS)}",
        f"create table cohort.concept as {CONCEPT}",
        "create table cohort.measurement as select number as measurement_id,"
        " number % 3 + 1 as person_id, 3000963 as measurement_concept_id,"
        f" date '2020-01-01' + number as measurement_date {series}",
    )
    check_cohort(server + "&schema=cohort", tmp_path)


def test_a_cohort_is_not_read_out_of_a_folder(small_cdm, tmp_path):
    with pytest.raises(SourceError, match="--cohort reads a part of a database"):
        Landed(small_cdm, tmp_path / "landing", cohort="myeloma")


def test_a_duckdb_file_that_did_not_change_is_not_read_again(tmp_path):
    path = duckdb_file(tmp_path / "cdm.duckdb", cdm__person=PERSON)
    Landed(path, tmp_path / "landing")
    os.utime(path)
    again = Landed(path, tmp_path / "landing")
    assert any("nothing read again" in line for line in again.said)

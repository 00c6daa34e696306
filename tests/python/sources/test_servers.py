"""A CDM on a server lands value by value as from a file, and its cohort is cut on the server."""

import pytest
from landed import Landed
from server_kinds import (
    CAPITALS,
    COHORT,
    DIALECTS,
    FAKES,
    NAMES,
    PASSWORDS,
    TABLES,
    loaded,
    started,
)
from small_cdm import PERSON

from myelomart import extras, warehouse
from myelomart.errors import MyelomartError, SourceError
from myelomart.passwords import without_passwords
from myelomart.sources import layout
from myelomart.sources.addresses import address_of, without_secrets
from myelomart.sources.databases import servers, sql_server, tables_on


@pytest.fixture(params=FAKES)
def server(request):
    with started(request.param) as fake:
        yield fake


@pytest.fixture(scope="module", params=["postgresql", *FAKES])
def whole(request):
    """A server that has all tables in its schema cdm."""
    with started(request.param) as one:
        loaded(one, TABLES)
        yield one


def in_a_file(folder, tables=TABLES, place="cdm.duckdb"):
    path = folder / place
    with warehouse.database(path, read_only=False) as connection:
        for name, query in tables.items():
            connection.execute(f"create table {name} as {query}")
    return path


@pytest.fixture(scope="module")
def of_file(tmp_path_factory):
    """What lands of the same tables in a DuckDB file."""
    folder = tmp_path_factory.mktemp("file")
    return Landed(in_a_file(folder), folder / "landing")


def test_a_server_lands_value_by_value_like_a_file(whole, of_file, tmp_path):
    landed = Landed(whole.address(), tmp_path / "landing")
    for table in sorted(set(TABLES) & set(layout.cdm_tables())):
        names = ", ".join(column.name for column in layout.cdm_tables()[table])
        found = landed.rows(table, f"list(({names}) order by all)")
        assert found == of_file.rows(table, f"list(({names}) order by all)"), table
        keep = ("rows_in", "rows", "rows_set_aside", "cells_emptied", "ends_capped")
        accounts = [{key: one.account(table)[key] for key in keep} for one in (landed, of_file)]
        assert accounts[0] == accounts[1], table
    assert landed.rows("measurement", "max(measurement_id), max(range_high), max(range_low)") == [
        (9007199254740993, 1e300, 2.4)
    ]


def test_one_cohort_is_cut_on_the_server(whole, tmp_path):
    landed = Landed(whole.address(), tmp_path / "landing", cohort="myeloma")
    kept = landed.rows("condition_occurrence", "list_sort(list(distinct person_id))")
    assert kept == [(COHORT,)]
    assert landed.rows("person", "list_sort(list(person_id))") == [([1, 3],)]
    account = landed.account("condition_occurrence")
    assert (account["rows_in"], account["rows"], account["rows_left_out"]) == (10, 6, 4)
    assert landed.rows("concept") == [(4,)]  # a vocabulary is read whole


@pytest.mark.parametrize("whole", FAKES, indirect=True)  # what a real one is asked it does not keep
def test_what_is_asked_for_is_of_the_dialect_and_of_the_layout(whole):
    """No `*` but in a count, no column or table that the layout has not, names as stored."""
    import sqlglot
    from sqlglot import exp

    queries = [sql for sql in whole.behind.asked if not sql.startswith(("set ", "use "))]
    assert len(queries) > 20
    known = {column.name for columns in layout.cdm_tables().values() for column in columns}
    names = known | set(layout.cdm_tables()) | {"cdm"}
    names = {name.upper() for name in names} if whole.kind in CAPITALS else names
    for sql in queries:
        tree = sqlglot.parse_one(sql, read=DIALECTS[whole.kind])
        assert tree.find(exp.Select) is tree, sql
        for star in tree.find_all(exp.Star):
            assert isinstance(star.parent, exp.Count), sql
        if "information_schema" not in sql.lower() and "sys." not in sql:
            quoted = {one.name for one in tree.find_all(exp.Identifier) if one.args["quoted"]}
            assert quoted and quoted <= names, sql


def test_only_the_schema_that_was_named_is_read(server, tmp_path):
    loaded(server, {"person": PERSON}, "cdm")
    loaded(server, {"person": f"{PERSON} where person_id = 1", "death": TABLES["death"]}, "older")
    if server.kind != "bigquery":  # whose address names the dataset
        with pytest.raises(SourceError, match=r"in the schemas (cdm, older|CDM, OLDER): say which"):
            Landed(server.address(), tmp_path / "landing")
    landed = Landed(server.address("&schema=cdm"), tmp_path / "landing")
    assert landed.rows("person") == [(3,)]
    assert landed.entry["tables"]["death"]["form"] == "absent"
    assert any("is absent may be barred" in line for line in landed.said)
    landed = Landed(server.address("&schema=OLDER"), tmp_path / "landing")
    assert landed.rows("person") == [(1,)]
    kind, tables = tables_on(server.address("&schema=older"))
    assert (kind, tables) == (NAMES[server.kind], ["death", "person"])


def test_a_vocabulary_stands_in_a_schema_of_its_own(server, tmp_path):
    loaded(server, {"person": PERSON, "condition_occurrence": TABLES["condition_occurrence"]})
    loaded(server, {"concept": TABLES["concept"]}, "vocab")
    named = "vocab" if server.kind == "bigquery" else None  # the others find it
    location, landing = server.address(), tmp_path / "landing"
    landed = Landed(location, landing, cohort="myeloma", vocabulary=named)
    assert landed.entry["vocabulary"].lower() == "vocab"
    kept = landed.rows("condition_occurrence", "list_sort(list(distinct person_id))")
    assert kept == [(COHORT,)]


def test_an_instant_becomes_a_day_only_in_a_zone_that_is_stated(server, tmp_path):
    instant = "cast('2020-01-05 23:30:00+00' as timestamptz) as death_date"
    loaded(server, {"person": PERSON, "death": f"select 1 as person_id, {instant}"})
    with pytest.raises(SourceError, match="death_date holds instants"):
        Landed(server.address(), tmp_path / "landing")
    landed = Landed(server.address(), tmp_path / "landing", timezone="Europe/Berlin")
    assert landed.rows("death", "death_date::varchar") == [("2020-01-06",)]


@pytest.mark.parametrize(
    ("kind", "declared"), [("mssql", "datetimeoffset"), ("snowflake", "TIMESTAMP_TZ")]
)
def test_a_time_with_an_offset_keeps_its_own_day(kind, declared, tmp_path):
    clock = "2020-01-05 23:59:59.9999999 +02:00"
    with started(kind) as server:
        death = f"select 1 as person_id, '{clock}' as death_date"
        loaded(server, {"person": PERSON, "death": death}, declared={})
        place = "DEATH.DEATH_DATE" if kind in CAPITALS else "death.death_date"
        server.behind.load("other", {}, {place: declared})
        landed = Landed(server.address(), tmp_path / "landing")
        assert landed.rows("death", "death_date::varchar") == [("2020-01-05",)]
        assert any("121" in sql or "TZM" in sql for sql in server.behind.asked)


# --- what goes wrong -----------------------------------------------------------------------------


def landed_before(server, tmp_path):
    """A landing of a server with persons and measurements, to be landed into once more."""
    loaded(server, {name: TABLES[name] for name in ("person", "measurement")})
    return Landed(server.address(), tmp_path / "landing")


def files_of(landing):
    found = {path: path.read_bytes() for path in landing.rglob("*") if path.is_file()}
    return {path: data for path, data in found.items() if path.suffix in (".parquet", ".json")}


def test_what_goes_wrong_while_it_is_read_stops_and_lands_nothing(server, tmp_path):
    """Rows that vanish, rows that come later, a connection that breaks half way."""
    before = landed_before(server, tmp_path)
    many = (
        "select range as measurement_id, 1 as person_id, 1 as measurement_concept_id, "
        "date '2020-01-01' as measurement_date, repeat('x', 50) as unit_source_value "
        "from range(5000)"
    )
    loaded(server, {"person": PERSON, "measurement": many}, "larger")
    kept = files_of(before.landing)
    is_upper = server.kind in CAPITALS
    place = '"CDM"."MEASUREMENT"' if is_upper else '"cdm"."measurement"'

    def change(mark: str, statement: str):
        def before_a_query(sql: str) -> None:
            if mark in sql.lower():
                server.behind.connection.execute(statement)

        server.behind.before = before_a_query
        with pytest.raises(SourceError, match=r"rows, and then \d+: it changed") as failure:
            Landed(server.address("&schema=cdm"), tmp_path / "landing")
        server.behind.before = lambda sql: None
        assert files_of(before.landing) == kept
        return str(failure.value)

    # persons come behind the measurements: what is added then is found at the end
    told = change("gender_concept", f"insert into {place} from {place} limit 1")
    assert "had 4 rows, and then 5" in told
    told = change("unit_source_value", f"delete from {place}")
    assert "had 5 rows, and then 0" in told
    server.breaks_after = 200_000
    with pytest.raises(SourceError, match="cannot be read"):
        Landed(server.address("&schema=larger"), tmp_path / "landing")
    assert files_of(before.landing) == kept
    server.breaks_after = None
    landed = Landed(server.address("&schema=larger"), tmp_path / "landing")
    assert landed.rows("measurement") == [(5000,)]


def test_rows_come_in_batches(server, tmp_path, monkeypatch):
    monkeypatch.setattr(sql_server, "AT_ONCE", 2)
    loaded(server, {name: TABLES[name] for name in ("person", "condition_occurrence")})
    address = address_of(server.address())
    tables = servers.open_server(address, None, tmp_path, print).tables
    assert tables["condition_occurrence"].rows == 10
    assert {table.rows_left_out for table in tables.values()} == {0}


@pytest.mark.parametrize("server", PASSWORDS, indirect=True)
def test_what_a_server_refuses_is_a_sentence_without_the_password(server, tmp_path, monkeypatch):
    monkeypatch.setattr(sql_server, "LOGIN_SECONDS", 1)
    loaded(server, {"person": PERSON})
    wrong = server.address().replace(":geheim@", ":falsch%40wort@")
    for location in (
        wrong,
        wrong.replace(f":{server.port}", ":1").replace(f"={server.port}", "=1"),
    ):
        with pytest.raises(SourceError) as failure:
            Landed(location, tmp_path / "landing")
        text = str(failure.value)
        assert text.startswith(f"The server {without_secrets(location)} cannot be read: ")
        assert "falsch" not in text and "me:" not in text
        assert "falsch" not in without_passwords(f"error: {location}")


@pytest.mark.parametrize("server", PASSWORDS, indirect=True)
def test_a_password_comes_from_where_the_clients_of_the_server_look(server, tmp_path, monkeypatch):
    variable = PASSWORDS[server.kind]
    loaded(server, {"person": PERSON})
    monkeypatch.setenv(variable, "geheim")
    landed = Landed(server.address().replace(":geheim@", "@"), tmp_path / "landing")
    assert landed.rows("person") == [(3,)]
    assert server.logins == ["Bearer geheim" if server.kind == "databricks" else ("me", "geheim")]
    manifest = (tmp_path / "landing" / "manifest.json").read_text()
    assert "geheim" not in manifest and "me@" not in manifest


def test_an_option_that_no_server_knows_is_named_but_not_shown(server, tmp_path):
    with pytest.raises(SourceError, match="acess_tokn: behind the question mark stand") as failure:
        Landed(server.address("&acess_tokn=geheimnis"), tmp_path / "landing")
    assert "geheimnis" not in str(failure.value)


@pytest.mark.parametrize("kind", FAKES)
def test_without_its_extra_a_server_says_what_to_install(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(extras, "absent", lambda extra: [extras.MODULES[extra][0]])
    with pytest.raises(MyelomartError, match=rf"pip install 'myelomart\[{kind}\]'"):
        Landed(f"{kind}://me@host/base", tmp_path / "landing")

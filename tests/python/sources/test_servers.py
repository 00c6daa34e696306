"""A CDM on a server lands value by value as from a file, and its cohort is cut on the server.

PostgreSQL is a real one, where it can be started. The others are fakes of ours that speak the
protocol of the server to its real client: they read each statement in its own dialect and run it
in DuckDB. None was tested against the real service.
"""

import importlib
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from landed import Landed
from postgres_server import NoServer, running_server
from small_cdm import PERSON

from myelomart import extras, warehouse
from myelomart.errors import MyelomartError, SourceError
from myelomart.passwords import without_passwords
from myelomart.sources import layout
from myelomart.sources.addresses import address_of, without_secrets
from myelomart.sources.databases import servers, sql_server, tables_on

sqlglot = pytest.importorskip("sqlglot")  # the fakes need it too
exp = sqlglot.exp
PASSWORDS = {
    "databricks": "DATABRICKS_TOKEN", "mssql": "SQLCMDPASSWORD", "snowflake": "SNOWFLAKE_PASSWORD"
}  # fmt: skip
CAPITALS = {"snowflake"}  # where names are stored so
FAKES = {
    "bigquery": "fake_bigquery", "databricks": "fake_databricks", "mssql": "fake_sql_server",
    "snowflake": "fake_snowflake",
}  # fmt: skip
CLIENTS = {kind: extras.MODULES[kind] for kind in FAKES}
DIALECTS = {kind: "tsql" if kind == "mssql" else kind for kind in FAKES}
NAMES = {
    "bigquery": "BigQuery", "databricks": "Databricks", "mssql": "SQL Server",
    "snowflake": "Snowflake",
}  # fmt: skip
# SQL that DuckDB and PostgreSQL both run
TABLES = {
    "person": PERSON,
    "observation_period": """
        select 1 as observation_period_id, 1 as person_id,
            date '2015-01-01' as observation_period_start_date,
            date '9999-12-31' as observation_period_end_date
    """,
    "death": "select 3 as person_id, date '2021-02-28' as death_date where 1 = 0",
    "condition_occurrence": """
        select *, date '2020-01-01' as condition_start_date from (values
            (1, 1, 0, 0, ' |c90.00| '), (2, 1, 0, 0, 'E11.9'), (3, 2, 0, 0, 'E11.9'),
            (4, 3, 437233, 0, 'local'), (5, 4, 7, 0, null), (6, 5, 0, 8, ''), (7, 6, 9, 0, 'C9'),
            (8, 7, null, null, null), (9, 8, 0, 0, 'C90.02^Relapse'), (10, 9, 10, 0, 'x')
        ) as conditions (
            condition_occurrence_id, person_id, condition_concept_id, condition_source_concept_id,
            condition_source_value
        )
    """,
    "concept": """
        select * from (values
            (7, 'a code', 'ICD10CM', 'C90.00'), (8, 'O''Neill \\ "x"', 'ICD10CM', ' c90.01 '),
            (9, 'another', 'ICD10CM', 'E11.9'), (10, 'not theirs', 'icd10cm', 'C90.00')
        ) as concepts (concept_id, concept_name, vocabulary_id, concept_code)
    """,
    "concept_ancestor": """
        select 437233 as ancestor_concept_id, 11 as descendant_concept_id,
            0 as min_levels_of_separation, 0 as max_levels_of_separation
    """,
    "measurement": """
        select *, case when measurement_id = 1 then 'Ω µ 😀 ''"' || chr(10) || 'line' else '' end
            as value_source_value from (values
            (9007199254740993, 1, 3000963, date '2020-01-05',
                timestamp '2020-01-05 23:59:59.999999', cast(1234567890123.125 as decimal(38, 3)),
                cast(2.4 as real), cast(0.1 as double precision), 'g/dL'),
            (2, 2, 3000963, date '0999-12-31', null, cast(-0.001 as decimal(38, 3)),
                cast(null as real), cast(1e300 as double precision), null),
            (3, 3, 3000963, date '2020-02-29', timestamp '1677-01-01 00:00:00', null,
                cast(-1.5 as real), cast(null as double precision), ' '),
            (4, 1, 3000963, cast(null as date), null, null, null, null, 'mg')
        ) as rows (
            measurement_id, person_id, measurement_concept_id, measurement_date,
            measurement_datetime, value_as_number, range_low, range_high, unit_source_value
        )
    """,
    "drug_exposure": """
        select 1 as drug_exposure_id, 1 as person_id, 0 as drug_concept_id,
            date '2020-01-05' as drug_exposure_start_date,
            cast('2020-01-05 10:30:00+00' as timestamptz) as drug_exposure_start_datetime,
            true as days_supply, 1 as not_of_the_layout
    """,
    "payer_plan_period": "select 1 as payer_plan_period_id",
}
COHORT = [1, 3, 4, 5, 8]  # by text, by concept, by the concept's code, by the source concept's


@dataclass
class Postgres:
    """A real server with the same face as the fakes."""

    where: str
    behind: "Postgres" = None

    def __post_init__(self):
        self.behind = self

    def address(self, options: str = "") -> str:
        return self.where + options

    def load(self, schema: str, tables: dict[str, str]) -> None:
        with warehouse.postgres(self.where, "test") as connection, connection.cursor() as cursor:
            cursor.execute(f"create schema {schema}")
            for name, query in tables.items():
                cursor.execute(f"create table {schema}.{name} as {query}")
            connection.commit()


@contextmanager
def started(kind: str):
    if kind == "postgresql":
        try:
            with running_server() as where:
                yield Postgres(where)
        except NoServer as reason:
            pytest.skip(str(reason))
        return
    for module in CLIENTS[kind]:
        pytest.importorskip(module, reason=f"the extra {kind} is not installed")
    with importlib.import_module(FAKES[kind]).running() as fake:
        fake.kind = kind
        yield fake


def loaded(server, tables: dict[str, str], schema: str = "cdm", **more) -> None:
    is_upper = getattr(server, "kind", "") in CAPITALS
    if is_upper:
        schema, tables = schema.upper(), {name.upper(): query for name, query in tables.items()}
    server.behind.load(schema, tables, **more)


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


def test_what_is_asked_for_is_of_the_dialect_and_of_the_layout(whole):
    """No `*` but in a count, no column or table that the layout has not, names as stored."""
    if isinstance(whole, Postgres):
        pytest.skip("a real server keeps no list of what it was asked")
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
    assert any("absent may be barred" in line for line in landed.said)
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


def test_a_table_that_changes_while_it_is_read_stops_and_lands_nothing(server, tmp_path):
    before = landed_before(server, tmp_path)
    kept = files_of(before.landing)
    schema, table = ("CDM", "MEASUREMENT") if server.kind in CAPITALS else ("cdm", "measurement")

    def remove_one(sql: str) -> None:
        if "unit_source_value" in sql.lower():
            server.behind.connection.execute(f'delete from "{schema}"."{table}" where 2 = 2')

    server.behind.before = remove_one
    with pytest.raises(SourceError, match=r"had 4 rows, and then 0: it\s+changed"):
        Landed(server.address(), tmp_path / "landing")
    assert files_of(before.landing) == kept


def test_a_table_that_grows_after_it_was_read_stops_too(server, tmp_path):
    before = landed_before(server, tmp_path)
    kept = files_of(before.landing)
    schema, table = ("CDM", "MEASUREMENT") if server.kind in CAPITALS else ("cdm", "measurement")
    place = f'"{schema}"."{table}"'

    def add_one(sql: str) -> None:
        if "gender" in sql.lower():  # of the persons, who come behind the measurements
            server.behind.connection.execute(f"insert into {place} from {place} limit 1")

    server.behind.before = add_one
    with pytest.raises(SourceError, match="had 4 rows, and then 5"):
        Landed(server.address(), tmp_path / "landing")
    assert files_of(before.landing) == kept


def test_a_connection_that_breaks_leaves_nothing_half_landed(server, tmp_path):
    before = landed_before(server, tmp_path)
    kept = files_of(before.landing)
    many = "select range as measurement_id, 1 as person_id, 1 as measurement_concept_id, date "
    many += (
        "'2020-01-01' as measurement_date, repeat('x', 50) as unit_source_value from range(5000)"
    )
    loaded(server, {"person": PERSON, "measurement": many}, "larger")
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


def test_what_a_server_refuses_is_a_sentence_without_the_password(server, tmp_path, monkeypatch):
    if server.kind not in PASSWORDS:
        pytest.skip("its address holds no password")
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


def test_a_password_comes_from_where_the_clients_of_the_server_look(server, tmp_path, monkeypatch):
    if server.kind not in PASSWORDS:
        pytest.skip("its client looks for itself")
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


# --- BigQuery ------------------------------------------------------------------------------------


def test_rows_of_bigquery_come_by_storage_alone(tmp_path):
    with started("bigquery") as fake:
        loaded(fake, {name: TABLES[name] for name in ("person", "death", "condition_occurrence")})
        landed = Landed(fake.address(), tmp_path / "landing")
        assert fake.streamed == 13
        assert landed.account("death")["form"] == "parquet"  # no row, but its columns


def test_bigquery_reads_a_vocabulary_of_another_project(tmp_path):
    with started("bigquery") as fake:
        loaded(fake, {"person": PERSON})
        loaded(fake, {"concept": TABLES["concept"]}, "vocab")
        landed = Landed(fake.address("&vocabulary=their-project.vocab"), tmp_path / "landing")
        assert landed.rows("concept") == [(4,)]
        assert any("`their-project`.`vocab`.`concept`" in sql for sql in fake.behind.asked)
        with pytest.raises(SourceError, match="Name the dataset of the persons"):
            Landed("bigquery://site-one", tmp_path / "again")


def test_what_bigquery_refuses_is_a_sentence(tmp_path, monkeypatch):
    with started("bigquery") as fake:
        fake.refuses = "Access Denied: Table cdm.person"
        with pytest.raises(SourceError, match="bigquery://site-one/cdm cannot be read: .*Denied"):
            Landed(fake.address(), tmp_path / "landing")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    with pytest.raises(SourceError, match="gcloud auth application-default login"):
        Landed("bigquery://site-one/cdm", tmp_path / "landing")


# --- SQL Server ----------------------------------------------------------------------------------


@pytest.fixture
def tds(tmp_path):
    for module in CLIENTS["mssql"]:
        pytest.importorskip(module, reason="the extra mssql is not installed")
    return importlib.import_module("fake_sql_server")


@pytest.mark.parametrize(
    ("listed", "host", "is_of"),
    [
        (["db.site.org"], "DB.site.org", True),
        (["*.site.org"], "db.site.org", True),
        (["*.site.org"], "deep.db.site.org", False),
        (["*.org"], "site.org", True),
        (["db.site.org"], "db.other.org", False),
        (["10.0.0.1"], "10.0.0.1", True),
        (["*.0.0.1"], "10.0.0.1", False),
    ],
)
def test_a_certificate_is_of_the_hosts_that_it_lists(tds, tmp_path, listed, host, is_of):
    from OpenSSL import crypto

    pem = tds.own_certificate(tmp_path, *listed).read_bytes()
    shown = crypto.load_certificate(crypto.FILETYPE_PEM, pem)
    assert sql_server._is_of_host(shown, host.encode()) == is_of


def test_sql_server_is_spoken_to_under_a_certificate_that_is_checked(tds, tmp_path):
    ours, other = (tds.own_certificate(tmp_path, host) for host in ("localhost", "other"))
    with tds.running(ours) as fake:
        fake.behind.load("cdm", {"person": PERSON})
        landed = Landed(fake.address(host="localhost"), tmp_path / "landing")
        assert landed.rows("person") == [(3,)]
        assert len(fake.logins) == 1
        mistrusted = fake.address(host="localhost").replace(str(ours), str(other))
        for location in (mistrusted, fake.address(host="127.0.0.1")):  # signer, name of the host
            with pytest.raises(SourceError, match="cafile"):
                Landed(location, tmp_path / "again")
        assert len(fake.logins) == 1  # no password was sent


def test_a_sql_server_that_does_not_encrypt_gets_no_password(tds, tmp_path):
    with tds.running() as fake:
        location = fake.address().replace("encrypt=no", "encrypt=yes")
        with pytest.raises(SourceError, match="encryption but it is not supported by server"):
            Landed(location, tmp_path / "landing")
        assert fake.logins == []
    with pytest.raises(SourceError, match="encrypt=maybe: known are yes and no"):
        Landed("mssql://me:x@host/base?encrypt=maybe", tmp_path / "landing")


def test_a_table_that_sql_server_bars_is_not_taken_as_empty(tds, tmp_path):
    with tds.running() as fake:
        fake.behind.load("barred", {"person": PERSON})
        with pytest.raises(SourceError, match="person may not be read by this user"):
            Landed(fake.address(), tmp_path / "landing")


def test_the_snapshot_of_a_sql_server_is_asked_for_where_it_is_allowed(tds, tmp_path):
    with tds.running() as fake:
        fake.behind.load("cdm", {"person": PERSON})
        Landed(fake.address(), tmp_path / "landing")
        asked = "set transaction isolation level snapshot; begin transaction"
        assert asked in fake.behind.asked
        fake.behind.asked.clear()
        fake.behind.connection.execute("update sys.databases set snapshot_isolation_state = 0")
        Landed(fake.address(), tmp_path / "again")
        assert asked not in fake.behind.asked

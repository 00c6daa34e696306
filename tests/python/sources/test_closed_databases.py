"""SQL that comes with a source runs only when the user says so, and reaches no other file."""

import re
import sqlite3

import duckdb
import pytest
from small_cdm import MEASUREMENT, PERSON, write_table

from myelomart import warehouse
from myelomart.errors import QualityError, SourceError
from myelomart.landing_plugin import Plugin
from myelomart.project import project_root
from myelomart.quality import door
from myelomart.sources.landing import Source, land

SECRET = "a secret of the machine"


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    return path


def duckdb_with(tmp_path, care_site):
    path = tmp_path / "cdm.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"create table person as {PERSON}")
        connection.execute(f"create table measurement as {MEASUREMENT}")
        connection.execute(f"create view care_site as {care_site}")
    return path


def landed(path, tmp_path, **options):
    """The names of care sites that land."""
    landing = tmp_path / "out" / "landing"
    land([Source("cdm", str(path), **options)], landing, lambda line: None)
    with warehouse.scratch() as connection:
        query = f"select care_site_name from '{landing}/care_site/**/*.parquet'"
        return [name for (name,) in warehouse.rows(connection, query)]


def test_a_view_of_a_duckdb_file_does_not_run_unasked(tmp_path, secret):
    read = f"select 9 as care_site_id, content as care_site_name from read_text('{secret}')"
    path = duckdb_with(tmp_path, read)
    with pytest.raises(SourceError, match="care_site: a view.*--allow-views"):
        landed(path, tmp_path)


@pytest.mark.parametrize(
    "read",
    [
        "read_text('{secret}')",
        "query('select content from read_text(''{secret}'')')",
        "(select name as content from read_csv('{secret}', names = ['name'], header = false))",
        "(select file as content from glob('{secret}'))",
    ],
)
def test_a_view_that_is_allowed_reaches_no_other_file(tmp_path, secret, read):
    query = "select 9 as care_site_id, content as care_site_name from " + read.format(secret=secret)
    path = duckdb_with(tmp_path, query)
    with pytest.raises(SourceError, match="care_site cannot be read"):
        landed(path, tmp_path, allow_views=True)
    found = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert not any(SECRET.encode() in file.read_bytes() for file in found)


def test_a_view_over_the_tables_of_its_own_file_is_read_when_allowed(tmp_path):
    path = duckdb_with(tmp_path, "select 9 as care_site_id, 'Ward ' || count(*) as care_site_name"
                       " from person")  # fmt: skip
    assert landed(path, tmp_path, allow_views=True) == ["Ward 3"]


def test_a_view_of_a_sqlite_file_is_treated_the_same(tmp_path):
    path = tmp_path / "cdm.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table person (person_id, gender_concept_id, year_of_birth)")
        connection.execute("insert into person values (1, 8507, 1950)")
        connection.execute("create view care_site as select 9 as care_site_id, 'Ward' as "
                           "care_site_name")  # fmt: skip
    with pytest.raises(SourceError, match="care_site: a view.*--allow-views"):
        landed(path, tmp_path)
    assert landed(path, tmp_path, allow_views=True) == ["Ward"]


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_a_view_in_a_file_with_the_vocabulary_is_treated_the_same(tmp_path, kind):
    cdm = tmp_path / "cdm"
    write_table(PERSON, cdm / "person.parquet")
    path = tmp_path / f"vocabulary.{kind}"
    connect = duckdb.connect if kind == "duckdb" else sqlite3.connect
    with connect(str(path)) as connection:
        connection.execute("create view concept as select 1 as concept_id")
    with pytest.raises(SourceError, match="concept: a view"):
        landed(cdm, tmp_path, vocabulary=str(path))


@pytest.mark.parametrize(
    "statement",
    [
        "from read_text('{outside}')",
        "copy (select 1) to '{outside}.copy'",
        "attach '{outside}.duckdb' as other",
        "install httpfs",
        "load httpfs",
        "from read_csv('http://localhost:1/x.csv')",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "set autoinstall_known_extensions = true",
        "from '{folder}/../secret.txt'",
    ],
)
def test_a_connection_that_is_limited_stays_so(tmp_path, secret, statement):
    folder = tmp_path / "an [open] one"
    write_table("select 42 as number", folder / "inside.parquet")
    with warehouse.scratch([folder]) as connection:
        inside = warehouse.value(connection, f"select number from '{folder}/inside.parquet'")
        assert inside == 42
        with pytest.raises(duckdb.Error):
            connection.execute(statement.format(outside=secret, folder=folder)).fetchall()


def test_a_link_in_a_folder_leads_to_no_file_outside(tmp_path, secret):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.txt").symlink_to(secret)
    with warehouse.scratch([folder]) as connection, pytest.raises(duckdb.PermissionException):
        connection.execute(f"from read_text('{folder}/link.txt')").fetchall()


def test_a_warehouse_that_holds_a_view_over_a_file_does_not_read_it(tmp_path, secret):
    path = duckdb_with(tmp_path, f"select content from read_text('{secret}')")
    with warehouse.database(path) as connection:
        assert warehouse.value(connection, "select count(*) from person") == 3
        with pytest.raises(duckdb.PermissionException):
            warehouse.rows(connection, "from care_site")


def test_dbt_reads_the_landing_and_the_project_alone(tmp_path, secret, monkeypatch):
    landing = tmp_path / "landing"
    write_table("select 42 as number", landing / "inside.parquet")
    monkeypatch.setenv("MYELOMART_LANDING", str(landing))
    plugin, config = Plugin.__new__(Plugin), {}
    plugin.update_connection_config(None, config)
    with duckdb.connect(config=config) as connection:
        plugin.configure_connection(connection)
        seed = project_root() / "seeds" / "studies" / "studies.csv"
        assert warehouse.value(connection, f"select number from '{landing}/inside.parquet'") == 42
        assert warehouse.value(connection, f"select count(*) from '{seed}'") > 0
        with pytest.raises(duckdb.PermissionException):
            warehouse.rows(connection, f"from read_text('{secret}')")


def test_a_check_of_a_site_reads_no_file(tmp_path, secret):
    cdm = tmp_path / "cdm"
    write_table(PERSON, cdm / "person.parquet")
    own = tmp_path / "own"
    own.mkdir()
    header = "check_id,table_name,check_name,category,level,severity,threshold,fails,what_to_do"
    fails = f"(select count(*) from read_text('{secret}')) > 0"
    (own / "ours.csv").write_text(
        f'{header}\nours,person,is_read,plausibility,field,warning,0,"{fails}",Mend it.\n'
    )
    manifest = land([Source("cdm", str(cdm))], tmp_path / "landing", lambda line: None)
    with pytest.raises(QualityError, match="Permission Error"):
        door.check(tmp_path / "landing", manifest, own)


def test_the_package_opens_no_connection_without_limits():
    package = project_root() / "scripts" / "myelomart"
    for file in package.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"scratch\((\)|spill_to)", text), file
        if file.name != "warehouse.py":
            assert "duckdb.connect(" not in text, file

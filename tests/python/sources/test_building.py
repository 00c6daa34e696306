"""A build that fails leaves the database as it was and says why in one sentence.

The dbt project here is one model of its own, so that a build takes seconds.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from small_cdm import PERSON, write_table
from typer.testing import CliRunner

from myelomart import building, warehouse
from myelomart.cli import app
from myelomart.errors import MyelomartError, QualityError, SourceError, WarehouseError
from myelomart.sources import folder
from myelomart.sources.landing import Source

SLOW = "select count(*) as persons from range(1000000000000) as t(x) where x % 7 = 3"
PERSONS = """
    select count(*) as persons
    from read_parquet('{{ env_var("MYELOMART_LANDING") }}/person/**/*.parquet')
"""
LANDED = """
    {{ config(materialized='view') }}
    select * from read_parquet('{{ env_var("MYELOMART_LANDING") }}/person/**/*.parquet')
"""
PROJECT = """
name: small
version: "1.0"
profile: small
flags: {send_anonymous_usage_stats: false}
models: {small: {+materialized: table}}
"""
PROFILE = """
small:
  target: duckdb
  outputs: {duckdb: {type: duckdb, path: "{{ env_var('MYELOMART_DB') }}"}}
"""


@pytest.fixture(scope="module")
def first_build(tmp_path_factory):
    """A project and a database built with it."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "project" / "models").mkdir(parents=True)
    (folder / "project" / "dbt_project.yml").write_text(PROJECT)
    (folder / "project" / "profiles.yml").write_text(PROFILE)
    (folder / "project" / "models" / "counts.sql").write_text(PERSONS)
    (folder / "project" / "models" / "landed.sql").write_text(LANDED)
    write_table(PERSON, folder / "cdm" / "person.parquet")
    database = folder / "warehouse.duckdb"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "project_root", lambda: folder / "project")
        patch.delenv("MYELOMART_LANDING", raising=False)
        build(folder / "cdm", database)
    return folder


@pytest.fixture
def project(first_build, tmp_path, monkeypatch):
    root = tmp_path / "project"
    shutil.copytree(first_build / "project", root)
    monkeypatch.setattr(building, "project_root", lambda: root)
    monkeypatch.delenv("MYELOMART_LANDING", raising=False)
    return root


@pytest.fixture
def built(first_build, project, tmp_path):
    """A copy of the first database: its view reads the landing of the first."""
    return Path(shutil.copy(first_build / "warehouse.duckdb", tmp_path))


def persons(database):
    with warehouse.database(database) as connection:
        return warehouse.value(connection, "select persons from counts")


def build(source, database):
    building.build([Source("cdm", str(source))], database, say=lambda line: None)


def people_landed(database):
    with warehouse.database(database, reach=[Path("/")]) as connection:  # its landing lies anywhere
        return warehouse.value(connection, "select count(*) from landed")


def refused(source, database, kind=WarehouseError):
    with pytest.raises(kind) as failure:
        build(source, database)
    assert not database.with_name(database.name + ".building").exists()
    assert not database.with_name(database.name + ".lock").exists()
    return str(failure.value)


def test_dbt_writes_beside_the_database_and_what_is_made_is_private(first_build):
    assert not any((first_build / "project" / name).exists() for name in ("target", "logs"))
    assert (first_build / "warehouse.dbt" / "logs" / "dbt.log").exists()
    made = sorted(first_build.glob("warehouse.*"))
    assert [path.suffix for path in made].count(".duckdb") == 1 and len(made) == 3  # and a landing
    assert [path.name for path in made if path.stat().st_mode & 0o077] == []


def test_a_build_takes_the_place_of_what_an_interrupted_one_left(built):
    assert persons(built) == 3


def steps_run(source, database):
    """The names of the steps that a build runs."""
    names = []
    building.build(
        [Source("cdm", str(source))], database, say=lambda line: None,
        progress=lambda done, total, name: names.append(name),
    )  # fmt: skip
    return names


def test_what_would_be_as_it_is_is_not_made_again(project, built, small_cdm):
    (project / "seeds").mkdir()
    (project / "seeds" / "arms.csv").write_text("arm,label\n1,CAR-T\n")
    (project / "models" / "labels.sql").write_text("select label from {{ ref('arms') }}")
    (project / "models" / "below.sql").write_text("select count(*) as n from {{ ref('labels') }}")
    own = {"arms", "labels", "below"}
    assert set(steps_run(small_cdm, built)) == {"counts", "landed", *own}
    assert steps_run(small_cdm, built) == []
    (project / "seeds" / "arms.csv").write_text("arm,label\n1,CAR-T cells\n")
    assert set(steps_run(small_cdm, built)) == own
    with warehouse.database(built) as connection:
        assert warehouse.rows(connection, "from labels") == [("CAR-T cells",)]
    with duckdb.connect(str(built)) as connection:  # nobody knows what else was written
        connection.execute("delete from counts")
    assert set(steps_run(small_cdm, built)) == {"counts", "landed", *own}
    (project / "models" / "below.sql").unlink()
    assert steps_run(small_cdm, built) == []
    with warehouse.database(built) as connection:
        assert warehouse.rows(connection, "show tables") == [
            (name,) for name in ("arms", "counts", "labels", "landed")
        ]
    assert "landed" in steps_run(four_persons(small_cdm), built)
    assert (persons(built), people_landed(built)) == (4, 4)


def test_failing_models_and_tests_are_named_and_the_former_database_stays(
    project, built, small_cdm
):
    (project / "models" / "broken.sql").write_text("select no_such_column from range(3)")
    through = "{{ config(materialized='ephemeral') }} select * from {{ ref('broken') }}"
    (project / "models" / "through.sql").write_text(through)
    (project / "models" / "below.sql").write_text("select * from {{ ref('through') }}")
    (project / "models" / "counts.yml").write_text(
        "version: 2\nmodels: [{name: counts, columns: [{name: persons, data_tests: "
        "[{accepted_values: {name: persons_are_five, arguments: {values: [5], quote: false}}}]}]}]"
    )
    more = f"select * from ({PERSON}) union all select 4, 8507, 1950, 0, 0"
    write_table(more, small_cdm / "person.parquet")
    message = refused(small_cdm, built)
    assert people_landed(built) == 3  # what the views of the database read is as it was, too
    for part in ("broken", "no_such_column", "persons_are_five"):
        assert part in message
    assert "SKIP" not in message  # what was not reached is no reason
    assert persons(built) == 3


def test_blocking_quality_stops_the_build_unless_it_is_accepted(built, small_cdm):
    twice = f"select * from ({PERSON}) union all select 1, 8532, 1999, 0, 0"
    write_table(twice, small_cdm / "person.parquet")
    message = refused(small_cdm, built, QualityError)
    assert "person: key is shared (person_id) in 1 of 4 (25.0 %)" in message
    assert persons(built) == 3
    said = []
    source = [Source("cdm", str(small_cdm))]
    building.build(source, built, accept_quality=True, say=lambda line: said.append(str(line)))
    assert any("1 rows of person set aside" in line for line in said)
    assert persons(built) == 3


def test_a_broken_source_stops_before_dbt(built, small_cdm):
    (small_cdm / "person.parquet").write_bytes(b"PAR1")
    assert "person.parquet is cut off" in refused(small_cdm, built, SourceError)
    assert persons(built) == 3


def test_a_database_in_use_by_another_process_is_said_to_be(built, small_cdm):
    code = (
        f"import duckdb, time; c = duckdb.connect({str(built)!r}); print(1, flush=True);"
        "time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        holder.stdout.readline()
        assert "in use by another process" in refused(small_cdm, built)
    finally:
        holder.kill()
        holder.wait()
    assert persons(built) == 3


def four_persons(folder):
    more = f"select * from ({PERSON}) union all select 4, 8507, 1950, 0, 0"
    write_table(more, folder / "person.parquet")
    return folder


def started_build(project, database, source):
    """The command in a process of its own, when dbt is at work on a model that takes for ever."""
    (project / "models" / "counts.sql").write_text(SLOW)
    code = (
        "import signal, sys; from pathlib import Path; from myelomart import building, cli;"
        # a shell's background job ignores the interrupt, and its children with it
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        f"building.project_root = lambda: Path({str(project)!r});"
        f"sys.argv = ['', 'build', '--source', {str(source)!r}, '--db', {str(database)!r}];"
        "cli.main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(Path(building.__file__).parents[1])},
        text=True,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    place = database.with_name(database.name + ".building")
    deadline = time.time() + 180
    while not list(place.glob("*.duckdb")) and time.time() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    return process


def is_alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("how", ["interrupt", "terminate", "kill"])
def test_a_build_that_is_ended_leaves_the_former_database_and_no_process(
    project, built, small_cdm, how
):
    process = started_build(project, built, four_persons(small_cdm))
    if how == "interrupt":
        os.killpg(process.pid, signal.SIGINT)  # as the terminal does
    else:
        process.send_signal(signal.SIGTERM if how == "terminate" else signal.SIGKILL)
    message = process.communicate(timeout=180)[1]
    deadline = time.time() + 20
    while is_alive(process.pid) and time.time() < deadline:
        time.sleep(0.1)
    assert not is_alive(process.pid)
    assert (persons(built), people_landed(built)) == (3, 3)
    if how != "kill":
        assert process.returncode == 130
        assert "stopped" in message
        assert "is as it was" in message
        assert "Traceback" not in message
        assert sorted(built.parent.glob("warehouse.duckdb?*")) == []
    (project / "models" / "counts.sql").write_text(PERSONS)
    build(small_cdm, built)
    assert (persons(built), people_landed(built)) == (4, 4)
    assert len(list(built.parent.glob("warehouse.duckdb?*"))) == 1  # its landing


def test_each_build_has_a_landing_of_its_own_which_stays_while_a_database_reads_it(
    project, built, small_cdm
):
    build(four_persons(small_cdm), built)
    landing = folder.landing_of(built)
    earlier = shutil.copy(built, built.with_name("earlier.duckdb"))
    write_table(PERSON, small_cdm / "person.parquet")
    build(small_cdm, built)
    assert (people_landed(built), people_landed(earlier)) == (3, 4)
    assert folder.landing_of(built) != landing
    assert folder.content_of(landing) == landing.name[-16:]  # nobody wrote to it
    build(small_cdm, built)
    Path(earlier).unlink()
    (landing / "thesis.txt").write_text("mine")
    assert CliRunner().invoke(app, ["clean", str(built.parent)]).exit_code == 0
    assert landing in folder.landings(built)
    (landing / "thesis.txt").unlink()
    assert CliRunner().invoke(app, ["clean", str(built.parent)]).exit_code == 0
    assert folder.landings(built) == [folder.landing_of(built)]


def test_a_folder_of_somebody_else_is_never_worked_in(built, small_cdm):
    place = built.with_name(built.name + ".building")
    place.mkdir()
    (place / "thesis.txt").write_text("mine")
    with pytest.raises(MyelomartError, match="myelomart did not make it"):
        build(small_cdm, built)
    cleaned = CliRunner().invoke(app, ["clean", str(built.parent)])
    assert cleaned.exit_code == 1
    assert "myelomart did not make it" in cleaned.stderr
    assert (place / "thesis.txt").read_text() == "mine"


def test_a_log_of_changes_that_another_program_left_stops_the_swap(built, small_cdm):
    log = built.with_name(built.name + ".wal")
    built.unlink()
    log.write_bytes(b"changes")
    assert "holds changes that are not yet in" in refused(small_cdm, built)
    assert log.read_bytes() == b"changes"


def test_a_file_that_is_no_database_is_never_overwritten(project, small_cdm, tmp_path):
    precious = tmp_path / "results.csv"
    precious.write_text("a long text that is not a database\n")
    assert "not a DuckDB database" in refused(small_cdm, precious)
    assert precious.read_text().startswith("a long text")


def test_a_folder_that_is_not_there_is_named(project, small_cdm, tmp_path):
    assert "There is no folder" in refused(small_cdm, tmp_path / "nowhere" / "w.duckdb")


def test_each_failure_is_one_sentence_and_that_of_a_row_stands_alone():
    row = "cohorts: in the row with cohort_id a, the arm «b» is none of c"
    arms, labs = "arms (seeds/_s.yml)", "labs (models/labs.sql)"
    heads = [
        (f"Failure in test {arms}", f"Runtime Error in test {arms}\n  Invalid Input Error: {row}"),
        (f"Failure in model {labs}", f"Runtime Error in model {labs}\n  Binder Error: no column"),
    ]
    failures: list[str] = []
    for what, why in heads:
        for name, text in (("RunResultFailure", what), ("RunResultError", why)):
            event = {"info": {"name": name, "level": "error", "msg": text}, "data": {"msg": why}}
            building._follow(json.dumps(event), failures, print, lambda *_: None)
    assert failures == [row, f"Failure in model {labs}: Binder Error: no column"]


def test_what_dbt_parsed_of_another_installation_is_forgotten(tmp_path):
    target, parsed = tmp_path / "target", tmp_path / "target" / "partial_parse.msgpack"
    building.forget_other_project(target, Path("/first"))
    parsed.write_text("names files in /first")
    building.forget_other_project(target, Path("/first"))
    assert parsed.exists()
    building.forget_other_project(target, Path("/second"))
    assert not parsed.exists()

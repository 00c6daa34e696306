"""Every text reaches the terminal by one way: no style, no code, no password in it."""

import dataclasses
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest

from myelomart import study
from myelomart.cli import main
from myelomart.errors import MyelomartError
from myelomart.figures.canvas import Canvas
from myelomart.messages import shown
from myelomart.passwords import without_passwords
from myelomart.project import project_root

ROWS = {
    "cohorts": study.Cohort,
    "cohort_criteria": study.Criterion,
    "covariates": study.Covariate,
    "endpoints": study.Endpoint,
    "study_analyses": study.Analysis,
    "endpoint_rules": study.Rule,
    "strata": study.Stratum,
    "followed_labs": study.FollowedLab,
    "table_rows": study.TableRow,
    "study_code_lists": study.Code,
    "protocol_items": study.Item,
}


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["myelomart", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code or 0, *capsys.readouterr()

    return call


def warehouse_with(path: Path, study_id: str, title: str, output_id: str = "OUT-1") -> Path:
    """A database whose schema `studies` has the rows of one study with one analysis."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema studies")
        connection.execute("create table studies.studies as select ? as study_id, ? as title, '' as"
                           " question, '' as design, '' as caution, '' as source_document, 1 as"
                           " sort_order",
                           [study_id, title])  # fmt: skip
        for table, kind in ROWS.items():
            names = [field.name for field in dataclasses.fields(kind)]
            columns = [f"cast(null as varchar) as {name}" for name in names]
            own = {"study_id": f"'{study_id}'", "sort_order": "1"}
            columns += [f"{value} as {name}" for name, value in own.items() if name not in names]
            of_all = f"select {', '.join(columns)}"
            connection.execute(f"create table studies.{table} as {of_all} where false")
        connection.execute("create table studies.study_protocol (study_id text, field text,"
                           " content text)")  # fmt: skip
        connection.execute("create table studies.known_characteristics (characteristic text,"
                           " label text)")  # fmt: skip
        connection.execute("create table studies.study_rule_set as select 'default' as rule_set")
        connection.execute("insert into studies.study_analyses by name select 'one' as analysis_id,"
                           " ? as output_id, ? as title, 'attrition' as analysis_type,"
                           " ? as study_id", [output_id, title, study_id])  # fmt: skip
    return path


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a[b]c [/b] :smile:", "a[b]c [/b] :smile:"),
        ("\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"),
        ("\x9b31m and \x7f", "\\x9b31m and \\x7f"),
        ("over\rwritten", "over\\rwritten"),
        ("‮gnp.exe", "\\u202egnp.exe"),
        ("broken \udcff name", "broken \\udcff name"),
        ("Größe 中文 ≥ –", "Größe 中文 ≥ –"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
    ],
)
def test_a_text_is_shown_as_it_stands_and_commands_no_terminal(text, seen):
    assert shown(text) == seen


@pytest.mark.parametrize("name", ["no[/such]", "gone[bold]", "esc\x1b[31m", "[red]x", ":smile:"])
def test_a_path_with_brackets_or_codes_is_named_in_the_error(run, name):
    code, _, error = run("check", "--source", name)
    assert code == 3 and shown(name) in error and "\x1b" not in error


@pytest.mark.parametrize("option", ["--format", "--fail-on", "--dates-shifted", "--no-such"])
def test_a_value_with_codes_is_named_in_a_refusal_of_options(run, option):
    code, _, error = run("check", "--source", "x", option, "\x1b[2J[/b]")
    assert code == 2 and "\x1b" not in error
    assert option == "--no-such" or "\\x1b[2J[/b]" in error


def test_a_title_with_brackets_and_codes_is_listed(run, tmp_path):
    path = warehouse_with(tmp_path / "w.duckdb", "s1", "A [/b] \x1b[2J title")
    code, out, _ = run("study", "list", "--db", path)
    assert code == 0 and "A [/b] \\x1b[2J title" in out


@pytest.mark.parametrize("name", ["../up", "/abs", "a/b", "", ".hidden", "a b", "x" * 101, "a\nb"])
def test_a_study_or_an_output_is_named_by_no_path(run, tmp_path, name):
    for number, names in enumerate([(name, "OUT-1"), ("s1", name)]):
        path = warehouse_with(tmp_path / f"{number}.duckdb", names[0], "A title", names[1])
        code, _, error = run("study", "show", names[0], "--db", path)
        assert code == 1 and "cannot be the name of a study or an output" in error


def test_the_names_of_our_own_studies_are_allowed():
    seeds = project_root() / "seeds" / "studies"
    with duckdb.connect() as connection:
        ids = connection.execute(f"select study_id from '{seeds}/studies.csv'").fetchall()
        outputs = connection.execute(f"select output_id from '{seeds}/analyses.csv'").fetchall()
    study.refuse_path(*(name for (name,) in ids + outputs))
    with pytest.raises(MyelomartError):
        study.refuse_path("..")


def test_a_figure_with_codes_in_its_words_is_well_formed():
    sheet = Canvas(100, 100, 'a "title" \x1b[2J <b>')
    sheet.text(1, 1, "\x1b[31m & \x00 ]]> <script>")
    assert "\\x1b[31m" in ElementTree.fromstring(sheet.svg()).find(".//{*}text").text


def test_nothing_else_in_the_package_prints():
    way = re.compile(
        r"\btyper\.(s?echo)\(|(?<![\w.])print\(|(?<![\w_])Console\(|sys\.std\w+\.write"
    )
    package = project_root() / "scripts"
    found = [
        f"{file.name}: {match.group()}"
        for file in [*package.glob("myelomart/**/*.py"), *package.glob("myelomart_synthetic/*.py")]
        if file.name != "messages.py"
        for match in way.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me:geheim@host/db",
        "postgresql:/me:geheim@host/db",  # a path has lost a slash
        "POSTGRES://me:ge@heim@host/db",
        "mysql+driver://me:geheim#@host?x",
        "postgresql://host/db?user=me&password=geheim&sslmode=require",
        "host=h password='ge heim' dbname=x",
        "PWD = geheim",
        "sslpassword=geheim",
        "databricks://token:geheim@host/main?access_token=geheim",
        "snowflake://me:geheim@account/db?private_key_file_pwd=geheim",
        "FATAL: «postgresql://me:geheim@host» refused",
    ],
)
def test_no_part_of_a_password_is_left_in_a_text(text):
    assert not re.search("ge|heim", without_passwords(text).replace("geheim-free", ""))


@pytest.mark.parametrize(
    "text", ["a:b@c", "postgresql://host:5432/db", "https://example.org/x", "me@example.org"]
)
def test_a_text_without_a_password_stays(text):
    assert without_passwords(text) == text


@pytest.mark.parametrize(
    "source",
    [
        "postgresql://me:ge heim@127.0.0.1:1/x",
        "postgresql://me:geheim@127.0.0.1:1/x?connect_timeout=1",
        "postgresql://me:geheim@127.0.0.1:1/x?sslmode=geheim",
        "POSTGRES://me:geheim@h/x",
        "a=postgresql://me:ge@heim@127.0.0.1:1/x",
        "host=127.0.0.1 password=geheim",
        "service=none?password=geheim",
        "mssql://me:geheim@127.0.0.1:1/x?encrypt=no&password=geheim",
        "snowflake://me:ge@heim@account/x",
    ],
)
def test_no_error_shows_a_part_of_a_password(run, tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    code, out, error = run("check", "--source", source)
    assert code == 3 and "geheim" not in out + error
    assert not re.search(r"\bge\b|heim", out + error)
    code, out, error = run("check", source)  # without --source
    assert code == 2 and "geheim" not in out + error
    assert not any(b"geheim" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="Linux alone has /proc")
def test_the_list_of_processes_shows_no_password(tmp_path):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        address = f"postgresql://me:geheim@127.0.0.1:{server.getsockname()[1]}/x"
        command = [sys.executable, "-m", "myelomart", "check", "--source", address]
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
            try:
                server.settimeout(60)
                server.accept()  # it is at work
                title = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            finally:
                process.kill()
    assert b"geheim" not in title and b"postgresql://***@127.0.0.1" in title


@pytest.mark.parametrize(
    ("settings", "seen"),
    [
        ({"LC_ALL": "C"}, "größe".encode()),  # Python takes UTF-8 there
        ({"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "ascii"}, b"gr\\xf6\\xdfe"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, b"gr\\udcc3"),
    ],
)
def test_a_terminal_that_lacks_a_letter_shows_its_number(tmp_path, settings, seen):
    command = [sys.executable, "-m", "myelomart", "check", "--source", "größe"]
    environment = {**os.environ, **settings}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
    assert done.returncode == 3 and seen in done.stderr

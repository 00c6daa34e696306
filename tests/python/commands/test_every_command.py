"""What every command has: short help, examples that parse, --json, --quiet and --verbose."""

import json
import shlex
import subprocess
import sys
import time

import pandas as pd
import pytest
import typer

from myelomart import messages, progress
from myelomart.cli import app
from myelomart.examples import EXAMPLES

NO_RESULT = {"explore", "completion"}  # a page, and a script for a shell
START = [sys.executable, "-m", "myelomart"]


def commands(group=None, before=""):
    """Every command by the words that name it."""
    group = group or typer.main.get_command(app)
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, f"{before}{name} ")
        else:
            yield f"{before}{name}", one


ALL = dict(commands())


def options_of(name: str) -> set[str]:
    return {word for one in ALL[name].params for word in one.opts}


def told(*words: str, **how) -> subprocess.CompletedProcess:
    return subprocess.run([*START, *words], capture_output=True, text=True, **how)


@pytest.fixture
def small_cdm(tmp_path):
    """Two tables of a CDM, enough to be found."""
    folder = tmp_path / "cdm"
    folder.mkdir()
    pd.DataFrame({"person_id": [1]}).to_parquet(folder / "person.parquet")
    pd.DataFrame({"measurement_id": [1], "person_id": [1]}).to_parquet(
        folder / "measurement.parquet"
    )
    return folder


@pytest.mark.parametrize("name", ALL)
def test_a_command_has_examples_that_it_understands(name):
    for line in EXAMPLES[name]:
        words = shlex.split(line.split(" >")[0])
        count = len(name.split())
        assert words[: count + 1] == ["myelomart", *name.split()]
        ALL[name].make_context(name, words[count + 1 :], resilient_parsing=False)
        assert line in ALL[name].epilog


def test_no_example_is_of_a_command_that_is_gone():
    assert set(EXAMPLES) == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_a_command_takes_both_levels_and_says_its_result_as_json(name):
    options = options_of(name)
    assert {"-q", "--quiet", "-v", "--verbose"} <= options
    assert ("--json" in options) == (name not in NO_RESULT)


@pytest.mark.parametrize("words", [["-h"], ["study", "-h"], ["study", "run", "-h"]])
def test_short_help_is_the_help(words):
    short = told(*words)
    assert short.returncode == 0 and "Usage: myelomart" in short.stdout
    assert short.stdout == told(*words[:-1], "--help").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_script_of_a_shell_asks_us_for_words(shell):
    script = told("completion", shell)
    assert script.returncode == 0 and "_MYELOMART_COMPLETE" in script.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("myelomart stu", "study"),
        ("myelomart study ru", "run"),
        ("myelomart build --rule", "--rule-set"),
    ],
)
def test_bash_completes_commands_and_options(typed, offered):
    script = told("completion", "bash").stdout
    words = typed.split()
    asked = f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; _myelomart_completion myelomart"
    run = f'{script}\nmyelomart() {{ :; }}\n{asked}; printf "%s\\n" "${{COMPREPLY[@]}}"'
    run = run.replace("complete_bash $1", f"complete_bash {shlex.join(START)}")
    said = subprocess.run(["bash", "-c", run], capture_output=True, text=True)
    assert said.stdout.split() == offered.split(), said.stderr


def test_a_result_as_json_is_one_object(tmp_path):
    made = told("init", "ours", "--json", cwd=tmp_path)
    assert json.loads(made.stdout) == {"folder": "ours"}
    (tmp_path / "ours" / "studies" / "bad.yml").write_text("nonsense: 1\n")
    checked = told("study", "check", "--json", cwd=tmp_path / "ours")
    assert checked.returncode == 1 and checked.stderr == ""
    assert json.loads(checked.stdout)["faults"]


def test_quiet_says_no_step_and_verbose_each(tmp_path):
    made = ["synth", "--patients", "30", "--out"]
    quiet = told(*made, "a", "--quiet", cwd=tmp_path)
    verbose = told(*made, "b", "-v", cwd=tmp_path)
    assert quiet.stderr == "" and "person" in quiet.stdout
    assert verbose.stderr.startswith("people: ") and "of 30" in verbose.stderr


def test_in_a_pipe_a_line_is_said_each_minute(monkeypatch, capfd):
    monkeypatch.setattr(progress, "EVERY", 0.05)
    monkeypatch.delenv(messages.LOUDNESS, raising=False)
    with progress.progress("building") as show:
        time.sleep(0.12)
        show(3, 12, "patients")
        time.sleep(0.12)
    said = capfd.readouterr().err
    assert said.startswith("building: 0 min\n")
    assert "building: 3 of 12 (25 %) patients, 0 min\n" in said


def test_a_test_of_dbt_says_of_how_many_as_a_model_does():
    from myelomart.building import _follow

    told = []
    for name, total in (("LogModelResult", "total"), ("LogTestResult", "num_models")):
        data = {"index": 3, total: 700, "node_info": {"node_name": "one"}}
        line = json.dumps({"info": {"name": name}, "data": data})
        _follow(line, [], print, lambda *step: told.append(step))
    assert told == [(3, 700, "one")] * 2


def test_the_doctor_says_what_is_here_and_what_would_stop_a_build(small_cdm, tmp_path):
    fine = told("doctor", "--source", str(small_cdm), "--json", cwd=tmp_path)
    assert fine.returncode == 0, fine.stdout
    found = json.loads(fine.stdout)
    assert found["faults"] == [] and found["versions"]["duckdb"]
    assert found["machine"]["memory_bytes"] > 0 and found["machine"]["disk_free_bytes"] > 0
    (source,) = found["sources"]
    assert source["readable"] and {"person", "measurement"} <= set(source["tables"])
    assert found["would_build"]["models"] > 200 and found["would_build"]["bytes"] > 0
    assert list(tmp_path.glob("myelomart.duckdb*")) == []
    lost = told("doctor", "--source", str(tmp_path / "none"), cwd=tmp_path)
    assert lost.returncode == 1 and "fault: There is no folder or file" in lost.stderr


def test_the_doctor_names_a_disk_that_is_too_small(monkeypatch, small_cdm, tmp_path):
    from myelomart import doctor, room
    from myelomart.sources.source import parse_source

    monkeypatch.setattr(room, "free_on", lambda path: (tmp_path, 1_000_000))
    found = doctor.examine([parse_source(str(small_cdm))], tmp_path / "one.duckdb")
    assert [one for one in found["faults"] if "has 1.0 MB free" in one]

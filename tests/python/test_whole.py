"""What is written is whole or not there, and nothing goes that we did not make."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from myelomart import whole
from myelomart.cli import app
from myelomart.errors import MyelomartError
from myelomart.lock import held
from myelomart.project import project_root
from myelomart.results import Results, write_results

sys.path.append(str(project_root() / "bench"))
import crash  # noqa: E402

HOLD = """
import sys, time
from pathlib import Path
from myelomart.lock import held
with held(Path(sys.argv[1]), "Somebody works"):
    print("held", flush=True)
    time.sleep(600)
"""


def results(folder, estimate=1.0):
    made = Results("made_up")
    made.add("OUT-1", "median", row_label="Age", arm="All", estimate=estimate)
    made.add_figure("curve", "<svg/>")
    write_results(made, folder, {"study_id": "made_up"}, {"tables/one.csv": "a\n"})


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


# --- locks ---------------------------------------------------------------------------------------


def test_a_lock_says_who_holds_it_and_is_free_when_its_holder_is_killed(tmp_path):
    lock = tmp_path / "w.duckdb.lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, lock], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(MyelomartError, match=rf"process {holder.pid} on .*, since 20"):
        held(lock, "Somebody works").__enter__()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert lock.exists()
    with held(lock, "Somebody works"):
        assert lock.stat().st_mode & 0o777 == 0o600
    assert not lock.exists()


def test_a_lock_is_no_way_to_a_file_of_somebody_else(tmp_path):
    precious, lock = tmp_path / "precious.txt", tmp_path / "w.duckdb.lock"
    precious.write_text("precious")
    lock.symlink_to(precious)
    with pytest.raises(MyelomartError, match="cannot be taken"):
        held(lock, "").__enter__()
    lock.unlink()
    precious.rename(lock)
    with pytest.raises(MyelomartError, match="is not a lock of myelomart"):
        held(lock, "").__enter__()
    assert lock.read_text() == "precious"


# --- folders that are not ours -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ("d/cdm/person.csv", ["demo", "--out", "d"]),
        ("d/thesis.txt", ["synth", "--patients", 5, "--out", "d"]),
        ("d.truth/thesis.txt", ["synth", "--patients", 5, "--out", "d"]),
        ("d.broken/thesis.txt", ["synth", "--patients", 5, "--dirty", "--out", "d"]),
        ("d.building/thesis.txt", ["synth", "--patients", 5, "--out", "d"]),
    ],
)
def test_a_command_refuses_a_folder_that_it_did_not_make(tmp_path, monkeypatch, there, words):
    monkeypatch.chdir(tmp_path)
    Path(there).parent.mkdir(parents=True)
    Path(there).write_text("mine")
    done = run(*words)
    assert isinstance(done.exception, MyelomartError)
    assert "myelomart did not make" in str(done.exception)
    assert [str(path) for path in Path().rglob("*") if path.is_file()] == [there]


def test_results_are_not_replaced_where_somebody_keeps_a_file_among_them(tmp_path):
    results(tmp_path / "made_up")
    (tmp_path / "made_up" / "notes.docx").write_text("mine")
    with pytest.raises(MyelomartError, match="did not put notes.docx there"):
        results(tmp_path / "made_up", 2.0)
    (tmp_path / "made_up" / "notes.docx").unlink()
    results(tmp_path / "made_up", 2.0)
    with pytest.raises(MyelomartError, match="was made by `myelomart study run`"):
        whole.refuse_foreign(tmp_path / "made_up", "synth")


def test_a_page_that_we_did_not_write_is_not_replaced(tmp_path, demo):
    page = tmp_path / "thesis.html"
    page.write_text("<html>mine</html>")
    done = run("report", "--db", demo / "myelomart.duckdb", "--out", page)
    assert "is not a page that myelomart wrote" in str(done.exception)
    assert page.read_text() == "<html>mine</html>"


# --- results -------------------------------------------------------------------------------------


def test_verify_finds_what_is_missing_changed_and_of_another_run(tmp_path):
    folder = tmp_path / "results" / "made_up"
    results(folder)
    assert run("study", "verify", folder.parent).stdout.endswith("whole, as it was written\n")
    (folder / "figures" / "curve.svg").unlink()
    (folder / "tables" / "one.csv").write_text("b\n")
    (folder / "tables" / "two.csv").write_text("b\n")
    done = run("study", "verify", folder)
    assert done.exit_code == 1
    assert done.stdout == (
        f"{folder}: figures/curve.svg is not there. tables/two.csv is not of this run. "
        "tables/one.csv is not as it was written.\n"
    )
    (folder / "manifest.json").unlink()
    assert "has no manifest.json that lists its files" in str(
        run("study", "verify", folder).exception
    )


def test_the_manifest_lists_every_file_but_itself(tmp_path):
    results(tmp_path / "made_up")
    told = json.loads((tmp_path / "made_up" / "manifest.json").read_text())
    assert {*told["files"], "manifest.json"} == {*whole.files_in(tmp_path / "made_up")}


def test_where_names_cannot_be_exchanged_a_kill_between_two_renames_is_mended(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(whole, "exchange", lambda one, other: False)
    results(tmp_path / "made_up", 1.0)
    before = whole.hashes(tmp_path / "made_up")
    results(tmp_path / "made_up", 2.0)
    assert whole.hashes(tmp_path / "made_up") != before
    after = whole.hashes(tmp_path / "made_up")
    former = tmp_path / "made_up.building" / whole.FORMER
    former.mkdir(parents=True)
    whole.mark(former.parent, "work in progress")
    (tmp_path / "made_up").rename(former / "made_up")
    assert run("clean", tmp_path).stdout == f"removed: {tmp_path / 'made_up.building'}\n"
    assert whole.hashes(tmp_path / "made_up") == after
    assert [path.name for path in tmp_path.iterdir()] == ["made_up"]


def test_clean_leaves_what_another_process_works_on(tmp_path):
    lock = tmp_path / "w.duckdb.lock"
    with held(lock, "Somebody works"):
        done = run("clean", tmp_path)
    assert done.exit_code == 1
    assert "wait until it ends" in done.stderr


# --- kills ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "points"), [("build", 3), ("results", 4), ("report", 2), ("synth", 3)]
)
def test_what_is_killed_cut_off_or_out_of_room_is_the_former_or_the_new(name, points, tmp_path):
    found = crash.try_work(crash.work_named(name, tmp_path), points, 7, with_disks=False)
    assert (found["points"], found["whole"]) == (points, points)
    assert (found["repairs"], found["left over"]) == (0, 0)

"""What the system says when something fails is a sentence, names the place, and sets the code."""

import errno
import json
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import typer

from myelomart import building, room, warehouse
from myelomart.cli import app, main
from myelomart.errors import NoRoom, SourceError, WarehouseError
from myelomart.failures import FAULT, TRACEBACK

SECRET = "a value of a patient"


@pytest.fixture
def command(monkeypatch, capsys):
    """Runs a command of the command line that fails with an error."""

    def call(error: BaseException):
        def fails() -> None:
            raise error

        told = typer.models.CommandInfo("fails", callback=fails)
        monkeypatch.setattr(app, "registered_commands", [told])
        monkeypatch.setattr(sys, "argv", ["myelomart", "fails"])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, capsys.readouterr().err

    return call


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(errno.ENOSPC, "No space left", "/tmp/x"), 5, r"disk /\S* is full \(.* free\)"),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "/tmp/x"), 5, "/tmp/x cannot be written"),
        (OSError(errno.EFBIG, "File too large", "/tmp/x"), 5, "larger than the limit.*ulimit -f"),
        (OSError(errno.EROFS, "Read-only", "/a/b"), 1, "/a/b lies on a disk that cannot"),
        (PermissionError(errno.EACCES, "denied", "/a/b"), 1, "/a/b may not be read or written"),
        (FileNotFoundError(errno.ENOENT, "No such", "/a/b"), 1, "/a/b is not there"),
        (IsADirectoryError(errno.EISDIR, "Is", "/a/b"), 1, "/a/b is a folder"),
        (NotADirectoryError(errno.ENOTDIR, "Not", "/a/b"), 1, "/a/b lies below a file"),
        (OSError(errno.ENAMETOOLONG, "long", "/a/b"), 1, "/a/b has a name that is too long"),
        (OSError(errno.EMFILE, "files", "/a/b"), 1, "too many files"),
        (OSError(errno.EIO, "Input/output error", "/a/b"), 1, "/a/b cannot be read or written"),
        (MemoryError(), 5, "memory does not suffice.*--memory"),
        (duckdb.OutOfMemoryException("Out of Memory Error: x"), 5, "memory does not suffice"),
        (duckdb.IOException('IO Error: Could not write file "/tmp/x": No space left on device'), 5,
         "disk /\\S* is full.*/tmp/x cannot be written"),
        (duckdb.IOException('IO Error: Could not write "/tmp/x": File too large'), 5, "ulimit -f"),
        (duckdb.IOException("IO Error: x"), 4, "cannot be read to its end"),
        (duckdb.CatalogException("Catalog Error: x"), 4, "no whole warehouse"),
        (duckdb.PermissionException("Permission Error: x"), 4, "a file outside it"),
        (RecursionError(), 1, "nested too deeply"),
        (RuntimeError("Could not determine home directory."), 1, "write the path without ~"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, SECRET), 1, "not UTF-8"),
        (UnicodeEncodeError("ascii", SECRET, 0, 1, SECRET), 1, "not UTF-8"),
        (KeyboardInterrupt(), 130, "stopped"),
        (RuntimeError("Query interrupted"), 130, "stopped"),
        (duckdb.InterruptException("INTERRUPT Error: Interrupted!"), 130, "stopped"),
        (SourceError("no such source"), 3, "no such source"),
        (ValueError(SECRET), FAULT, r"fault of myelomart \(ValueError in \w+.py, line \d+"),
        (KeyError(SECRET), FAULT, "Please report it"),
    ],
)  # fmt: skip
def test_a_failure_is_a_sentence(command, error, code, said):
    found, err = command(error)
    assert found == code and err.startswith("error: ") and err.count("\n") == 1
    assert re.search(said, err), err
    assert "Traceback" not in err and SECRET not in err


def test_a_traceback_is_shown_when_it_is_asked_for(command, monkeypatch):
    monkeypatch.setenv(TRACEBACK, "1")
    code, err = command(ValueError("why"))
    assert code == FAULT and "Traceback" in err and "why" in err


def test_who_stops_reading_sees_no_error(tmp_path):
    pd.DataFrame({"time": range(1, 2001), "event": 1}).to_csv(tmp_path / "t.csv", index=False)
    survival = f"{sys.executable} -m myelomart survival t.csv --time time --event event --json"
    script = f"{survival} | true"
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""


def test_a_need_is_added_to_a_full_disk_once():
    full = OSError(errno.ENOSPC, "No space left on device", "/tmp/x")
    said = r"cannot be written\. A build needs about 1\.5 GB there\.$"
    place = Path("/tmp")
    with (
        pytest.raises(NoRoom, match=said),
        room.needed("All", 5, place),
        room.needed("A build", 1_500_000_000, place),
    ):
        raise full


def test_a_need_of_disk_is_not_said_of_memory():
    with pytest.raises(NoRoom) as failure, room.needed("A build", 5, Path("/")):
        raise MemoryError
    assert "needs about" not in str(failure.value)


@pytest.mark.parametrize("error", [ValueError("x"), OSError(errno.EACCES, "x"), duckdb.Error("x")])
def test_what_is_no_want_of_room_passes(error):
    with pytest.raises(type(error)), room.needed("A build", 5, Path("/")):
        raise error


def test_the_disk_is_that_of_the_file_that_was_written():
    mounts = {line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()}
    for place in ("/proc/none", tempfile.gettempdir(), "/dev/shm/none/none"):
        mount, free = room.free_on(Path(place))
        assert str(mount) in mounts and free >= 0
    assert room.free_on(Path("/proc/none"))[0] == Path("/proc")


def test_too_little_memory_for_a_query_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv(room.MEMORY, "20MB")
    monkeypatch.setenv(room.THREADS, "1")
    with (
        pytest.raises(NoRoom, match="DuckDB may take 20MB of the"),
        room.needed("x", 1, tmp_path),
        warehouse.scratch([tmp_path]) as connection,
    ):
        assert warehouse.value(connection, "select current_setting('threads')") == 1
        connection.execute("select list(n order by hash(n)) from range(20000000) t(n)")


def test_half_of_the_memory_is_left(monkeypatch):
    monkeypatch.delenv(room.MEMORY, raising=False)
    monkeypatch.setattr(room, "available_memory", lambda: 8 * 1024**3)
    assert room.memory() == f"{4 * 1024**2}KiB"
    monkeypatch.setattr(room, "available_memory", lambda: 1024**2)  # nothing runs in less
    assert room.memory() == f"{64 * 1024}KiB"


@pytest.mark.parametrize("size", ["4GB", "512MB", "1.5 GiB", "900mb"])
def test_an_amount_of_memory_is_read(size):
    assert room.is_size(size)


@pytest.mark.parametrize("size", ["4", "GB", "-1GB", "80%", "4GB; set x = 1", "", "1e9"])
def test_what_is_no_amount_of_memory_is_refused(size, monkeypatch, capsys):
    assert not room.is_size(size)
    monkeypatch.setattr(sys, "argv", ["myelomart", "study", "list", "--memory", size or " "])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2 and "write it as 4GB" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    ["build", "check", "demo", "patient", "report", "study list", "study show", "study run"],
)
def test_every_command_that_opens_a_database_takes_memory_and_threads(words, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "argv", ["myelomart", *words.split(), "--help"])
    with pytest.raises(SystemExit):
        main()
    out = capsys.readouterr().out
    assert "--memory" in out and "--threads" in out and "half of the memory" in out


def test_a_file_size_limit_blames_what_is_written_and_not_the_source(tmp_path):
    cdm = tmp_path / "cdm"
    cdm.mkdir()
    (cdm / "person.csv").write_text("person_id,gender_concept_id,year_of_birth\n1,8507,1950\n")
    rows = "".join(f"{n},1,3000963,2020-01-01,{n * 7919 % 10007}.{n}\n" for n in range(40_000))
    header = "measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number\n"
    (cdm / "measurement.csv").write_text(header + rows)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    command = [sys.executable, "-m", "myelomart", "check", "--source", "cdm", "--out", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, preexec_fn=limit)
    assert done.returncode == 5, done.stderr
    assert "limit of 100 kB on the size of a file" in done.stderr
    assert "Traceback" not in done.stderr and "measurement.csv" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cdm"]


FULL = 'IO Error: Could not write all bytes to file "/tmp/x": No space left on device'
OF_DBT = {"info": {"name": "RunResultError", "level": "error"}, "data": {"msg": FULL}}


def child_that(does):
    """A program of Python in the place of the child that a build starts."""

    def started(*arguments):
        command = [sys.executable, "-c", f"import os, sys; {does}"]
        return subprocess.Popen(command, text=True, stdout=arguments[-1], stderr=subprocess.STDOUT)

    return started


@pytest.mark.parametrize(
    ("child", "said"),
    [
        (f"print({json.dumps(json.dumps(OF_DBT))}); sys.exit(1)", "is full .*/tmp/x cannot be"),
        ("open('/dev/full', 'w', 1).write('x\\n')", "The disk .* is full"),
        (
            "print('Out of Memory Error: x'); sys.exit(1)",
            "memory does not suffice",
        ),
        ("os.kill(os.getpid(), 9)", "was ended from outside.*--memory"),
    ],
)
def test_a_build_that_has_no_room_says_so_for_its_child(monkeypatch, tmp_path, child, said):
    monkeypatch.setattr(building, "_child", child_that(child))
    with pytest.raises(NoRoom, match=said):
        building.run_steps([], tmp_path, tmp_path / "x.duckdb", "default", print, print)


def test_a_fault_of_our_own_in_the_child_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(building, "_child", child_that("raise KeyError('step')"))
    with pytest.raises(WarehouseError, match="KeyError: 'step'"):
        building.run_steps([], tmp_path, tmp_path / "x.duckdb", "default", print, print)

"""What holds patient data is its owner's alone, whatever the umask; copies go with the command."""

import os
import sqlite3
import stat
import sys

import pytest
from small_cdm import MEASUREMENT, PERSON, write_table

from myelomart.cli import main
from myelomart.errors import SourceError
from myelomart.private_files import make_private
from myelomart.sources import columns
from myelomart.sources.landing import Source, land


@pytest.fixture(params=[0o000, 0o022, 0o277])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    assert os.umask(before) == request.param  # and it is given back


@pytest.fixture
def cdm(tmp_path):
    write_table(PERSON, tmp_path / "cdm" / "person.csv", "header, delimiter ','")
    write_table(MEASUREMENT, tmp_path / "cdm" / "measurement.parquet")
    return tmp_path / "cdm"


def open_to_others(folder):
    return [
        str(path)
        for path in [folder, *folder.rglob("*")]
        if stat.S_IMODE(path.stat().st_mode) & 0o077 and not path.is_symlink()
    ]


def test_a_landing_is_private(tmp_path, cdm, umask):
    land([Source("cdm", str(cdm))], tmp_path / "landing", lambda line: None)
    assert (tmp_path / "landing" / "manifest.json").exists()
    assert open_to_others(tmp_path / "landing") == []


def test_a_landing_that_stood_open_is_closed(tmp_path, cdm):
    land([Source("cdm", str(cdm))], tmp_path / "landing", lambda line: None)
    (tmp_path / "landing").chmod(0o755)
    land([Source("cdm", str(cdm))], tmp_path / "landing", lambda line: None)
    assert stat.S_IMODE((tmp_path / "landing").stat().st_mode) == 0o700


def test_a_folder_that_is_made_private_is_made_with_its_parents(tmp_path):
    make_private(tmp_path / "a" / "b")
    assert open_to_others(tmp_path / "a") == []


def test_what_is_exported_goes_also_when_the_landing_fails(tmp_path, monkeypatch):
    path = tmp_path / "cdm.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table person (person_id, gender_concept_id, year_of_birth)")
        connection.execute("insert into person values (1, 8507, 1950)")
    seen = []

    def fail(*arguments):
        seen.extend((tmp_path / "landing" / ".exported").rglob("*.parquet"))
        raise SourceError("it fails here")

    monkeypatch.setattr(columns, "plan", fail)
    with pytest.raises(SourceError, match="it fails here"):
        land([Source("cdm", str(path))], tmp_path / "landing", lambda line: None)
    assert seen
    assert not any((tmp_path / "landing" / ".exported").rglob("*"))


@pytest.mark.parametrize("has_fault", [False, True])
def test_a_check_leaves_no_copy_of_the_data(tmp_path, cdm, monkeypatch, capsys, has_fault):
    if has_fault:
        (cdm / "measurement.parquet").write_bytes(b"PAR1 and no more")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["myelomart", "check", "--source", str(cdm), "--out", "out"])
    with pytest.raises(SystemExit):
        main()
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == (["cdm"] if has_fault else ["cdm", "out"]), capsys.readouterr().err

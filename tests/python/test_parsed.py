"""What dbt read of the project serves the next build, and never hides that a file changed."""

import os

import pytest

from myelomart import parsed
from myelomart.parsed import MOST_KEPT, PARSED


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of one model that dbt has read into `first`; nothing is kept yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("models", "first", "second"):
        (tmp_path / name).mkdir()
    (tmp_path / "models" / "labs.sql").write_text("select 1")
    for file in (tmp_path / "models" / "labs.sql", tmp_path / "models"):
        os.utime(file, (1000, 1000))
    (tmp_path / "first" / PARSED).write_bytes(b"as read")
    return tmp_path


def test_the_next_database_takes_what_was_kept_and_needs_no_reading(project):
    parsed.keep(project / "first", project, ["duckdb"])
    assert parsed.take(project / "second", project, ["duckdb"])
    assert (project / "second" / PARSED).read_bytes() == b"as read"


@pytest.mark.parametrize("change", ["edited", "removed", "made"])
def test_a_project_that_changed_is_read_again(project, change):
    parsed.keep(project / "first", project, ["duckdb"])
    model = project / "models" / "labs.sql"
    if change == "removed":
        model.unlink()
    else:
        (model if change == "edited" else model.with_name("new.sql")).write_text("select 2")
    later = parsed._written(project / "first" / PARSED) + 5
    os.utime(model if change == "edited" else model.parent, (later, later))
    assert not parsed.take(project / "second", project, ["duckdb"])
    assert (project / "second" / PARSED).exists()  # dbt reads only what changed


def test_another_rule_set_or_installation_is_read_by_itself(project):
    parsed.keep(project / "first", project, ["duckdb", "default"])
    assert not parsed.take(project / "second", project, ["duckdb", "registry"])
    assert not parsed.take(project / "second", project / "models", ["duckdb", "default"])
    assert not (project / "second" / PARSED).exists()


def test_what_dbt_read_later_is_not_replaced_by_what_was_kept(project):
    parsed.keep(project / "first", project, ["duckdb"])
    (project / "second" / PARSED).write_bytes(b"read later")
    later = parsed._written(project / "first" / PARSED) + 5
    os.utime(project / "second" / PARSED, (later, later))
    assert not parsed.take(project / "second", project, ["duckdb"])
    assert (project / "second" / PARSED).read_bytes() == b"read later"


def test_few_are_kept_and_a_cache_that_cannot_be_written_is_none(project, monkeypatch):
    for number in range(MOST_KEPT + 3):
        parsed.keep(project / "first", project, [str(number)])
    assert len(list((project / "cache").rglob("*.msgpack"))) == MOST_KEPT
    (project / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(project / "file"))
    parsed.keep(project / "first", project, ["duckdb"])
    assert not parsed.take(project / "second", project, ["duckdb"])

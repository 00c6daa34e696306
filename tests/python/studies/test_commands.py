"""`myelomart study` and `report`: what they print, and the sentences for what cannot be."""

import re
import subprocess
import sys

import pytest

COMPUTED = re.compile(r"(?<=<dt>Computed</dt><dd>)\d{4}-\d\d-\d\d(?=</dd>)")


def myelomart(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "myelomart", *map(str, arguments)], capture_output=True, text=True
    )


def test_list_names_the_studies(demo):
    done = myelomart("study", "list", "--db", demo / "myelomart.duckdb")
    assert done.returncode == 0
    assert "cart_vs_pom" in done.stdout
    assert "first_line_transplant" in done.stdout


def test_show_tells_a_study_in_words(demo):
    done = myelomart("study", "show", "cart_vs_pom", "--db", demo / "myelomart.duckdb")
    assert done.returncode == 0
    for words in (
        "Aged 18 or more at index",
        "exclude; criterion: Pomalidomide before index",
        "matched 1:1",
    ):
        assert words in done.stdout


@pytest.mark.parametrize("command", ["show", "run"])
def test_an_unknown_study_is_answered_with_the_known_ones(demo, command):
    done = myelomart("study", command, "cart_vs_pon", "--db", demo / "myelomart.duckdb")
    assert done.returncode != 0
    assert "There is no study «cart_vs_pon»" in done.stderr
    assert "cart_vs_pom" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_not_there_is_said(tmp_path):
    done = myelomart("report", "--db", tmp_path / "none.duckdb", "--out", tmp_path / "report.html")
    assert done.returncode != 0
    assert "myelomart build" in done.stderr
    assert not (tmp_path / "report.html").exists()


def test_report_writes_one_page(demo, tmp_path):
    page = tmp_path / "report.html"
    done = myelomart("report", "--db", demo / "myelomart.duckdb", "--out", page)
    assert done.returncode == 0
    texts = [one.read_text() for one in (page, demo / "report.html")]
    made, kept = (COMPUTED.subn("a day", text) for text in texts)  # midnight may lie between them
    assert made == kept and made[1] == 1

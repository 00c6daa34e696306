"""What a check means for a CI job: exit codes, baselines, JUnit, annotations."""

import json
from xml.etree import ElementTree

import pytest
from spoilt_cdm import rows, write_cdm
from typer.testing import CliRunner

from myelomart import cli
from myelomart.errors import QualityError
from myelomart.quality import outcome


@pytest.fixture
def cdm(tmp_path):
    return write_cdm(tmp_path / "cdm", rows())


def check(cdm, out, *options, env=None):
    """The command's result; every run lands in a folder of its own."""
    arguments = ["check", "--source", str(cdm), "--out", str(out), "--db", str(out / "x.duckdb")]
    out.mkdir(exist_ok=True)
    return CliRunner().invoke(cli.app, [*arguments, *options], env=env)


def result_of(out):
    return json.loads((out / "quality.json").read_text())


def test_warnings_fail_only_when_they_are_asked_to(cdm, tmp_path):
    assert check(cdm, tmp_path / "a").exit_code == 0
    assert result_of(tmp_path / "a")["summary"]["warning"] > 0
    assert check(cdm, tmp_path / "b", "--fail-on", "warning").exit_code == 1


def test_only_what_is_new_fails_with_a_baseline(cdm, tmp_path):
    check(cdm, tmp_path / "a")
    baseline = ["--fail-on", "warning", "--baseline", str(tmp_path / "a" / "quality.json")]
    assert check(cdm, tmp_path / "b", *baseline).exit_code == 0
    (cdm / "death.csv").unlink()
    told = check(cdm, tmp_path / "c", *baseline, "--format", "json")
    assert told.exit_code == 1
    failed = [one["id"] for one in json.loads(told.stdout)["checks"] if one["fails"]]
    assert failed == ["death__table_is_missing"]


def test_a_finding_that_has_more_than_doubled_or_become_graver_is_new():
    def one(status, share):
        return {"source": "cdm", "id": "x", "status": status, "share": share}

    known = {("cdm", "x"): one("warning", 0.1)}
    assert not outcome.is_new(one("warning", 0.2), known)
    assert outcome.is_new(one("warning", 0.21), known)
    assert outcome.is_new(one("blocking", 0.1), known)
    assert outcome.is_new(one("warning", 0.1), {})


def test_junit_has_a_case_per_check_and_a_failure_where_one_fails(cdm, tmp_path):
    told = check(cdm, tmp_path / "a", "--format", "junit", "--fail-on", "warning")
    assert told.exit_code == 1
    root = ElementTree.parse(tmp_path / "a" / "quality.junit.xml").getroot()
    checks = result_of(tmp_path / "a")["checks"]
    cases = root.findall("testsuite/testcase")
    failures = root.findall("testsuite/testcase/failure")
    warnings = [one for one in checks if one["status"] in ("warning", "blocking")]
    assert (len(cases), len(failures)) == (len(checks), len(warnings))
    assert (int(root.get("tests")), int(root.get("failures"))) == (len(checks), len(warnings))
    assert any(case.get("name") == "table is missing" for case in cases)
    assert failures[0].get("message")
    assert failures[0].text


def test_github_gets_annotations_and_a_summary(cdm, tmp_path):
    (cdm / "drug_exposure.csv").write_text(
        (cdm / "drug_exposure.csv").read_text().replace("1336825", "0").replace("bortezomib", "x")
    )
    summary = tmp_path / "summary.md"
    told = check(
        cdm, tmp_path / "a", "--format", "github", env={"GITHUB_STEP_SUMMARY": str(summary)}
    )
    assert told.exit_code == 1
    lines = told.stdout.splitlines()
    errors = [
        line for line in lines if line.startswith("::error title=person%3A myeloma is untrea")
    ]
    assert len(errors) == 1
    assert "12 people touched, 12 of them with myeloma" in errors[0]
    assert any(line.startswith("::warning ") for line in lines)
    assert "| **blocking** | person | myeloma is untreated |" in summary.read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--format", "pdf"], "known are html, json, junit, github"),
        (["--format", "omop"], "--source-format omop"),
        (["--fail-on", "noise"], "known are blocking, warning"),
    ],
)
def test_what_is_not_known_is_refused(cdm, tmp_path, options, told):
    found = check(cdm, tmp_path / "a", *options)
    assert found.exit_code == 2
    assert told in " ".join(found.output.replace("│", " ").split())


def test_a_file_that_is_no_result_is_no_baseline(tmp_path):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(QualityError, match="is not the quality.json of an earlier check"):
        outcome.read_baseline(tmp_path / "x.json")

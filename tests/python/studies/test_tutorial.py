"""The tutorial's sixth study: the rows of its page, in a copy of the seeds, built and run."""

import csv
import io
import os
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from myelomart.project import project_root
from myelomart.sources.folder import landing_of

STUDY = "infection_after_bispecific"
DOWNSTREAM = ["seeds/studies", "models/cohorts", "models/outcomes", "models/qc", "models/studies"]


def blocks():
    """The page's rows: (file, rows by column)."""
    page = (project_root() / "docs" / "tutorial_sixth_study.md").read_text()
    for file, text in re.findall(r"```csv (\S+)\n(.*?)```", page, flags=re.DOTALL):
        yield file, list(csv.DictReader(io.StringIO(text)))


def append(file, rows):
    with file.open(newline="") as opened:
        columns = next(csv.reader(opened))
    assert all(set(row) <= set(columns) for row in rows), file.name
    with file.open("a", newline="") as opened:
        writer = csv.DictWriter(opened, columns, restval="", lineterminator="\n")
        writer.writerows(rows)


@pytest.fixture(scope="module")
def results(demo, tmp_path_factory):
    """The results of the study, made from a copy of the project with the page's rows."""
    folder = tmp_path_factory.mktemp("tutorial")
    for name in ("models", "seeds", "macros", "tests/generic"):
        shutil.copytree(project_root() / name, folder / name)
    for name in ("dbt_project.yml", "profiles.yml", ".dbtignore"):
        shutil.copy(project_root() / name, folder / name)
    for file, rows in blocks():
        append(folder / file, rows)
    database = folder / "myelomart.duckdb"
    shutil.copy(demo / "myelomart.duckdb", database)
    environment = os.environ | {
        "MYELOMART_DB": str(database),
        "MYELOMART_LANDING": str(landing_of(demo / "myelomart.duckdb")),
        "DO_NOT_TRACK": "1",
    }
    command = [sys.executable, "-m", "dbt.cli.main", "build", "--project-dir", str(folder)]
    command += ["--profiles-dir", str(folder), "--exclude-resource-type", "unit_test", "--select"]
    command += [f"path:{name}" for name in DOWNSTREAM]
    built = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    assert built.returncode == 0, built.stdout[-3000:]
    command = [sys.executable, "-m", "myelomart", "study", "run", STUDY]
    command += ["--db", str(database), "--out", str(folder / "results")]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return folder / "results" / STUDY


def test_the_page_has_rows_for_every_file_of_a_study():
    named = {file.rsplit("/", 1)[1] for file, _ in blocks()}
    assert named == {
        "studies.csv", "event_groups.csv", "cohorts.csv", "cohort_criteria.csv",
        "covariates.csv", "endpoints.csv", "endpoint_rules.csv", "analyses.csv",
    }  # fmt: skip


def test_every_output_of_the_sixth_study_is_made(results):
    estimates = pd.read_parquet(results / "estimates.parquet")
    assert set(estimates["output_id"]) == {"INF-O1", "INF-O2", "INF-O3"}
    curves = pd.read_parquet(results / "curves.parquet")
    assert {"INF-O2", "INF-O3"} <= set(curves["output_id"])


def test_its_flow_closes(results):
    flow = pd.read_parquet(results / "estimates.parquet").query("row_group == 'Flow'")
    after = flow[flow["statistic"] == "persons_after"].set_index("row_label")
    left = flow[flow["statistic"] == "persons_excluded"].set_index("row_label")
    assert len(after) == 6
    assert (after["denominator"] - left["estimate"]).eq(after["estimate"]).all()

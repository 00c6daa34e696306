"""Data that nobody here wrote: 995 real myeloma patients, and a clean CDM without any."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from myelomart import warehouse
from myelomart.building import build
from myelomart.sources.landing import land, parse_source

sys.path.insert(0, str(Path(__file__).parents[1] / "converters"))
from commpass import convert  # noqa: E402


def run(study, database, out):
    command = [sys.executable, "-m", "myelomart", "study", "run", study]
    return subprocess.run(
        [*command, "--db", str(database), "--out", str(out)], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def commpass(shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("commpass")
    convert(shared_data / "commpass", folder / "cdm")
    database = folder / "commpass.duckdb"
    source = parse_source(str(folder / "cdm"))
    build([source], database, say=lambda message: None, rule_set="abstracted")
    return database


def test_the_lines_that_the_registry_numbered_are_in_force(commpass):
    episodes = warehouse.literal(commpass.parent / "cdm" / "episode.parquet")
    with warehouse.database(commpass, reach=[commpass.parent]) as connection:
        rows = connection.execute(
            f"""
            with numbered as (
                select person_id, count(distinct episode_number) as lines from {episodes} group by 1
            )
            select numbered.lines = max(lines_of_therapy.line_number)
            from numbered
            inner join core.lines_of_therapy as lines_of_therapy using (person_id)
            where lines_of_therapy.rule_set = 'abstracted'
            group by numbered.person_id, numbered.lines
            """
        ).fetchall()
    assert len(rows) == 919  # all who have a dated treatment
    assert sum(same for (same,) in rows) / len(rows) > 0.99  # the others had steroids alone


def test_a_study_of_rows_alone_runs_on_real_patients(commpass, tmp_path):
    done = run("first_line_transplant", commpass, tmp_path)
    assert done.returncode == 0, done.stderr
    estimates = pd.read_parquet(tmp_path / "first_line_transplant" / "estimates.parquet")
    ratio = estimates[estimates["statistic"] == "hazard_ratio"].iloc[0]
    assert 0.1 < ratio["estimate"] < 1
    assert ratio["ci_low"] < ratio["estimate"] < ratio["ci_high"]
    start = estimates[
        (estimates["row_label"] == "Multiple myeloma") & (estimates["statistic"] == "persons_after")
    ]
    assert start["denominator"].eq(995).all()
    for name in ("estimates.csv", "curves.csv", "manifest.json", "report.html"):
        assert (tmp_path / "first_line_transplant" / name).exists()


def test_a_study_that_nobody_reaches_ends_with_its_attrition_and_a_sentence(commpass, tmp_path):
    done = run("cart_vs_pom", commpass, tmp_path)
    assert done.returncode == 0
    assert "cart_vs_pom: not made: cart_vs_pom_baseline (CVP-O1), " in done.stderr
    assert "No patient reached the cohort «CAR-T»" in done.stderr
    assert "Traceback" not in done.stderr
    estimates = pd.read_parquet(tmp_path / "cart_vs_pom" / "estimates.parquet")
    missing = estimates[estimates["statistic"] == "not_produced"]
    assert set(missing["output_id"]) <= {"CVP-O1", "CVP-O2", "CVP-O3"}
    assert set(estimates["statistic"]) - {"not_produced"} == {"persons_after", "persons_excluded"}


def test_a_cdm_without_myeloma_builds_and_says_so(models, shared_data, tmp_path):
    """The studies alone: every table was made of real patients above."""
    database = tmp_path / "synthea.duckdb"
    source = parse_source(str(shared_data / "omop_synthea27nj"))
    land([source], tmp_path / "landing", lambda message: None)
    studies = models.in_schema("studies")
    assert models.over(tmp_path / "landing").build(database, studies) == []
    done = run("cart_vs_pom", database, tmp_path / "out")
    assert done.returncode == 0
    assert "No patient reached" in done.stderr
    assert "Traceback" not in done.stderr
    assert "No patient reached" in (tmp_path / "out" / "cart_vs_pom" / "report.html").read_text()

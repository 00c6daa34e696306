"""The tutorial's study: the one file of its page in a site's folder, built, run and reported."""

import re
import subprocess
import sys

import pandas as pd
import pytest

from myelomart.project import project_root
from myelomart_synthetic.network import make_network

STUDY = "infection_after_bispecific"
PAGE = project_root() / "docs" / "tutorial_sixth_study.md"
PERSONS, SITES, SEED, MYELOMA_SHARE = 160, 2, 1, 0.9


def run(site, *arguments):
    """A command as a user types it in the site's folder."""
    command = [sys.executable, "-m", "myelomart", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=site)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site's folder with the page's file, built, run and reported."""
    folder = tmp_path_factory.mktemp("tutorial") / "ours"
    assert run(folder.parent, "init", "ours").returncode == 0
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (folder / "studies" / f"{STUDY}.yml").write_text(text, encoding="utf-8")
    settings = folder / "myelomart.toml"
    settings.write_text(settings.read_text().replace('# source = "cdm"', 'source = "cdm"'))
    make_network(PERSONS, SITES, SEED, folder / "cdm", MYELOMA_SHARE)
    for command in (
        ("study", "check"),
        ("build",),
        ("study", "run", STUDY, "--out", "results"),
        ("report", "--out", "report.html"),
    ):
        ran = run(folder, *command)
        assert ran.returncode == 0, (command, ran.stderr[-3000:])
    return folder


def test_every_output_of_the_study_is_made(site):
    results = site / "results" / STUDY
    estimates = pd.read_parquet(results / "estimates.parquet")
    assert set(estimates["output_id"]) == {"INF-O1", "INF-O2", "INF-O3"}
    curves = pd.read_parquet(results / "curves.parquet")
    assert {"INF-O2", "INF-O3"} <= set(curves["output_id"])


def test_its_flow_closes(site):
    estimates = pd.read_parquet(site / "results" / STUDY / "estimates.parquet")
    flow = estimates.query("row_group == 'Flow'")
    after = flow[flow["statistic"] == "persons_after"].set_index("row_label")
    left = flow[flow["statistic"] == "persons_excluded"].set_index("row_label")
    assert len(after) == 6
    assert (after["denominator"] - left["estimate"]).eq(after["estimate"]).all()
    assert after["estimate"].iloc[-1] > 0


def test_the_report_and_the_list_have_it_beside_ours(site):
    listed = run(site, "study", "list").stdout
    assert STUDY in listed and "cart_vs_pom" in listed
    shown = run(site, "study", "show", STUDY)
    assert shown.returncode == 0 and "Severe infection after a bispecific antibody" in shown.stdout
    assert "Severe infection after a bispecific antibody" in (site / "report.html").read_text()


def test_nothing_of_the_clone_was_touched(site):
    """What a build makes lies beside its database."""
    made = {path.name for path in site.iterdir()}
    assert {"myelomart.duckdb", "myelomart.dbt", "results", "report.html"} <= made
    assert STUDY not in (project_root() / "seeds" / "studies" / "studies.csv").read_text()

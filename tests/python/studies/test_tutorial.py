"""The tutorial's study, from a wheel: its page's file in a site's folder, built and reported."""

import os
import re
import subprocess
import sys

import pandas as pd
import pytest

from myelomart.project import project_root

STUDY = "infection_after_bispecific"
PAGE = project_root() / "docs" / "tutorials" / "own_study.md"
NETWORK = ["--patients", "400", "--myeloma-share", "0.7", "--out", "cdm"]  # 21 with a bispecific
WHERE = "from myelomart.project import is_clone, project_root; print(is_clone(), project_root())"


def python(folder, place, *arguments):
    """Python with the installed wheel before everything else."""
    environment = os.environ | {"PYTHONPATH": str(place), "DO_NOT_TRACK": "1"}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the wheel of this tree, unpacked as an install would, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    source = str(project_root())
    build = [*pip, "wheel", source, "--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run(build, capture_output=True, check=True)
    (wheel,) = folder.glob("myelomart-*.whl")
    place = folder / "installed"
    install = [*pip, "install", "--no-deps", "--target", str(place), str(wheel)]
    subprocess.run(install, capture_output=True, check=True)
    return place


@pytest.fixture(scope="module")
def run(installed):
    """A command as a user of the wheel types it, in a folder."""

    def run_in(folder, *arguments):
        return python(folder, installed, "-m", "myelomart", *arguments)

    return run_in


@pytest.fixture(scope="module")
def site(run, tmp_path_factory):
    """A site's folder with the page's file, built, run and reported."""
    folder = tmp_path_factory.mktemp("tutorial") / "ours"
    assert run(folder.parent, "init", "ours").returncode == 0
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (folder / "studies" / f"{STUDY}.yml").write_text(text, encoding="utf-8")
    settings = folder / "myelomart.toml"
    settings.write_text(settings.read_text().replace('# source = "cdm"', 'source = "cdm"'))
    for command in (
        ("synth", *NETWORK),
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


def test_the_report_and_the_list_have_it_beside_ours(run, site):
    listed = run(site, "study", "list").stdout
    assert STUDY in listed and "cart_vs_pom" in listed
    shown = run(site, "study", "show", STUDY)
    assert shown.returncode == 0 and "Severe infection after a bispecific antibody" in shown.stdout
    assert "Severe infection after a bispecific antibody" in (site / "report.html").read_text()


def test_the_wheel_carries_the_project_and_a_build_writes_nothing_into_it(installed, site):
    told = python(site, installed, "-c", WHERE).stdout.split()
    assert told == ["False", str(installed / "myelomart" / "dbt")]
    assert not any((installed / "myelomart" / "dbt" / name).exists() for name in ("target", "logs"))
    made = {path.name for path in site.iterdir()}
    assert {"myelomart.duckdb", "myelomart.dbt", "results", "report.html"} <= made
    seeds = installed / "myelomart" / "dbt" / "seeds"
    for file in (project_root() / "seeds").rglob("*.csv"):
        assert (
            seeds / file.relative_to(project_root() / "seeds")
        ).read_bytes() == file.read_bytes()

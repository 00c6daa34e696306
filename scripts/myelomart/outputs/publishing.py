"""Runs studies of a warehouse and writes what they made: tables, figures, manifest, report."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path

from myelomart import __version__, warehouse
from myelomart.building import landing_of
from myelomart.outputs.running import read_data, run_study
from myelomart.project import project_root
from myelomart.report.render import Chapter, chapter, render
from myelomart.results import Results, write_results
from myelomart.sources.landing import read_manifest
from myelomart.study import read_study, study_ids

COMPUTING = ("duckdb", "numpy", "pandas", "scipy", "scikit-learn", "matplotlib")


def run_studies(database: Path, wanted: list[str] | None = None) -> list[Chapter]:
    """The studies named in ``wanted`` (all without it), run on ``database``, in order."""
    chapters = []
    with warehouse.database(database) as connection:
        for study_id in wanted or study_ids(connection):
            study = read_study(connection, study_id)
            data = read_data(connection, study)
            chapters.append(chapter(study, run_study(study, data), data.published))
    return chapters


def publish(chapters: list[Chapter], database: Path, out: Path) -> None:
    """Write every study into a folder of its own under ``out``, with its report."""
    facts = provenance(database)
    for one in chapters:
        folder = out / one.study.study_id
        write_results(one.results, folder, manifest(one.results, facts, one))
        write_report([one], facts, folder / "report.html")


def write_report(chapters: list[Chapter], facts: dict, file: Path) -> None:
    """Write the page of ``chapters``; a former page stays until the new one is whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    building = file.with_name(file.name + ".building")
    shown = {name: fact for name, fact in facts.items() if isinstance(fact, str)}
    building.write_text(render(chapters, shown), encoding="utf-8")
    building.replace(file)


def manifest(results: Results, facts: dict, one: Chapter) -> dict:
    """What made these results: versions, commit, inputs, seeds; no time, so that bytes repeat."""
    seeds = {analysis.analysis_id: analysis.seed for analysis in one.study.analyses}
    return facts | {"study_id": results.study_id, "seeds": seeds}


def provenance(database: Path) -> dict:
    """Versions, the commit of the code and the hashes of the inputs of ``database``."""
    landed = read_manifest(landing_of(database.resolve())) or {}
    versions = {name: importlib.metadata.version(name) for name in COMPUTING}
    return {
        "Version": f"myelomart {__version__}, commit {commit()}",
        "Python": platform.python_version(),
        "Packages": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "Rule set": _rule_set(database),
        "Sources": ", ".join(one["name"] for one in landed.get("sources", [])) or "not known",
        "inputs": _input_hashes(landed),
    }


def _input_hashes(landed: dict) -> dict[str, list[str]]:
    """The content hashes of every file that was read, by source and table; no paths, no times."""
    return {
        f"{source['name']}.{table}": sorted(file["sha256"] for file in what["files"])
        for source in landed.get("sources", [])
        for table, what in source["tables"].items()
        if what["files"]
    }


def commit() -> str:
    """The commit that the code stands at, with a mark when files differ from it."""
    command = ["git", "-C", str(project_root()), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "not known"


def _rule_set(database: Path) -> str:
    with warehouse.database(database) as connection:
        return str(warehouse.value(connection, "select min(rule_set) from studies.study_rule_set"))

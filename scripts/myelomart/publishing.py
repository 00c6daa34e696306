"""Runs studies of a warehouse and writes what they made: tables, figures, manifest, report."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path

from myelomart import __version__, warehouse
from myelomart.disclosure.policies import Policy
from myelomart.disclosure.suppression import suppress
from myelomart.lineage import read_origin
from myelomart.project import project_root
from myelomart.report.render import Chapter, Page, chapter, quality_table, render
from myelomart.results import Results, write_results, write_texts
from myelomart.running import run_study
from myelomart.study import read_study, study_frame, study_ids
from myelomart.study_data import read_data

COMPUTING = ("duckdb", "numpy", "pandas", "scipy", "scikit-learn")


def run_studies(
    database: Path, wanted: list[str] | None = None, policy: Policy | None = None
) -> list[Chapter]:
    """The studies named in ``wanted`` (all without it), run on ``database``, in order.

    What ``policy`` hides is hidden before anything is shown; nothing is without it.
    """
    chapters = []
    with warehouse.database(database) as connection:
        for study_id in wanted or study_ids(connection):
            study = read_study(connection, study_id)
            data = read_data(connection, study)
            results = run_study(study, data)
            if policy:
                months = {one.output_id: one.months for one in study.analyses}
                suppress(results, policy, months)
            chapters.append(chapter(study, results, data))
    return chapters


def publish(
    chapters: list[Chapter], database: Path, out: Path, policy: Policy | None = None
) -> None:
    """Write every study into a folder of its own under ``out``, with its tables and its report."""
    facts = provenance(database)
    for one in chapters:
        folder = out / one.study.study_id
        write_results(one.results, folder, manifest(one.results, facts, one))
        write_texts(folder / "tables", "csv", _tables(one))
        write_report([one], database, folder / "report.html", facts, policy)


def _tables(one: Chapter) -> dict[str, str]:
    """Every printed table of a study as CSV, by output and analysis; and what is missing."""
    tables = {}
    for section in one.sections:
        name = f"{section.output_id}_{section.anchor}"
        if section.table:
            tables[name] = section.table.as_csv()
        if section.printed:
            tables[f"{name}_beside_printed"] = section.printed.as_csv()
        if section.missing:
            tables[name] = f'missing\n"{section.missing.replace(chr(34), chr(39))}"\n'
    return tables


def write_report(
    chapters: list[Chapter],
    database: Path,
    file: Path,
    facts: dict | None = None,
    policy: Policy | None = None,
) -> None:
    """Write the page of ``chapters``; a former page stays until the new one is whole.

    The findings about the data, which count single records, are left out under a ``policy``.
    """
    facts = facts or provenance(database)
    file.parent.mkdir(parents=True, exist_ok=True)
    building = file.with_name(file.name + ".building")
    with warehouse.database(database) as connection:
        findings = study_frame(
            connection,
            "study_quality",
            None,
            "source_name, finding_group, found_count desc, finding",
        )
    page = Page(
        {name: fact for name, fact in facts.items() if isinstance(fact, str)},
        facts["models"], facts["inputs"], None if policy else quality_table(findings),
    )  # fmt: skip
    building.write_text(render(chapters, page), encoding="utf-8")
    building.replace(file)


def manifest(results: Results, facts: dict, one: Chapter) -> dict:
    """What made these results: versions, commit, inputs, seeds; no time, so that bytes repeat."""
    seeds = {analysis.analysis_id: analysis.seed for analysis in one.study.analyses}
    return facts | {"study_id": results.study_id, "seeds": seeds}


def provenance(database: Path) -> dict:
    """Versions, the commit of the code and the hashes of the inputs of ``database``."""
    with warehouse.database(database) as connection:
        origin = read_origin(connection)
        rule_set = warehouse.value(connection, "select min(rule_set) from studies.study_rule_set")
    sources = ", ".join(one["name"] for one in origin.landed.get("sources", []))
    versions = {name: importlib.metadata.version(name) for name in COMPUTING}
    return {
        "Version": f"myelomart {__version__}, commit {commit()}",
        "Python": platform.python_version(),
        "Packages": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "Rule set": str(rule_set),
        "Sources": sources or "not known",
        "inputs": _input_hashes(origin.landed),
        "models": origin.models,
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

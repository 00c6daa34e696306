"""Runs studies of a warehouse and writes what they made: tables, figures, manifest, report."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from myelomart import __version__, warehouse, whole
from myelomart.disclosure.former import Former, persons_as_they_were
from myelomart.disclosure.policies import Policy
from myelomart.disclosure.states import unions
from myelomart.disclosure.suppression import Hidden, suppress
from myelomart.display.table import Table
from myelomart.errors import MyelomartError
from myelomart.figures.formats import SVG
from myelomart.lineage import read_origin
from myelomart.other_rules import opened_beside, read_beside
from myelomart.population.published_curves import hashes
from myelomart.private_files import private
from myelomart.project import is_clone, project_root
from myelomart.protocol.measures import code_table
from myelomart.report.downloads import files_of, marked
from myelomart.report.render import Chapter, Page, chapter, quality_table, render, render_folder
from myelomart.report.sources import Source, read_sources
from myelomart.results import Results, write_results
from myelomart.running import run_study
from myelomart.study import read_study, rule_set_of, study_frame, study_ids
from myelomart.study_data import read_data

RESULT_SIZE = 4_000_000  # bytes of a study's folder, or of its part of the page: at most so
MADE_BY = "report"
GENERATOR = '<meta name="generator" content="myelomart'  # by which a page is known as ours
COMPUTING = ("duckdb", "numpy", "pandas", "scipy", "scikit-learn")


@dataclass(frozen=True)
class Run:
    """Studies that were run, and what the warehouse that gave the numbers says of itself."""

    chapters: list[Chapter]
    facts: dict
    quality: Table | None
    sources: tuple[Source, ...] = ()
    hidden: Hidden | None = None  # what a policy hid


@private()
def run_studies(
    database: Path, wanted: list[str] | None = None, policy: Policy | None = None,
    former: list[Former] | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, name: None,
    beside: Sequence[Path] = (),
) -> Run:  # fmt: skip
    """Run the studies named in ``wanted`` (all without it) on ``database``, in order.

    What ``policy`` hides is hidden before anything is shown, and with it the findings about the
    data, which count single records. All is read through one connection: what the manifest names
    is what gave the numbers. Studies of ``former`` releases are run as well, and are not in the
    run: what they tell of the others is seen. ``beside`` are warehouses that other rule sets built:
    a study that names choices is asked under their rules as well.
    """
    made, hidden, out = [], None, frozenset()
    with warehouse.database(database) as connection, ExitStack() as until:
        facts, sources = provenance(connection), read_sources(connection, policy)
        others = opened_beside(connection, beside, until)
        if others:
            facts["Rule sets beside it"] = ", ".join(others)
        if policy and former:
            sources = _as_they_were(sources, former, policy)
        order = "source_name, finding_group, found_count desc, finding"
        quality = quality_table(study_frame(connection, "study_quality", None, order))
        known = study_ids(connection)
        if wanted:
            before = {study for one in former or [] for study in one.words}
            out = frozenset(one for one in known if one in before and one not in wanted)
        order = [*(wanted or known), *sorted(out)]
        for done, study_id in enumerate(order):
            progress(done, len(order), study_id)
            study = read_study(connection, study_id)
            data = read_data(connection, study)
            if len(data.rows["choices"]):
                data.beside = read_beside(others, study)
            made.append((study, run_study(study, data), data))
    if policy:
        months = {one.output_id: one.months for study, *_ in made for one in study.analyses}
        made_of = [one for study, _, data in made for one in unions(study, data)]
        shown = [results for _, results, _ in made]
        hidden = suppress(shown, policy, months, former, out, made_of)
    chapters = [
        chapter(study, results, data, [asdict(one) for one in sources], policy is None)
        for study, results, data in made
        if study.study_id not in out
    ]
    return Run(chapters, facts, None if policy else quality, sources, hidden)


def _as_they_were(sources: tuple[Source, ...], former: list[Former], policy: Policy):
    """The sources with the persons that former releases showed, where few were added since."""
    now = {one.source_name: one.person_count for one in sources}
    shown = persons_as_they_were(now, former, policy)
    return tuple(replace(one, person_count=shown[one.source_name]) for one in sources)


def publish(run: Run, out: Path, formats: tuple[str, ...] = (SVG,)) -> None:
    """Write every study into a folder of its own under ``out``, with its tables and its report."""
    page = page_of(run, formats=formats)
    for one in run.chapters:
        results = replace(
            one.results,
            figures={name: page.stamped(svg) for name, svg in one.results.figures.items()},
        )
        texts = files_of(one.sections, page.is_synthetic)
        codes = code_table(one.study).as_csv()
        texts["tables/code_lists.csv"] = marked(codes, page.is_synthetic)
        texts["report.html"] = render([one], page)
        told = manifest(results, run.facts, one) | {
            "is_synthetic": page.is_synthetic,
            "described": [asdict(source) for source in run.sources],
        }
        write_results(results, out / one.study.study_id, told, texts, formats)


def write_report(run: Run, place: Path, is_alone: bool, formats: tuple[str, ...] = (SVG,)) -> Path:
    """Write the pages of ``run``; former ones stay until the new are whole. Returns the first page.

    ``is_alone`` makes one file of them, else ``place`` is a folder, with its figures in
    ``formats`` beside SVG, which the pages show. Raises ``MyelomartError`` where it is something
    else than such pages.
    """
    if not is_alone:
        formats = tuple(dict.fromkeys((SVG, *formats)))
        page = page_of(run, is_folder=True, made_on=date.today(), formats=formats)
        pages = render_folder(run.chapters, page)
        with whole.folder(place, MADE_BY) as made:
            for name, text in pages.items():
                (made / name).parent.mkdir(exist_ok=True)
                (made / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return place / "index.html"
    if place.is_file() and GENERATOR not in place.read_text("utf-8", errors="replace")[:2000]:
        raise MyelomartError(
            f"{place} is not a page that myelomart wrote: name another file with --out, or move it "
            "away."
        )
    whole.write_text(place, render(run.chapters, page_of(run, is_alone=True, made_on=date.today())))
    return place


def page_of(run: Run, **form) -> Page:
    """What stands beside the studies of ``run``, on pages of a form."""
    facts = {name: fact for name, fact in run.facts.items() if isinstance(fact, str)}
    return Page(
        facts, run.facts["models"], run.facts["inputs"], run.quality, run.sources, **form
    )  # fmt: skip


def manifest(results: Results, facts: dict, one: Chapter) -> dict:
    """What made these results: versions, commit, inputs, seeds; no time, so that bytes repeat."""
    seeds = {analysis.analysis_id: analysis.seed for analysis in one.study.analyses}
    told = facts | {"study_id": results.study_id, "seeds": seeds}
    curves = hashes(one.study)
    return told | ({"published_curves": curves} if curves else {})


def provenance(connection: duckdb.DuckDBPyConnection) -> dict:
    """Versions, the commit of the code and the hashes of the inputs of a warehouse."""
    origin = read_origin(connection)
    sources = ", ".join(one["name"] for one in origin.landed.get("sources", []))
    versions = {name: importlib.metadata.version(name) for name in COMPUTING}
    return {
        "Version": f"myelomart {__version__}, commit {commit()}",
        "Python": platform.python_version(),
        "Packages": ", ".join(f"{name} {version}" for name, version in versions.items()),
        "Rule set": str(rule_set_of(connection)),
        "Sources": sources or "not known",
        "inputs": origin.inputs,
        "models": origin.models,
    }


def commit() -> str:
    """The commit that the code stands at, with a mark when files differ from it."""
    if not is_clone():
        return "installed from a wheel"
    command = ["git", "-C", str(project_root()), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "not known"

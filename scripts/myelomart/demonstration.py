"""The demonstration: the same path as real data take, each stage only when its inputs changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from myelomart import whole
from myelomart.building import Progress, build
from myelomart.project import PACKAGE, project_root
from myelomart.publishing import publish, run_studies, write_report
from myelomart.report.render import Chapter
from myelomart.sources.landing import parse_source

# some 1,700 myeloma patients at 4 sites: each of the 23 outcomes compared has a hazard ratio
PERSONS, SITES, SEED, MYELOMA_SHARE = 2_600, 4, 3, 0.667
DBT_INPUTS = ("models/**/*", "seeds/**/*", "macros/**/*", "tests/generic/*", "*.yml")
MADE_BY = "demo"
CODE, GENERATOR = "myelomart/", "myelomart_synthetic/"  # beside each other, cloned or installed


def demonstrate(
    folder: Path,
    say: Callable[[str], None],
    progress: Progress = lambda done, total, name: None,
    persons: int = PERSONS,
) -> list[Chapter]:
    """Make data, warehouse, results and report in ``folder``; returns the studies that were run.

    A stage whose inputs hash to what they did last time, and whose output is there, is skipped.
    """
    whole.claim(folder, MADE_BY)
    data, database, report = folder / "cdm", folder / "myelomart.duckdb", folder / "report"
    done = _Done(folder / "state.json")
    generator = _hash_of(GENERATOR + "**/*") + ("" if persons == PERSONS else f" {persons}")
    if done.is_needed("data", generator, data):
        say("writing the synthetic network")
        write_demo_network(data, persons)
        done.record("data", generator)
    models = _hash_of(*DBT_INPUTS, CODE + "sources/**/*") + generator
    if done.is_needed("warehouse", models, database):
        build([parse_source(str(data))], database, say=say, progress=progress)
        done.record("warehouse", models)
    everything = models + _hash_of(CODE + "**/*.py", CODE + "report/*")
    if not done.is_needed("report", everything, report):
        say("nothing changed: the report is up to date")
        return []
    say("running the studies")
    run = run_studies(database)
    publish(run, folder / "results")
    write_report(run, folder / "report.html", is_alone=True)
    write_report(run, report, is_alone=False)
    done.record("report", everything)
    return run.chapters


def write_demo_network(folder: Path, persons: int = PERSONS) -> None:
    """Write the synthetic CDM of the demonstration, its truth beside it."""
    from myelomart_synthetic.network import make_network

    make_network(persons, SITES, SEED, folder, MYELOMA_SHARE)


class _Done:
    """Which stage was made from which inputs, kept in a small file beside the outputs."""

    def __init__(self, file: Path):
        self.file = file
        try:
            self.hashes = dict(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # none yet, or one that somebody cut
            self.hashes = {}

    def is_needed(self, stage: str, inputs: str, output: Path) -> bool:
        return self.hashes.get(stage) != inputs or not output.exists()

    def record(self, stage: str, inputs: str) -> None:
        self.hashes[stage] = inputs
        whole.write_text(self.file, json.dumps(self.hashes, indent=2, sort_keys=True) + "\n")


def _hash_of(*patterns: str) -> str:
    """One hash of the names and contents of our files that match ``patterns``."""
    total = hashlib.sha256()
    for pattern in patterns:
        root = PACKAGE.parent if pattern.startswith((CODE, GENERATOR)) else project_root()
        files = [file for file in root.glob(pattern) if file.is_file()]
        for file in sorted(file for file in files if "__pycache__" not in file.parts):
            total.update(str(file.relative_to(root)).encode())
            total.update(file.read_bytes())
    return total.hexdigest()

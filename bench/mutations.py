"""Changes that the tests must notice, applied one by one in a copy of the tree.

    python bench/mutations.py                 # every row of bench/mutations.csv
    python bench/mutations.py --only NAME …   # some of them

A row says which text of which file becomes which other, and the nearest tests: what `pytest` is
given, or, with the runner `dbt`, the models whose unit tests are run. Tests must pass before the
change and fail after it. Exit code 1 when a change survives, when its text is not found exactly
once, or when it breaks the program instead of its answer.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = ROOT / "bench" / "mutations.csv"
KILLED, SURVIVED = "killed", "survived"
NOT_FOUND, BROKEN = "text not found once", "breaks the program"
TESTS_PASS, TESTS_FAIL = 0, 1  # exit codes of pytest


@dataclass(frozen=True)
class Mutation:
    """One row of mutations.csv."""

    name: str
    file: str
    old: str
    new: str
    runner: str  # pytest or dbt
    tests: str  # paths and node ids, or models, separated by spaces


def mutations() -> list[Mutation]:
    """Every row of mutations.csv."""
    with ROWS.open(newline="", encoding="utf-8") as handle:
        return [Mutation(**row) for row in csv.DictReader(handle)]


def occurrences(mutation: Mutation, root: Path = ROOT) -> int:
    """How often the text to change stands in its file."""
    file = root / mutation.file
    return file.read_text(encoding="utf-8").count(mutation.old) if file.exists() else 0


class Copy:
    """A copy of the tree in which one file at a time is changed."""

    def __init__(self, folder: Path):
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        self.environment = os.environ | {
            "PYTHONPATH": str(folder / "scripts"), "PYTHONDONTWRITEBYTECODE": "1",
            "MYELOMART_DB": str(folder / "mutations.duckdb"), "DO_NOT_TRACK": "1",
        }  # fmt: skip
        self.has_relations = False

    def run(self, *command: str) -> int:
        """The exit code of a Python module that is run in the copy."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder, env=self.environment, capture_output=True, text=True,
        )  # fmt: skip
        return done.returncode

    def verdict(self, runner: str, tests: str) -> str:
        """What the tests say of the copy as it stands."""
        if runner == "dbt":
            return self._unit_tests(tests)
        code = self.run("pytest", "-x", "-q", "-p", "no:cacheprovider", *tests.split())
        return {TESTS_PASS: SURVIVED, TESTS_FAIL: KILLED}.get(code, BROKEN)

    def _unit_tests(self, models: str) -> str:
        """Unit tests need the columns of what a model reads: empty relations, made once."""
        dbt = ("dbt.cli.main", "--quiet")
        places = ("--project-dir", str(self.folder), "--profiles-dir", str(self.folder))
        if not self.has_relations:
            if self.run(*dbt, "seed", *places) or self.run(*dbt, "run", "--empty", *places):
                return BROKEN
            self.has_relations = True
        results = self.folder / "target" / "run_results.json"
        results.unlink(missing_ok=True)
        chosen = [f"{model},test_type:unit" for model in models.split()]
        self.run(*dbt, "test", "--select", *chosen, *places)
        if not results.exists():
            return BROKEN
        statuses = [one["status"] for one in json.loads(results.read_text())["results"]]
        if not statuses or "error" in statuses:
            return BROKEN
        return KILLED if "fail" in statuses else SURVIVED

    def outcome(self, mutation: Mutation) -> str:
        """Killed, survived, or why it says nothing; the file is as it was afterwards."""
        if occurrences(mutation, self.folder) != 1:
            return NOT_FOUND
        file = self.folder / mutation.file
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
        try:
            return self.verdict(mutation.runner, mutation.tests)
        finally:
            file.write_text(text, encoding="utf-8")


def failing(copy: Copy, chosen: Iterable[Mutation]) -> list[str]:
    """The tests that do not pass before anything is changed: they could kill nothing."""
    selections = dict.fromkeys((one.runner, one.tests) for one in chosen)
    return [tests for runner, tests in selections if copy.verdict(runner, tests) != SURVIVED]


def main() -> int:
    """Apply the rows, print what became of each, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", help="Names of rows; all without it.")
    wanted = parser.parse_args().only
    chosen = [one for one in mutations() if not wanted or one.name in wanted]
    if not chosen:
        parser.error("no row of bench/mutations.csv has one of these names")
    counts = dict.fromkeys((KILLED, SURVIVED, NOT_FOUND, BROKEN), 0)
    with tempfile.TemporaryDirectory(prefix="myelomart_mutations_") as folder:
        copy = Copy(Path(folder))
        for tests in failing(copy, chosen):
            print(f"these tests do not pass as the tree stands: {tests}")
            counts[BROKEN] += 1
        if counts[BROKEN]:
            return 1
        for one in chosen:
            outcome = copy.outcome(one)
            counts[outcome] += 1
            print(f"{outcome:20} {one.name}", flush=True)
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count))
    return 0 if counts[KILLED] == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())

"""From an edit to the result: what a build costs when little differs, in a site's own folder.

    python bench/remake.py --patients 1000

Each line is `myelomart build` in a process of its own, with the seconds of clock and processor (its
children's among them), the steps that ran, and the ratio of its processor time to that of the first
build with compiled steps at hand. After the last one everything is built once more into a new
database, and every table must be the same, row by row.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from myelomart import warehouse
from myelomart_synthetic.network import make_network

STUDY = Path("studies") / "mine.yml"
RULES = Path("rules") / "algorithm_parameters.csv"
OWN_CLOCK = ("qc.check_history",)  # one row per build


def run(site: Path, *arguments: str) -> tuple[float, float, str]:
    """Clock and processor seconds of a command in ``site``, and what it said.

    Raises ``SystemExit`` with what it said when it fails.
    """
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "myelomart", *arguments]
    done = subprocess.run(command, cwd=site, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, used, done.stderr


def edit(file: Path, old: str, new: str) -> None:
    """Put ``new`` in the place of ``old``, which the file must have."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def _add(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as opened:
        opened.write(line)


def edits(site: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """What is edited one after the other: its name, and how."""
    study, rules = site / STUDY, site / RULES
    yield "a label of a study", lambda: edit(study, "label: No transplant", "label: None")
    yield "a criterion", lambda: edit(study, "days: -395 to 0", "days: -300 to 0")
    line = "mine,lines_of_therapy,rechallenge_gap_days,120,ours: a shorter gap\n"
    yield "a rule set of one parameter", lambda: _add(rules, line)


def differing(one: Path, other: Path) -> list[str]:
    """The tables whose rows differ between two databases."""
    found = []
    with warehouse.scratch() as connection:
        for name, path in (("one", one), ("other", other)):
            warehouse.attach(connection, path, name)
        tables = "select schema_name || '.' || table_name, database_name from duckdb_tables()"
        kept = warehouse.rows(connection, tables)
        names = [{table for table, of in kept if of == name} for name in ("one", "other")]
        for table in sorted(names[0] & names[1] - {*OWN_CLOCK}):
            first, second = (f"from {name}.{table}" for name in ("one", "other"))
            query = f"(({first} except all {second}) union all ({second} except all {first}))"
            if warehouse.value(connection, f"select count(*) from {query}"):
                found.append(table)
    return found + sorted(names[0] ^ names[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=1_000)
    patients = parser.parse_args().patients
    with tempfile.TemporaryDirectory() as folder:
        site, cdm = Path(folder) / "site", Path(folder) / "cdm"
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        make_network(patients, 3, 7, cdm, 0.2)
        run(Path(folder), "init", "site")
        run(site, "study", "new", "mine", "--like", "first_line_transplant")
        build = ("build", "--source", str(cdm), "--accept-quality", "--verbose", "--db")
        print(f"{patients:,} people, 20 % with myeloma")
        print("| build | clock s | processor s | steps | ratio |\n|---|---:|---:|---:|---:|")
        first = 0.0
        builds = [("the first, with dbt's compilation", lambda: None, "other.duckdb")]
        builds += [("all, compiled before", lambda: None, "own.duckdb")]
        builds += [("nothing new", lambda: None, "own.duckdb")]
        builds += [(name, act, "own.duckdb") for name, act in edits(site)]
        for name, act, database in builds:
            act()
            took, used, said = run(site, *build, database)
            steps = sum(line.startswith("building: ") for line in said.splitlines())
            first = used if name.startswith("all") else first
            ratio = f"{used / first:.2f}" if first else ""
            print(f"| {name} | {took:.1f} | {used:.1f} | {steps} | {ratio} |", flush=True)
        run(site, *build, "again.duckdb")
        found = differing(site / "own.duckdb", site / "again.duckdb")
        print(f"tables that differ from those of a whole build: {', '.join(found) or 'none'}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()

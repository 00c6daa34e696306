"""One study from raw Parquet to its report: what each phase costs.

    python bench/scale.py --persons 1000000 --myeloma-share 0.01 --folder DIR

Writes the synthetic network if DIR has none, then runs `myelomart build` and `study run`, which
writes the report, as a user would, and prints one table: seconds of clock and processor, the most
memory that the command and its children held at once, what was written, and the rows. The phases of
the build begin where the command says that the one before is done. The compiled project is at hand:
the first build on a machine needs dbt's half minute more.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from myelomart import warehouse

STUDY = "cart_vs_pom"
PERSONS = "select count(*) from studies.study_population where study_id = ?"
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
# what the build says first when a phase begins
PHASES = {"landing": "", "checks": "rows in =", "SQL of the models": "quality: "}


@dataclass
class Cost:
    """What a phase took; memory is the most held at once, of the command with its children."""

    name: str
    clock: float = 0
    processor: float = 0
    memory: int = 0
    written: int = 0


@dataclass
class Watched:
    """A command, looked at ten times a second, until it ends."""

    process: subprocess.Popen
    cost: Cost
    done: list[Cost] = field(default_factory=list)

    def look(self) -> None:
        """Add what the command and its children hold and have used by now to the phase."""
        used = memory = written = 0
        for pid in _tree(self.process.pid):
            try:
                stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                written += int(Path(f"/proc/{pid}/io").read_text().split()[11])
            except OSError:  # it has just ended
                continue
            memory += int(stat[21]) * PAGE
            used += sum(map(int, stat[11:15]))
        before = [*self.done, Cost("")]
        self.cost.memory = max(self.cost.memory, memory)
        self.cost.processor = max(
            self.cost.processor, used / TICK - sum(one.processor for one in before)
        )
        self.cost.written = max(self.cost.written, written - sum(one.written for one in before))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in file.read_text().split():
            yield from _tree(int(child))


def run(arguments: list[str], phases: dict[str, str]) -> list[Cost]:
    """The phases of a command, which begin where it says so.

    Raises ``SystemExit`` with what it said when it fails.
    """
    command = [sys.executable, "-m", "myelomart", *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    names = list(phases)
    watched, said = Watched(process, Cost(names.pop(0))), []
    ended = threading.Event()
    lock = threading.Lock()

    def looking() -> None:
        while not ended.wait(0.1):
            with lock:
                watched.look()

    looker = threading.Thread(target=looking)
    looker.start()
    start = time.perf_counter()
    for line in process.stderr:
        said.append(line)
        if names and phases[names[0]] in line:
            with lock:
                watched.look()
                watched.cost.clock = time.perf_counter() - start
                watched.done.append(watched.cost)
                watched.cost = Cost(names.pop(0))
            start = time.perf_counter()
    ended.set()
    looker.join()
    if process.wait():
        sys.exit("".join(said))
    watched.cost.clock = time.perf_counter() - start
    return [*watched.done, watched.cost]


def table_of(costs: list[Cost], rows: list[int]) -> str:
    """The costs as a table in Markdown, with a line for all."""
    together = Cost(
        "all",
        sum(one.clock for one in costs),
        sum(one.processor for one in costs),
        max(one.memory for one in costs),
        sum(one.written for one in costs),
    )
    lines = ["| phase | clock, s | processor, s | memory, GB | written, GB | rows |"]
    lines.append("|---|---:|---:|---:|---:|---:|")
    for cost, count in zip([*costs, together], [*rows, None], strict=True):
        lines.append(
            f"| {cost.name} | {cost.clock:.0f} | {cost.processor:.0f} | {cost.memory / 1e9:.2f} | "
            f"{cost.written / 1e9:.2f} | {'' if count is None else f'{count:,}'} |"
        )
    return "\n".join(lines)


def counts(database: Path) -> tuple[int, int, int]:
    """Rows that were landed, rows of all tables that were made of them, persons of the study."""
    with warehouse.database(database) as connection:
        return (
            warehouse.value(connection, "select sum(rows_kept) from qc.row_accounts"),
            warehouse.value(connection, "select sum(estimated_size) from duckdb_tables()"),
            warehouse.value(
                connection,
                "select count(*) from studies.study_population where study_id = ?",
                [STUDY],
            ),
        )


def main() -> None:
    """Build and run in ``--folder``; print what each phase cost."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--persons", type=int, default=100_000)
    asked.add_argument("--myeloma-share", default="0.2")
    asked.add_argument("--folder", type=Path, required=True)
    asked.add_argument("--memory", default="4GB", help="the limit for DuckDB")
    options = asked.parse_args()
    cdm, database = options.folder / "cdm", options.folder / "scale.duckdb"
    if not cdm.exists():
        of = ["--patients", str(options.persons), "--myeloma-share", options.myeloma_share]
        run(["synth", *of, "--sites", "4", "--seed", "1", "--out", str(cdm)], {"network": ""})
    limit = ["--memory", options.memory]
    costs = run(["build", "--source", str(cdm), "--db", str(database), *limit], PHASES)
    results = ["--db", str(database), "--out", str(options.folder / "results")]
    costs += run(["study", "run", STUDY, *results, *limit], {"study and its report": ""})
    landed, made, persons = counts(database)
    print(table_of(costs, [landed, landed, made, persons]))
    raw = sum(file.stat().st_size for file in cdm.rglob("*.parquet"))
    print(f"\n{raw / 1e9:.2f} GB of Parquet; a warehouse of {database.stat().st_size / 1e9:.2f} GB")


if __name__ == "__main__":
    main()

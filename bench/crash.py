"""Crash tests in the style of SQLite's: every step of what writes is interrupted, then looked at.

    python bench/crash.py                              # 240 points; about 20 minutes
    python bench/crash.py --points 12 --only results
    python bench/crash.py --disk                       # small disks that fill up; asks for root
    python bench/crash.py --dbt 8                      # whole builds ended at random times

A step is an operation on a file that changes something (open for writing, rename, exchange,
remove, mkdir, link, fsync), or a question to a database. A child does the work and ends at step N:
killed; killed with what was not synced cut to half, as a loss of power leaves it; or told from then
on that the disk is full. What stands there then must be the former state or the new one, whole; the
next run must work and leave nothing else.

The build runs three steps of its own, two tables and a view; all else is the build itself. `--dbt`
runs the command with the whole project and ends it by SIGKILL (of it, or of its group), SIGTERM or
SIGINT: no process may go on after that.
"""

import argparse
import errno
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from myelomart import building, steps, warehouse, whole
from myelomart.results import Results, faults_of, write_results
from myelomart.sources import folder as landing_folder
from myelomart.sources.source import Source
from myelomart.steps import Step
from myelomart_synthetic.network import make_network

WORKS = ("build", "results", "report", "synth")
PAGE = 100_000  # words of a page
SIZES = {"a": 40, "b": 60}  # persons of two networks
KILL, POWER, FULL, DISK = "kill", "power", "full", "disk"
EVENTS = {
    "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate",
    "os.utime",
}  # fmt: skip
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
PERSONS = f"read_parquet('{steps.LANDING}/person/**/*.parquet')"
STEPS = [  # of a project that dbt compiled: a table, what counts it, and a view over the landing
    Step("model.persons", "table", "main", "persons", "persons.sql",
         f"select count(*) as persons from {PERSONS}"),
    Step("model.landed", "view", "main", "landed", "landed.sql", f"select * from {PERSONS}"),
    Step("model.quality_checks", "table", "qc", "quality_checks", "quality_checks.sql",
         "select 'a' as source_name, 'person' as checked, 'rows' as check_name, "
         "persons as failing, persons as counted from main.persons", ["model.persons"]),
]  # fmt: skip


# --- interrupting --------------------------------------------------------------------------------


class Interrupter:
    """Counts the steps of this process below ``place``, and ends it, or fails, at one of them."""

    def __init__(self, place: Path, step: int, how: str):
        self.place, self.step, self.how = str(place), step, how
        self.count, self.synced, self.process = 0, set(), os.getpid()
        self.start, self.is_over = time.time_ns(), False
        self.fsync, self.exchange = os.fsync, whole.exchange
        self.rows = warehouse.rows
        os.fsync, whole.exchange, warehouse.rows = self._fsync, self._exchange, self._rows
        sys.addaudithook(self._hear)

    def _hear(self, event: str, values: tuple) -> None:
        if event == "open" and not (isinstance(values[2], int) and values[2] & WRITES):
            return
        if event != "open" and event not in EVENTS:
            return
        path = os.fspath(values[0]) if not isinstance(values[0], int) else ""
        is_here = str(os.fsdecode(path)).startswith(self.place) or not os.path.isabs(path)
        if is_here and not self.is_over:
            self._step()

    def _fsync(self, descriptor: int) -> None:
        self._step()
        self.fsync(descriptor)
        self.synced.add(os.fstat(descriptor).st_ino)

    def _exchange(self, one: Path, other: Path) -> bool:
        self._step()
        return self.exchange(one, other)

    def _rows(self, *asked) -> list[tuple]:
        self._step()
        return self.rows(*asked)

    def _step(self) -> None:
        if self.process != os.getpid():
            return
        self.count += 1
        if self.how == FULL and self.count >= self.step:
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.count == self.step:
            self.is_over = True
            if self.how == POWER:
                self._lose_power()
            os.kill(os.getpid(), signal.SIGKILL)

    def _lose_power(self) -> None:
        """Cut to half whatever was written since the start and is not on the disk."""
        for path in Path(self.place).rglob("*"):
            if path.is_file() and not path.is_symlink():
                status = path.stat()
                if status.st_mtime_ns >= self.start and status.st_ino not in self.synced:
                    os.truncate(path, status.st_size // 2)


def _child(act: Callable, place: Path, step: int, how: str, told) -> None:
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - what it says when it fails is not the point
    interrupter = Interrupter(place, step, how)
    act(place)
    told.send(interrupter.count)


def interrupted(act: Callable, place: Path, step: int, how: str) -> int | None:
    """Do ``act`` in a child that ends at ``step``; the number of its steps when it came through."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crash", "myelomart.publishing"])
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(act, place, step, how, there))
    child.start()
    there.close()
    child.join()
    return here.recv() if child.exitcode == 0 and here.poll() else None


# --- what is interrupted -------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """One kind of work: how the former state is made, what is done, what may stand there after."""

    name: str
    former: Callable[[Path], None]
    act: Callable[[Path], None]
    state: Callable[[Path], str]  # which state stands there; raises AssertionError when none


def build(inputs: Path, which: str, place: Path) -> None:
    """A build from the CDM ``which``, of the few steps above."""
    steps.take = lambda root: STEPS
    source = Source("cdm", str(inputs / which))
    building.build([source], place / "w.duckdb", accept_quality=True, say=lambda line: None)


def state_of_build(persons: dict[int, str], place: Path) -> str:
    """Whose persons the table, the view and the landing hold: all the same one's.

    The history of the checks holds the former build whole, and behind it those that ended.
    """
    with warehouse.database(place / "w.duckdb", reach=[place]) as connection:
        table = warehouse.value(connection, "select persons from persons")
        view = warehouse.value(connection, "select count(*) from landed")
        told = "select counted from qc.check_history order by built_at, counted"
        history = [counted for (counted,) in warehouse.rows(connection, told)]
    first = SIZES["a"]
    assert history[0] == first, f"the former history is lost: {history}"
    assert {*history[1:]} == {table} - {first}, f"the history tells of {history}"
    assert table == view, f"the table has {table} persons, the view {view}"
    landing = landing_folder.landing_of(place / "w.duckdb")
    assert landing.name.endswith(landing_folder.content_of(landing)), "the landing was changed"
    return persons[table]


def results(estimate: float, place: Path) -> None:
    """Results of a made-up study with a few tables and figures."""
    made = Results("made_up")
    made.add("OUT-1", "median", row_label="Age", arm="All", estimate=estimate)
    for number in range(4):
        made.add_figure(f"figure_{number}", f"<svg>{estimate} {number}</svg>")
    texts = {f"tables/table_{number}.csv": f"{estimate}\n" * 50 for number in range(4)}
    write_results(made, place / "made_up", {"study_id": "made_up"}, texts)


def state_of_files(names: tuple[str, ...], known: dict[str, str], place: Path) -> str:
    """Which state the files of the folders ``names`` are; no folder at all is `nothing`."""
    if not (place / names[0]).exists():
        return "nothing"
    there = str([whole.hashes(place / name) for name in names])
    assert there in known, "files of two runs, or files that are cut or missing"
    return known[there]


def state_of_results(known: dict[str, str], place: Path) -> str:
    """Which results stand there; the folder itself says that they are whole."""
    assert faults_of(place / "made_up") == []
    return state_of_files(("made_up",), known, place)


def network(seed: int, place: Path) -> None:
    """A tiny network."""
    make_network(40, 2, seed, place / "cdm", 0.9, lean=True)


def page(text: str, place: Path) -> None:
    """A page, as `report` writes it."""
    whole.write_text(place / "report.html", text * PAGE)


def state_of_page(place: Path) -> str:
    """Which page stands there."""
    text = (place / "report.html").read_text()
    assert text in ("old" * PAGE, "new" * PAGE), "half a page"
    return text[:3]


def learnt(names: tuple[str, ...], old: Callable, new: Callable) -> dict[str, str]:
    """What the folders ``names`` hold in each state, from runs that nobody interrupts."""
    known = {}
    for state, act in (("old", old), ("new", new)):
        with tempfile.TemporaryDirectory() as place:
            act(Path(place))
            known[str([whole.hashes(Path(place) / name) for name in names])] = state
    return known


def work_named(name: str, inputs: Path) -> Work:
    """One kind of work; ``inputs`` is an empty folder for what it reads."""
    if name == "build":
        for which, size in SIZES.items():
            make_network(size, 2, size, inputs / which, 0.9, lean=True)
        old, new = partial(build, inputs, "a"), partial(build, inputs, "b")
        return Work(name, old, new, partial(state_of_build, {40: "old", 60: "new"}))
    if name == "results":
        old, new = partial(results, 1.0), partial(results, 2.0)
        known = learnt(("made_up",), old, new)
        return Work(name, old, new, partial(state_of_results, known))
    if name == "report":
        return Work(name, partial(page, "old"), partial(page, "new"), state_of_page)
    old, new, names = partial(network, 1), partial(network, 2), ("cdm", "cdm.truth")
    return Work(name, old, new, partial(state_of_files, names, learnt(names, old, new)))


# --- the test ------------------------------------------------------------------------------------


def try_point(work: Work, place: Path, former: Path, step: int, how: str) -> Counter:
    """Interrupt ``work`` at ``step``: what was whole, what the next run needed and left.

    With ``how`` a small disk, ``step`` is its size in kilobytes.
    """
    if how == DISK:
        mount(place, step)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(former, place, symlinks=True, dirs_exist_ok=True)
    found = Counter(points=1)
    came_through = interrupted(work.act, place, step if how != DISK else 10**9, how) is not None
    try:
        state = work.state(place)
        assert state != "nothing" or work.name == "synth", "nothing is left"
        assert state == "new" or not came_through, "it ended well and the old state stands there"
        found.update(whole=1, **{state: 1})
    except Exception as fault:
        print(f"{work.name}, {how} at step {step}: {fault}")
    if how == DISK:
        mount(place, 10**6, "remount,")
    try:
        work.act(place)
        assert work.state(place) == "new", "the next run did not put the new state there"
    except Exception as fault:
        found["repairs"] += 1
        print(f"{work.name}, the run after {how} at step {step}: {fault}")
    left = extra(place, former)
    found["left over"] += len(left)
    if left:
        print(f"{work.name}, {how} at step {step}: left over: {', '.join(left)}")
    if how == DISK:
        subprocess.run(["umount", place], check=True)
    return found


def extra(place: Path, former: Path) -> list[str]:
    """What lies in ``place`` beside one landing and the names of ``former``."""
    there, expected = ({path.name for path in folder.iterdir()} for folder in (place, former))
    names = sorted(there - expected)
    landings = [path.name for path in place.iterdir() if landing_folder.NAMED.search(path.name)]
    return [name for name in names if name not in landings] + sorted(landings)[1:]


def mount(place: Path, kilobytes: int, options: str = "") -> None:
    """Put a disk of this size at ``place``, or change its size."""
    options += f"size={kilobytes}k"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)


def try_work(work: Work, points: int, seed: int, with_disks: bool) -> Counter:
    """Interrupt ``work`` at ``points`` of its steps, the last ones among them, in each way."""
    found = Counter()
    with tempfile.TemporaryDirectory(prefix="crash") as base:
        place, former = Path(base).resolve() / "place", Path(base).resolve() / "former"
        place.mkdir()
        work.former(place)
        shutil.copytree(place, former, symlinks=True)
        found["steps"] = interrupted(work.act, place, 10**9, KILL)
        if with_disks:
            sizes = [path.stat().st_size for path in former.rglob("*") if path.is_file()]
            full = sum(-(-size // 4096) * 4 for size in sizes)  # kilobytes, in pages of 4
            chosen = [(full + round(2 * full * k / points), DISK) for k in range(points)]
        else:
            chosen = points_of(found["steps"], points, random.Random(seed))
        for step, how in chosen:
            found += try_point(work, place, former, step, how)
    return found


def points_of(steps: int, count: int, chance: random.Random) -> list[tuple[int, str]]:
    """Steps and ways, half of them among the last quarter, where names change places."""
    every = [(step, how) for step in range(1, steps + 1) for how in (KILL, POWER, FULL)]
    late = every[-len(every) // 4 :]
    chosen = chance.sample(late, min(len(late), count // 2))
    rest = [point for point in every if point not in chosen]
    return sorted(chosen + chance.sample(rest, min(len(rest), count - len(chosen))))


def try_dbt(count: int, seed: int) -> Counter:
    """End whole builds at random times; the last one runs to its end."""
    found, chance = Counter(), random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="crash") as base:
        place = Path(base).resolve() / "place"
        place.mkdir()
        for which, size in SIZES.items():
            make_network(size, 2, size, Path(base) / which, 0.9, lean=True)
        took = time.time()
        start_build(Path(base) / "a", place).wait()
        took = time.time() - took
        former = Path(base) / "former"
        shutil.copytree(place, former)
        ways, now = (signal.SIGKILL, "group", signal.SIGTERM, signal.SIGINT), "a"
        for number in range(count):
            how, after = ways[number % len(ways)], chance.uniform(0.05, 0.7) * took
            process = start_build(Path(base) / ("b" if now == "a" else "a"), place)
            time.sleep(after)
            if how == "group":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.send_signal(how)
            process.wait()
            patience = time.time() + 10  # on a machine that has much to do
            while is_alive(process.pid) and time.time() < patience:
                time.sleep(0.1)
            found.update(points=1, alive=is_alive(process.pid))
            then = built_from(place)
            found.update(whole=then in ("a", "b"), old=then == now, new=then not in (now, "both"))
            print(f"dbt: {how} after {after:.0f} of {took:.0f} s: {now}, then {then}", flush=True)
            now = then
        found["repairs"] = start_build(Path(base) / "b", place).wait() != 0
        found["repairs"] += built_from(place) != "b"
        found["left over"] = len(extra(place, former))
    return found


def start_build(source: Path, place: Path) -> subprocess.Popen:
    """The command, in a session of its own."""
    command = [sys.executable, "-m", "myelomart", "build", "--source", source, "--accept-quality"]
    command += ["--db", place / "w.duckdb"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, start_new_session=True, stdout=quiet, stderr=quiet)


def is_alive(group: int) -> bool:
    """True while a process of the group goes on."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def built_from(place: Path) -> str:
    """Of which CDM a real warehouse is: its manifest, a mart and a view say the same, or `both`."""
    with warehouse.database(place / "w.duckdb", reach=[place]) as connection:
        persons = warehouse.value(connection, "select count(*) from omop.person")
        patients = warehouse.value(
            connection,
            "select count(*) from core.patients where person_id not in "
            "(select person_id from omop.person)",
        )
        landed = warehouse.value(connection, "select manifest from studies.built_from")
    of_manifest = "a" if "/a/person.parquet" in landed else "b"
    return of_manifest if persons == SIZES[of_manifest] and not patients else "both"


def main() -> None:
    """Print a line per kind of work; exit code 1 when anything was not whole, or was left."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=60, help="of each kind of work")
    parser.add_argument("--only", choices=WORKS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--disk", action="store_true", help="small disks instead of steps")
    parser.add_argument("--dbt", type=int, default=0, help="whole builds to end, instead of steps")
    options = parser.parse_args()
    columns = ("steps", "points", "whole", "old", "new", "nothing", "repairs", "left over", "alive")
    print(f"{'':8}" + "".join(f"{name:>11}" for name in columns))
    is_bad = False
    names = ["dbt"] if options.dbt else [options.only] if options.only else WORKS
    for name in names:
        if name == "dbt":
            found = try_dbt(options.dbt, options.seed)
        else:
            with tempfile.TemporaryDirectory() as inputs:
                work = work_named(name, Path(inputs))
                found = try_work(work, options.points, options.seed, options.disk)
        print(f"{name:8}" + "".join(f"{found[column]:11,}" for column in columns), flush=True)
        is_bad |= found["whole"] < found["points"]
        is_bad |= bool(found["repairs"] or found["left over"] or found["alive"])
    sys.exit(is_bad)


if __name__ == "__main__":
    main()

"""Builds a warehouse: lands the sources, checks them, runs the steps into a new file, swaps it in.

Everything is made in the folder ``<database>.building``. The landing leaves it under the name of
its content, and the database by one rename when it is whole; until then the database that stood
before stays, and reads the landing that it was built from.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from myelomart import made_before, steps, warehouse, whole
from myelomart.errors import NoRoom, Stopped, WarehouseError
from myelomart.extras import refuse_without
from myelomart.linked_project import make_project
from myelomart.private_files import make_private, private
from myelomart.project import own_rows, project_root, refuse_site_faults, site_folder
from myelomart.quality.door import check, refuse_blocking
from myelomart.quality.history import carry_on
from myelomart.room import needed, no_room
from myelomart.sources import folder
from myelomart.sources.landing import Source, bytes_of, land
from myelomart.sources.source import Say
from myelomart.steps import Step

Progress = Callable[[int, int, str], None]
SHOWN_FAILURES = 20
# what a build takes beside the sources: the seeds, and a database 20 times as large as the Parquet
# of the demonstration (17.6 MB in, 356 MB out)
BUILD_BASE, BUILD_SHARE = 60_000_000, 21
MADE = "myelomart.duckdb"  # in the making: dbt names its catalog by the file, and takes no quote
RESULTS = ("LogModelResult", "LogTestResult", "LogSeedResult", "LogUnitTestResult")


@private()
def build(
    sources: list[Source],
    database: Path,
    target: str = "duckdb",
    accept_quality: bool = False,
    say: Say = print,
    progress: Progress = lambda done, total, name: None,
    rule_set: str = "default",
    own_checks: Path | None = None,
) -> None:
    """Make the warehouse ``database`` from ``sources``, with ``rule_set`` in force.

    ``own_checks`` is a folder of rows that change or add checks at the door.

    Raises ``SourceError``, ``QualityError`` or ``WarehouseError``; what stood at ``database`` is
    then as it was.
    """
    refuse_without("warehouse")  # dbt is asked for late, and in a process of its own
    database = database.expanduser().resolve()
    check_place(database)
    refuse_site_faults()
    what, landing, state = f"Another build of {database} is running", None, "as it was"
    with (
        needed("A build of these sources", size_of_build(sources), database),
        whole.staging(database, what, WarehouseError) as work,
    ):
        made, new = work / MADE, work / "landing"
        try:
            folder.begin(new, next(reversed(folder.landings(database, target)), None))
            with compiled_meanwhile(made, target) as compiled:
                manifest = land(sources, new, say)
                refuse_blocking(check(new, manifest, own_checks), accept_quality, say)
                to_run = compiled()
            landing = folder.keep(new, database, target)
            if target == "spark":
                run_dbt(landing, made, target, rule_set, say, progress)
            else:
                hashes = made_before.hashes_of(to_run, _project_of(made), rule_set)
                kept = _begin_with_what_stands(made, database, landing, hashes)
                run_steps(to_run, landing, made, rule_set, say, progress, kept)
                carry_on(made, database)
                _swap(made, database)
                state = "the new one"
                made_before.keep(working_of(made), database, landing, hashes)
        except KeyboardInterrupt as interrupt:
            raise Stopped(f"stopped: the database {database} is {state}.") from interrupt
        finally:
            folder.remove_unread(database, target, work, landing if target == "spark" else None)
    say(f"the warehouse is {database}")


def working_of(made: Path) -> Path:
    """The folder beside a database where dbt keeps what it compiled, and its log."""
    name = made.parent.name.removesuffix(whole.STAGING).removesuffix(".duckdb")
    return made.parent.with_name(f"{name}.dbt")


def _project_of(database: Path) -> Path:
    """The project that dbt reads for a database."""
    return working_of(database) / "project"


def _begin_working(database: Path) -> None:
    """Make the folder where dbt works, and in it the project with the rows of a site."""
    beside = working_of(database)
    whole.claim(beside, folder.MADE_BY)
    make_private(beside)
    site = site_folder()
    make_project(project_root(), beside / "project", own_rows(site) if site else None)
    forget_other_project(beside / "target", _project_of(database))


def _start_dbt(
    arguments: list[str], landing: Path, database: Path, target: str, stdout: int
) -> subprocess.Popen:
    """Start dbt in a process of its own, on the project, with ``landing`` and ``database``."""
    root, beside = _project_of(database), working_of(database)
    command = ["--no-use-colors", "--log-format", "json"]
    command += [*arguments, "--project-dir", str(root), "--profiles-dir", str(root)]
    command += ["--target-path", str(beside / "target"), "--log-path", str(beside / "logs")]
    environment = {key: text for key, text in os.environ.items() if key != "MYELOMART_SOURCE"} | {
        "MYELOMART_LANDING": str(landing),
        "MYELOMART_DB": str(database),
        "MYELOMART_SPARK_DIR": os.environ.get("MYELOMART_SPARK_DIR", str(beside / "spark")),
        "DO_NOT_TRACK": "1",
    }
    return _child("myelomart.dbt_child", [*command, "--target", target], root, environment, stdout)


def _child(
    module: str, arguments: list[str], root: Path, environment: dict[str, str], stdout: int
) -> subprocess.Popen:
    """Start a module of ours that ends when this process does."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=root,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,  # closed when this process ends, whatever ends it
        stdout=stdout,
        stderr=subprocess.STDOUT,
    )


def forget_other_project(target: Path, root: Path) -> None:
    """Drop what dbt had parsed in ``target`` of a project that lay elsewhere than ``root``.

    It names the files of that other installation, which may be gone, or may not be read.
    """
    note = target / "project_root"
    if note.is_file() and note.read_text(encoding="utf-8") == str(root):
        return
    target.mkdir(exist_ok=True)
    (target / "partial_parse.msgpack").unlink(missing_ok=True)
    note.write_text(str(root), encoding="utf-8")


@contextmanager
def compiled_meanwhile(made: Path, target: str) -> Iterator[Callable[[], list[Step]]]:
    """Let dbt compile the project while the sources are landed and checked, where it changed.

    What is yielded waits for the steps. Spark runs dbt itself, and needs none.
    """
    _begin_working(made)
    root, target_path = _project_of(made), working_of(made) / "target"
    kept = [] if target == "spark" else steps.take(root)
    if kept is not None:
        yield lambda: kept
        return
    asked = ["compile", "--vars", json.dumps({"rule_set": steps.RULE_SET})]
    with made.with_name("compiling.log").open("w", encoding="utf-8") as log:
        process = _start_dbt(asked, Path(steps.LANDING), made, target, log.fileno())

    def compiled() -> list[Step]:
        if code := process.wait():
            lines = Path(log.name).read_text(encoding="utf-8").splitlines()
            raise _why(code, _failures(lines, print, lambda *step: None), made)
        manifest = (target_path / "manifest.json").read_text(encoding="utf-8")
        made_of = steps.steps_of(json.loads(manifest))
        steps.keep(made_of, root)
        made.unlink()  # dbt opens a database for what it compiles, and leaves it empty
        return made_of

    try:
        yield compiled
    finally:
        process.terminate()
        process.wait()


def _begin_with_what_stands(
    made: Path, database: Path, landing: Path, hashes: dict[str, str]
) -> list[str]:
    """Begin ``made`` with the database of the last build; the steps that need not be run again."""
    with warehouse.alone(database):
        stands = made_before.take(working_of(made), database, landing)
        kept = [node_id for node_id, digest in hashes.items() if stands.get(node_id) == digest]
        if kept:
            shutil.copyfile(database, made)
    return kept


def run_steps(
    to_run: list[Step],
    landing: Path,
    database: Path,
    rule_set: str,
    say: Say,
    progress: Progress,
    kept: Sequence[str] = (),
) -> None:
    """Run the steps that are not in ``kept`` over ``landing`` into ``database``, in a child.

    Raises ``WarehouseError`` that names the models and tests which failed.
    """
    file = database.with_name("steps.json")
    asked = {"steps": [asdict(one) for one in to_run], "kept": [*kept]}
    file.write_text(json.dumps(asked), encoding="utf-8")
    root, failed = _project_of(database), working_of(database) / "failed"
    shutil.rmtree(failed, ignore_errors=True)
    told = [*map(str, (file, root, landing, database, failed)), rule_set]
    process = _child("myelomart.making", told, root, {**os.environ}, subprocess.PIPE)
    _watch(process, database, say, progress)


def run_dbt(
    landing: Path, database: Path, target: str, rule_set: str, say: Say, progress: Progress
) -> None:
    """Run `dbt build` over ``landing``, without the unit tests, in a process of its own.

    Raises ``WarehouseError`` that names the models and tests which failed.
    """
    asked = ["build", "--exclude-resource-type", "unit_test"]
    asked += ["--vars", json.dumps({"rule_set": rule_set})]
    process = _start_dbt(asked, landing, database, target, subprocess.PIPE)
    _watch(process, database, say, progress)


def _watch(process: subprocess.Popen, database: Path, say: Say, progress: Progress) -> None:
    """Follow a child to its end; raise ``WarehouseError`` with what it said when it fails."""
    try:
        failures = _failures(process.stdout, say, progress)
        code = process.wait()
    except BaseException:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        process.kill()
        raise
    if code:
        raise _why(code, failures, database)


def _failures(lines: Iterable[str], say: Say, progress: Progress) -> list[str]:
    """What failed, as a child's lines say it; where none does, the last one, of a fault of ours."""
    failures: list[str] = []
    line = ""
    for line in lines:
        _follow(line, failures, say, progress)
    return failures or [_one_line(line)]


def _why(code: int, failures: list[str], database: Path) -> WarehouseError | NoRoom:
    """What a build that ended with ``code`` says to who asked for it."""
    if (full := no_room("\n".join(failures), database)) is not None:
        return full
    if code == -signal.SIGKILL:
        return NoRoom(
            "The build was ended from outside and the database is as it was: most often the "
            "memory of the machine did not suffice. Give DuckDB less with --memory."
        )
    shown = "\n  ".join(failures[:SHOWN_FAILURES])
    left = len(failures) - SHOWN_FAILURES
    more = f"\n  and {left} more" if left > 0 else ""
    return WarehouseError(
        f"The build stopped; the database is as it was. What failed:\n  {shown}{more}\n"
        f"The SQL and the log are in {working_of(database)}."
    )


def _follow(line: str, failures: list[str], say: Say, progress: Progress) -> None:
    """Read one line of dbt's log or of our own: show progress, pass on warnings, keep failures."""
    try:
        event = json.loads(line)
    except ValueError:  # no word of the log, so what the system says
        if no_room(line) is not None:
            failures.append(_one_line(line))
        return
    if "failure" in event:  # of `myelomart.making`
        failures.append(_one_line(event["failure"]))
    if "done" in event:
        progress(event["done"], event["total"], event["name"])
    name, level = event.get("info", {}).get("name"), event.get("info", {}).get("level")
    data = event.get("data", {})
    if name in RESULTS:
        progress(
            data.get("index", 0),
            data.get("total") or data.get("num_models", 0),  # of a test
            data.get("node_info", {}).get("node_name", ""),
        )
    if name == "LogTestResult" and data.get("status") == "warn":
        say(f"warning: {data['node_info']['node_name']}: {data.get('num_failures')} rows")
    if name == "RunResultFailure":  # what failed; why follows
        failures.append(_one_line(event["info"].get("msg", "")))
    elif name == "RunResultError":
        what = failures.pop() if failures and failures[-1].startswith("Failure in ") else ""
        failures.append(_told(what, _one_line(data.get("msg", ""))))
    elif name == "MainEncounteredError":
        failures.append(_one_line(data.get("exc") or event["info"].get("msg", "")))
    elif level == "error" and name not in (*RESULTS, "LogSkipBecauseError"):
        message = _one_line(event["info"].get("msg", ""))
        if message and message not in failures:
            failures.append(message)


def _told(what: str, why: str) -> str:
    """A failure in one sentence: why alone where it is a row's own (`macros/refuse.sql`)."""
    reason = re.sub(r"^\w+ Error in \w+ \S+ \(.*?\) ", "", why)
    refused = reason.removeprefix("Invalid Input Error: ")
    return refused if refused != reason or not what else f"{what}: {reason}"


def _one_line(message: str) -> str:
    """A message as one line, without the value that a failed conversion quotes."""
    return re.sub(r"string '[^']*'", "a text", " ".join(message.split()))[:500]


def size_of_build(sources: list[Source]) -> int:
    """The bytes that a build of ``sources`` takes at most."""
    return BUILD_BASE + BUILD_SHARE * sum(bytes_of(source) for source in sources)


def check_place(database: Path) -> None:
    """Raise ``WarehouseError`` where no database can be made at ``database``."""
    if database.is_dir():
        raise WarehouseError(f"{database} is a folder, not a database: name a file with --db.")
    if not database.parent.is_dir():
        raise WarehouseError(
            f"There is no folder {database.parent}: make it, or name another --db."
        )
    if not os.access(database.parent, os.W_OK):
        raise WarehouseError(f"{database.parent} cannot be written to: name another --db.")
    if database.exists() and not warehouse.is_duckdb(database):
        raise WarehouseError(f"{database} is not a DuckDB database: name another file with --db.")
    if warehouse.is_locked(database):
        raise WarehouseError(
            f"The database {database} is in use by another process: close it there and try again."
        )


def _swap(made: Path, database: Path) -> None:
    """Let the database ``made`` take the place of the one before, which nobody may have open."""
    warehouse.close_whole(made)
    whole.sync(made)
    with warehouse.alone(database):
        os.replace(made, database)
    whole.sync(database.parent)

"""A PostgreSQL server of our own, of the programs that Debian installs."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NoServer(Exception):
    """There is no PostgreSQL here that can be started; the text says why."""


@contextmanager
def running_server() -> Iterator[str]:
    """The address of a fresh server; it refuses to run as root, and then runs as postgres."""
    programs = _programs()
    as_root = os.geteuid() == 0
    if as_root and shutil.which("runuser") is None:
        raise NoServer("PostgreSQL does not run as root, and there is no runuser")
    folder = Path(_run(["mktemp", "-d", "-p", tempfile.gettempdir()], as_root).strip())
    control = [str(programs / "pg_ctl"), "-D", f"{folder}/data", "-w", "-l", f"{folder}/log"]
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    try:
        _run([str(programs / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-U", "me"], as_root)
        _run([*control, "-o", options, "start"], as_root)
    except (subprocess.CalledProcessError, OSError) as error:
        raise NoServer(f"PostgreSQL does not start: {error}") from error
    try:
        yield f"postgresql://me@/postgres?host={folder}"
    finally:
        _run([*control, "-m", "immediate", "stop"], as_root)
        _run(["rm", "-rf", str(folder)], as_root)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    if shutil.which("initdb"):
        return Path(shutil.which("initdb")).parent
    raise NoServer("PostgreSQL is not installed")


def _run(command: list[str], as_root: bool) -> str:
    prefix = ["runuser", "-u", "postgres", "--"] if as_root else []
    done = subprocess.run(
        [*prefix, *command], check=True, text=True, capture_output=True, cwd="/", timeout=60
    )
    return done.stdout

"""The wheel, installed in a fresh environment elsewhere, does what the clone does."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from myelomart.project import project_root

UNREACHED = ("Failed to establish", "Max retries", "NameResolutionError")  # not: a wrong pin
LEFT_OUT = shutil.ignore_patterns(".*", "demo", "target", "logs", "landing", "build", "*.duckdb*")
pytestmark = pytest.mark.slow


def run(*words: object, **how) -> subprocess.CompletedProcess:
    return subprocess.run([*map(str, words)], capture_output=True, text=True, **how)


def pip(python: Path, *words: object) -> None:
    done = run(python, "-m", "pip", "--disable-pip-version-check", *words, env=apart())
    if done.returncode and any(one in done.stderr for one in UNREACHED):
        pytest.skip(f"pip reaches no index: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr[-3000:]


def apart() -> dict[str, str]:
    """An environment that leads back to no clone."""
    ours = ("PYTHONPATH", "MYELOMART", "VIRTUAL_ENV")
    return {key: text for key, text in os.environ.items() if not key.startswith(ours)}


def files_below(folder: Path) -> set[tuple[str, int]]:
    """Names and sizes of what lies there; compiled modules are Python's own."""
    return {
        (str(file.relative_to(folder)), file.stat().st_size)
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def left_out(folder: str, names: list[str]) -> set[str]:
    """What is made beside the sources, in the root alone: models have a folder `landing` too."""
    is_root = Path(folder) == project_root()
    return LEFT_OUT(folder, names) - {".dbtignore"} if is_root else set()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    tree = tmp_path_factory.mktemp("tree") / "clone"
    shutil.copytree(project_root(), tree, ignore=left_out)
    out = tmp_path_factory.mktemp("wheel")
    pip(Path(sys.executable), "wheel", tree, "--no-deps", "--no-build-isolation", "-w", out)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The folder of programs of an environment that holds the locked packages and the wheel."""
    place = tmp_path_factory.mktemp("env")
    assert run(sys.executable, "-m", "venv", place).returncode == 0
    python = place / "bin" / "python"
    for lock in ("requirements-build.lock", "requirements.lock"):  # as `make install`: pip first
        file = project_root() / lock
        pip(python, "install", "--no-compile", "--require-hashes", "--requirement", file)
    pip(python, "install", "--no-deps", wheel)
    return place / "bin"


def test_a_wheel_makes_a_small_demonstration_in_an_empty_folder(installed, tmp_path):
    (packages,) = installed.parent.glob("lib/python*/site-packages")
    before = files_below(packages)
    command, home = installed / "myelomart", tmp_path / "home"
    home.mkdir()
    work = tmp_path / "work"
    work.mkdir()
    how = {"cwd": work, "env": apart() | {"HOME": str(home), "PATH": "/usr/bin:/bin"}}
    demo = run(command, "demo", "--patients", 300, "--json", **how)
    assert demo.returncode == 0, demo.stderr[-3000:]
    told = json.loads(demo.stdout)
    assert Path(told["report"]).is_file() and "cart_vs_pom" in told["studies_run"]
    doctor = run(
        command, "doctor", "--source", "demo/cdm", "--db", "demo/myelomart.duckdb", "--json", **how
    )
    found = json.loads(doctor.stdout)
    assert found["would_build"]["project"] == str(packages / "myelomart" / "dbt")
    assert "cart_vs_pom" in found["database"]["studies"] and found["faults"] == []
    assert {one.name for one in work.iterdir()} == {"demo"}
    assert files_below(packages) == before
    assert list(home.iterdir()) == []

"""What tests of several folders share, made once for all workers: the demonstration and its SQL."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from compiled_models import CompiledModels
from myelomart import building
from myelomart.demonstration import demonstrate
from myelomart.project import project_root
from myelomart.sources.folder import landing_of
from myelomart_synthetic.network import make_network
from once import made_once

SHARED = Path(os.environ.get("MYELOMART_SHARED", project_root().parent / "shared"))
DBT = str(Path(sys.executable).with_name("dbt"))
FIRST = ("test_demonstration.py", "test_dbt_build.py")  # what they make, the others wait for
BUILT = {"demo", "small", "models"}  # fixtures that build a warehouse of the whole project
# these land, check and generate data, or start dbt, though they build no such warehouse
SLOW = ("quality/", "sources/", "synthetic/", "test_real_inputs", "test_layers", "test_misspelt")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two workers begin with the two builds; what reads them comes last, and is no quick test."""
    reading = set()
    for item in items:
        if BUILT & set(item.fixturenames):
            reading.add(item.path)
        if item.path in reading or any(name in item.nodeid for name in SLOW):
            item.add_marker("slow")
    files = {path: FIRST.index(path.name) - 2 for path in reading if path.name in FIRST}
    items.sort(key=lambda item: files.get(item.path, item.path in reading))


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory) -> None:
    """What commands keep for the next one goes to a folder of this run, for all workers."""
    os.environ["XDG_CACHE_HOME"] = str(made_once(tmp_path_factory, "cache", lambda folder: None))


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    """The folder of a whole demonstration: data, warehouse, results, report.

    MYELOMART_TEST_DEMO names a folder where it is kept, and made again only as `myelomart demo`
    would.
    """
    kept = os.environ.get("MYELOMART_TEST_DEMO")
    folder = made_once(
        tmp_path_factory,
        "demo",
        lambda made: demonstrate(Path(kept or made), say=lambda message: None),
    )
    return Path(kept).resolve() if kept else folder


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """The folder of a small network that `dbt build` alone landed, built and tested.

    In it stand the network `cdm`, the `landing`, `myelomart.duckdb` and dbt's `target`.
    """

    def build(folder: Path) -> None:
        make_network(300, 3, 7, folder / "cdm", 0.7)
        done = subprocess.run(
            [DBT, "build", "--target-path", str(folder / "target"), "--log-path", str(folder)],
            cwd=project_root(),
            env=os.environ
            | {
                "MYELOMART_DB": str(folder / "myelomart.duckdb"),
                "MYELOMART_LANDING": str(folder / "landing"),
                "MYELOMART_SOURCE": str(folder / "cdm"),
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-5000:]

    return made_once(tmp_path_factory, "small", build)


@pytest.fixture(scope="session")
def models(demo, tmp_path_factory) -> CompiledModels:
    """The models and data tests as dbt compiled them, over the landing of the demonstration."""
    beside = made_once(tmp_path_factory, "steps", lambda folder: None)
    with building.compiled_meanwhile(beside / building.MADE, "duckdb") as compiled:
        return CompiledModels(compiled(), landing_of(demo / "myelomart.duckdb"))


@pytest.fixture(scope="session")
def compiled(models) -> Callable[..., dict[str, str]]:
    """What gives the compiled SQL of some models, with bare table names, to run on other inputs."""
    return lambda *names: {name: models.bare_sql(name) for name in names}


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real inputs that are not part of the repository."""
    folder = SHARED / "data"
    if not folder.exists():
        pytest.skip(f"the real inputs are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def specification() -> dict[str, str]:
    """The pages of the specification: name of the page to its text."""
    folder = project_root() / "docs" / "specification"
    return {page.stem: page.read_text(encoding="utf-8") for page in sorted(folder.glob("*.md"))}

"""What tests of several folders share: the demonstration, made once, and the specification."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from myelomart.demonstration import demonstrate
from myelomart.project import project_root

SHARED = Path(os.environ.get("MYELOMART_SHARED", project_root().parent / "shared"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Path:
    """The folder of a whole demonstration: data, warehouse, results, report."""
    folder = tmp_path_factory.mktemp("demo")
    assert demonstrate(folder, say=lambda message: None)
    return folder


@pytest.fixture(scope="session")
def compiled(demo, tmp_path_factory) -> Callable[..., dict[str, str]]:
    """What gives the compiled SQL of some models, with bare table names, to run on other inputs."""

    def compile_models(*names: str) -> dict[str, str]:
        target = tmp_path_factory.mktemp("compiled")
        dbt = str(Path(sys.executable).with_name("dbt"))
        subprocess.run(
            [dbt, "compile", "--quiet", "--select", *names]
            + ["--target-path", str(target), "--log-path", str(target)],
            cwd=project_root(),
            env={
                **os.environ,
                "MYELOMART_DB": str(demo / "myelomart.duckdb"),
                "DO_NOT_TRACK": "1",
            },
            check=True,
        )
        found = {name: next((target / "compiled").rglob(f"{name}.sql")) for name in names}
        bare = re.compile(r'"[^"]+"\."[^"]+"\."([^"]+)"')
        return {name: bare.sub(r"\1", file.read_text()) for name, file in found.items()}

    return compile_models


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

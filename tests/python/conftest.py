"""What tests of several folders share: the demonstration, made once, and the shared inputs."""

import os
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
def shared_data() -> Path:
    """The real inputs that are not part of the repository."""
    folder = SHARED / "data"
    if not folder.exists():
        pytest.skip(f"the real inputs are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def specification() -> str:
    """The specification of the algorithms, which is not part of the repository."""
    file = SHARED / "reference" / "algorithms.md"
    if not file.exists():
        pytest.skip(f"the specification is not at {file}")
    return file.read_text(encoding="utf-8")

"""One version, in one place: `myelomart.__version__`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import yaml

from myelomart import __version__

ROOT = Path(__file__).resolve().parents[2]


def test_the_package_takes_its_version_from_the_module():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "myelomart.__version__"}


def test_dbt_and_the_citation_state_the_same_version():
    stated = {
        name: str(yaml.safe_load((ROOT / name).read_text())["version"])
        for name in ("dbt_project.yml", "CITATION.cff")
    }
    assert stated == {"dbt_project.yml": __version__, "CITATION.cff": __version__}

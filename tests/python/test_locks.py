"""The two locks hold what pyproject.toml asks for with all that it needs, and nothing else."""

import tomllib
from importlib.metadata import distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from myelomart.project import project_root

PROJECT = tomllib.loads((project_root() / "pyproject.toml").read_text())["project"]
USER, DEV = PROJECT["dependencies"], PROJECT["optional-dependencies"]["dev"]
INCLUDED = "--requirement requirements.lock"


def pins(name: str) -> dict[str, str]:
    """Package to version, as a lock has them."""
    lines = (project_root() / name).read_text().splitlines()
    found = dict(line.split("==") for line in lines if line != INCLUDED)
    return {canonicalize_name(package): version for package, version in found.items()}


def is_wanted(need: Requirement, extras: set[str]) -> bool:
    return need.marker is None or any(need.marker.evaluate({"extra": one}) for one in {"", *extras})


def closure(wanted: list[str]) -> set[str]:
    """The packages that ``wanted`` requirements bring, by what the installed ones say they need."""
    waiting, seen = [Requirement(one) for one in wanted], set()
    while waiting:
        one = waiting.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key in seen:
            continue
        seen.add(key)
        needs = map(Requirement, distribution(one.name).requires or [])
        waiting += [need for need in needs if is_wanted(need, one.extras)]
    return {name for name, _ in seen}


def test_the_lock_of_a_user_is_what_the_package_needs():
    assert set(pins("requirements.lock")) == closure(USER)


def test_the_lock_of_a_developer_adds_what_tests_and_lint_need():
    assert (project_root() / "requirements-dev.lock").read_text().startswith(INCLUDED)
    assert set(pins("requirements-dev.lock")) == closure(USER + DEV) - closure(USER)

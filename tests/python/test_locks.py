"""The locks hold what pyproject.toml asks for with all that it needs, with hashes; licences."""

import importlib.util
import re
import tomllib
from importlib.metadata import distribution, packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from myelomart.project import project_root

PROJECT = tomllib.loads((project_root() / "pyproject.toml").read_text())["project"]
PLAIN, EXTRAS = PROJECT["dependencies"], PROJECT["optional-dependencies"]
USER, DEV = PLAIN + EXTRAS["warehouse"], EXTRAS["dev"]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-build.lock")


@pytest.fixture(scope="module")
def locks():
    spec = importlib.util.spec_from_file_location("locks", project_root() / "scripts" / "locks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def packages(locks, name: str) -> set[str]:
    """The packages that a lock pins."""
    return {canonicalize_name(package) for package, _ in locks.pinned(name)}


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
        if one.name == PROJECT["name"]:  # an extra that brings others
            waiting += map(Requirement, sum((EXTRAS[extra] for extra in one.extras), PLAIN))
            continue
        needs = map(Requirement, distribution(one.name).requires or [])
        waiting += [need for need in needs if is_wanted(need, one.extras)]
    return {name for name, _ in seen} - {PROJECT["name"]}


def test_the_lock_of_a_user_is_what_the_package_needs(locks):
    assert packages(locks, "requirements.lock") == closure(USER)


def test_the_lock_of_a_developer_adds_what_tests_and_lint_need(locks):
    assert (project_root() / "requirements-dev.lock").read_text().startswith(locks.INCLUDED)
    assert packages(locks, "requirements-dev.lock") == closure(USER + DEV) - closure(USER)


def test_a_test_that_skips_without_a_package_finds_it_in_the_lock_of_a_developer(locks):
    locked = packages(locks, "requirements.lock") | packages(locks, "requirements-dev.lock")
    homes = packages_distributions()
    wanted = {
        name
        for file in (project_root() / "tests" / "python").rglob("test_*.py")
        for name in re.findall(r"importorskip\(\s*[\"'](\w+)", file.read_text(encoding="utf-8"))
    }
    assert {"streamlit", "playwright", "deltalake", "pyiceberg", "cairosvg"} <= wanted
    assert all(locked & set(map(canonicalize_name, homes.get(name, ()))) for name in wanted)


def test_all_brings_every_extra_of_a_user_that_fits_beside_the_others():
    brought, apart = Requirement(EXTRAS["all"][0]).extras, {"all", "bench", "dev", "spark"}
    assert brought | {"warehouse"} == set(EXTRAS) - apart
    assert closure(EXTRAS["warehouse"]) <= closure(EXTRAS["all"])


def test_what_installs_the_rest_is_pinned_too(locks):
    assert packages(locks, "requirements-build.lock") == {"pip", "setuptools"}


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_a_package_with_the_hashes_of_its_files(locks, name):
    found = locks.pinned(name)
    text = (project_root() / name).read_text(encoding="utf-8").removeprefix(locks.INCLUDED)
    assert found and "".join(found.values()) == text
    for lines in found.values():
        assert re.fullmatch(r"\S+==\S+( \\\n    --hash=sha256:[0-9a-f]{64})+\n", lines), lines


def test_make_installs_nothing_that_is_not_hashed():
    makefile = (project_root() / "Makefile").read_text()
    installed = re.findall(r"--requirement (\S+)", makefile)
    assert set(installed) == set(LOCKS)
    assert len(installed) == len(re.findall(r"--require-hashes --requirement", makefile))
    assert "--no-build-isolation" in re.search(r"^INSTALL := .*$", makefile, re.MULTILINE).group()


def test_the_licence_of_every_locked_package_is_listed(locks):
    page = (project_root() / "docs" / "licences.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| ([\w.-]+) \| (\S+) \| (.+) \| \w+ \|$", page, re.MULTILINE)
    stated = {(package, version) for package, version, licence in listed if licence != "not stated"}
    assert stated - {("package", "version")} == {
        pin for name in LOCKS[:2] for pin in locks.pinned(name)
    }

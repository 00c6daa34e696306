"""Pins every package with its hashes, and lists what each is licensed under: `make lock`.

Writes requirements.lock (users, with the extra `warehouse`), requirements-dev.lock (what tests and
lint add), requirements-build.lock (pip and setuptools) and docs/licences.md. Needs `uv`.
`make lock KEEP=--keep` holds every version that is pinned, and pins what is new.
"""

import re
import subprocess
import sys
from importlib.metadata import distribution, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
USER, DEV, BUILD = (f"requirements{kind}.lock" for kind in ("", "-dev", "-build"))
INCLUDED = f"--requirement {USER}\n"
COMPILE = "uv pip compile --quiet --generate-hashes --no-header --no-annotate --python-version 3.11"
HEAD = """# Licences of the packages

What `make install` installs beside this project (Apache-2.0), by the metadata of each package;
the texts lie in the packages themselves. None of it is part of this repository. `make lock`
writes this page.

| package | version | licence | needed by |
|---|---|---|---|
"""
LONGEST = 80  # a licence field that is longer holds the text of the licence


def blocks(lock: str) -> dict[tuple[str, str], str]:
    """Package and version to the lines that pin it, as a lock has them."""
    found = re.finditer(r"^([\w.-]+)==(\S+)[^\n]*\n(?:    [^\n]+\n)*", lock, re.MULTILINE)
    return {(one[1], one[2]): one[0] for one in found}


def pinned(name: str) -> dict[tuple[str, str], str]:
    """The blocks of a lock of this repository."""
    return blocks((ROOT / name).read_text(encoding="utf-8"))


def licence_of(package: str) -> str:
    """The licence of an installed package: by its expression, classifiers, short field or file."""
    told = metadata(package)
    if told["License-Expression"]:
        return told["License-Expression"]
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get_all("Classifier") or []
        if line.startswith("License ::") and line != "License :: OSI Approved"
    ]
    text = told["License"] or ""
    for file in [] if classified or text else told.get_all("License-File") or []:
        text = text or distribution(package).read_text(f"licenses/{file}") or ""
    first = text.strip().partition("\n")[0].strip()
    return " and ".join(classified) or first[:LONGEST] or "not stated"


def licences() -> str:
    """The page of licences: a row for each package of the locks."""
    rows = [
        f"| {package} | {version} | {licence_of(package)} | {whose} |"
        for name, whose in ((USER, "users"), (DEV, "developers"))
        for package, version in sorted(pinned(name))
    ]
    return HEAD + "\n".join(rows) + "\n"


def compiled(*arguments: str, wanted: str | None = None) -> str:
    """What uv pins, newest versions first."""
    command = [*COMPILE.split(), "--upgrade", *arguments]
    return subprocess.run(
        command, cwd=ROOT, input=wanted, text=True, stdout=subprocess.PIPE, check=True
    ).stdout


def held(*names: str) -> list[str]:
    """Options that hold the versions these locks pin."""
    return [word for name in names for word in ("--constraint", name)]


def write_locks(keep: bool) -> None:
    """Pin anew what pyproject.toml asks for: the newest versions that fit, or those of today."""
    today = held(USER, DEV) if keep else []
    user = compiled(*today, "--extra", "warehouse", "pyproject.toml")
    (ROOT / USER).write_text(user, encoding="utf-8")
    today = held(DEV) if keep else []
    both = blocks(compiled(*held(USER), *today, "--extra", "dev", "pyproject.toml"))
    added = [lines for pin, lines in both.items() if pin not in pinned(USER)]
    (ROOT / DEV).write_text(INCLUDED + "".join(added), encoding="utf-8")
    if not keep:
        (ROOT / BUILD).write_text(compiled("-", wanted="pip\nsetuptools\n"), encoding="utf-8")


def write_licences() -> None:
    """List the licences of what is installed."""
    (ROOT / "docs" / "licences.md").write_text(licences(), encoding="utf-8")


if __name__ == "__main__":
    write_locks(keep="--keep" in sys.argv)
    subprocess.run(["make", "install"], cwd=ROOT, check=True)
    write_licences()

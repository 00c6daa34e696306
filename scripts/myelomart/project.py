"""Where the dbt project stands, in the clone or in the installed package; its seeds.

A site's folder in force (``MYELOMART_PROJECT``, set by --project) adds its rows to our seeds.
"""

from __future__ import annotations

import csv
import os
from functools import cache
from pathlib import Path

from myelomart.errors import WarehouseError

PACKAGE = Path(__file__).resolve().parent
CLONE = PACKAGE.parents[1]
SITE = "MYELOMART_PROJECT"


def project_root() -> Path:
    """The folder with `dbt_project.yml`: the clone, or what the wheel carries (`setup.py`)."""
    for root in (CLONE, PACKAGE / "dbt"):
        if (root / "dbt_project.yml").exists():
            return root
    raise WarehouseError(
        f"There is no dbt project at {CLONE}: install myelomart again, from its wheel or with "
        "`pip install --editable .` in its repository."
    )


def is_clone() -> bool:
    """Whether the code runs from the repository, not from an installed wheel."""
    return project_root() == CLONE


def site_folder() -> Path | None:
    """The site's folder that is in force, if any."""
    return Path(os.environ[SITE]) if os.environ.get(SITE) else None


def seed(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a seed, by folder and name (`clinical_rules/lab_limits`), a site's with ours."""
    site = site_folder()
    return own_seed(name) if site is None else _with_site(name, site)


@cache
def own_seed(name: str) -> tuple[dict[str, str], ...]:
    """Our rows of a seed."""
    path = project_root() / "seeds" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


@cache
def _with_site(name: str, site: Path) -> tuple[dict[str, str], ...]:
    table = name.rpartition("/")[2]
    rows = own_rows(site)
    changed = {one.name for one in rows.changed}
    return tuple(rows.merged(table)) if table in changed else own_seed(name)


def refuse_site_faults() -> None:
    """Raise every fault of the site in force, before a source is read."""
    if (site := site_folder()) is not None:
        own_rows(site)


@cache
def own_rows(site: Path):
    """What the site in ``site`` wrote; an error that says every fault of it."""
    from myelomart.site.own_rows import OwnRows

    found = OwnRows(site)
    found.refuse_faults()
    return found

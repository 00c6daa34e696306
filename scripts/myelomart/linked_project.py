"""The dbt project that a build compiles: links to ours, and a file for each seed a site changed.

Unit tests and analyses are not among the links: dbt would read and compile them for nothing, which
takes a third of its time.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from myelomart import whole
from myelomart.site.own_rows import OwnRows
from myelomart.study_file.rows import as_csv

LINKED = ("dbt_project.yml", "profiles.yml", "macros", "tests")
UNIT_TESTS = "__unit_tests.yml"


def make_project(root: Path, place: Path, rows: OwnRows | None = None) -> Path:
    """Make ``place`` the project of ``root``, with ``rows`` beside ours; what stood there goes."""
    if place.exists():
        shutil.rmtree(place)
    changed = {f"seeds/{table.seed}.csv": table.name for table in (rows.changed if rows else ())}
    place.mkdir(parents=True)
    for name in LINKED:
        (place / name).symlink_to(root / name)
    models, seeds = root / "models", root / "seeds"
    read = [one for one in models.rglob("*.*") if not one.name.endswith(UNIT_TESTS)]
    for file in [*read, *seeds.rglob("*.csv"), *seeds.rglob("_*.yml")]:
        name = file.relative_to(root).as_posix()
        made = place / name
        made.parent.mkdir(parents=True, exist_ok=True)
        if rows and name in changed:
            whole.write_text(made, as_csv(changed[name], rows.merged(changed[name])))
        else:
            made.symlink_to(file)
    return place

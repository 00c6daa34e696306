"""The dbt project with a site's rows in it: links to ours, and a file for each changed seed."""

from __future__ import annotations

import shutil
from pathlib import Path

from myelomart import whole
from myelomart.site.own_rows import OwnRows
from myelomart.study_file.rows import as_csv

LINKED = ("dbt_project.yml", "profiles.yml", "models", "macros", "tests", "analyses")


def make_project(root: Path, place: Path, rows: OwnRows) -> Path:
    """Make ``place`` the project of ``root`` with ``rows`` beside ours; what stood there goes."""
    if place.exists():
        shutil.rmtree(place)
    changed = {f"{table.seed}.csv": table.name for table in rows.changed}
    place.mkdir(parents=True)
    for name in LINKED:
        if (root / name).exists():
            (place / name).symlink_to(root / name)
    for file in [*(root / "seeds").glob("*/*.csv"), *(root / "seeds").glob("*/*.yml")]:
        name = file.relative_to(root / "seeds").as_posix()
        made = place / "seeds" / name
        made.parent.mkdir(parents=True, exist_ok=True)
        if name in changed:
            whole.write_text(made, as_csv(changed[name], rows.merged(changed[name])))
        else:
            made.symlink_to(file)
    return place

"""Where the dbt project stands, the repository that the package was installed from; its seeds."""

import csv
from functools import cache
from pathlib import Path

from myelomart.errors import WarehouseError

PACKAGE = Path(__file__).resolve().parent


def project_root() -> Path:
    """The folder that holds `dbt_project.yml`; the package is installed from it (editable)."""
    root = PACKAGE.parents[1]
    if not (root / "dbt_project.yml").exists():
        raise WarehouseError(
            f"There is no dbt project at {root}: install myelomart from its repository "
            "with `pip install --editable .`."
        )
    return root


@cache
def seed(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a seed, by folder and name: `clinical_rules/lab_limits`."""
    path = project_root() / "seeds" / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))

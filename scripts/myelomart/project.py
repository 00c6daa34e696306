"""Where the dbt project stands: the repository that the package was installed from."""

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

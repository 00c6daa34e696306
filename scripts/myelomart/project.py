"""Where the dbt project stands: the repository that the package was installed from."""

from pathlib import Path

from myelomart.errors import WarehouseError


def project_root() -> Path:
    """The folder that holds `dbt_project.yml`; the package is installed from it (editable)."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "dbt_project.yml").exists():
        raise WarehouseError(
            f"There is no dbt project at {root}: install myelomart from its repository "
            "with `pip install --editable .`."
        )
    return root

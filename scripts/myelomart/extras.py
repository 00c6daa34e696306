"""The extras of the package: what each brings, and the sentence where a command lacks one.

Plain `myelomart` is the statistics. `pyproject.toml` says which packages an extra installs.
"""

from __future__ import annotations

import importlib.util
import sys

from myelomart.errors import MyelomartError

MODULES = {
    "warehouse": (
        "adbc_driver_manager",
        "adbc_driver_postgresql",
        "adbc_driver_sqlite",
        "dbt",
        "dbt.adapters.duckdb",
        "duckdb",
        "great_expectations",
        "jinja2",
        "markupsafe",
    ),
    "bigquery": (
        "google.api_core",
        "google.auth",
        "google.cloud.bigquery",
        "google.cloud.bigquery_storage",
    ),
    "databricks": ("databricks.sql", "urllib3"),
    "explore": ("streamlit",),
    "figures": ("cairosvg",),
    "lake": ("deltalake", "pyiceberg"),
    "mssql": ("OpenSSL", "certifi", "cryptography", "pytds"),
    "snowflake": ("snowflake.connector",),
    "tables": ("docx", "great_tables"),
}


def absent(extra: str) -> list[str]:
    """The modules of an extra that are not installed here."""
    found = set()
    for name in MODULES[extra]:
        try:
            if importlib.util.find_spec(name) is None:
                found.add(name)
        except ModuleNotFoundError:  # of a package that is not there
            found.add(name)
    return sorted(found)


def refuse_without(extra: str) -> None:
    """Raise ``MyelomartError`` with the line to install, where a part of ``extra`` is absent."""
    if gone := absent(extra):
        raise lacking(extra, gone[0])


def lacking(extra: str, module: str) -> MyelomartError:
    """The sentence of a command that needs ``extra`` and finds no ``module``."""
    return MyelomartError(
        f"This needs the extra `{extra}` ({module} is not installed): "
        f"`pip install 'myelomart[{extra}]'`, or in the repository "
        f"`pip install --editable '.[{extra}]'`."
    )


def lacking_of(error: BaseException) -> MyelomartError | None:
    """The sentence for an import that failed because an extra is not installed; None for others."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    top = error.name.partition(".")[0]
    extra = next((extra for extra, modules in MODULES.items() if top in modules), None)
    return lacking(extra, top) if extra else None


def of_duckdb(*names: str) -> tuple[type[Exception], ...]:
    """Errors of DuckDB by name; none while it is not loaded, for then it has raised none."""
    module = sys.modules.get("duckdb")
    return tuple(getattr(module, name) for name in names) if module else ()

"""Lands the source before dbt reads it, so that `dbt build` alone does what `myelomart build` does.

`profiles.yml` names this module under ``plugins``. The source is ``MYELOMART_SOURCE`` (several are
separated by semicolons); without it, the synthetic network in `demo/cdm`, made when it is absent.
What the options of `myelomart build` say, ``MYELOMART_TIMEZONE``, ``MYELOMART_VOCABULARY``,
``MYELOMART_DATES_SHIFTED``, ``MYELOMART_COHORT`` and ``MYELOMART_ALLOW_VIEWS=1`` say here.
"""

import os
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags

from myelomart import warehouse, whole
from myelomart.messages import say
from myelomart.private_files import OWNER_ALONE
from myelomart.project import project_root
from myelomart.source_options import sources_from
from myelomart.sources.landing import land, read_manifest
from myelomart.steps import LANDING

OPTIONS = ("TIMEZONE", "VOCABULARY", "DATES_SHIFTED")


class Plugin(BasePlugin):
    """Calls the landing when dbt-duckdb starts."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Land the sources named by the environment; nothing is read again when nothing changed."""
        os.umask(OWNER_ALONE)  # the database holds patient data
        if os.environ.get("MYELOMART_LANDING") == LANDING:
            return  # the SQL is compiled for any landing, and not run
        landing = _landing()
        given = os.environ.get("MYELOMART_SOURCE")
        if not given and "MYELOMART_LANDING" in os.environ and read_manifest(landing):
            return  # `myelomart build` has landed what it was given
        texts = given.split(";") if given else [str(_demo_source())]
        said = [os.environ.get(f"MYELOMART_{option}", "") for option in OPTIONS]
        options = [text.split(";") if text else [] for text in said]
        cohort = os.environ.get("MYELOMART_COHORT") or None
        allow_views = os.environ.get("MYELOMART_ALLOW_VIEWS") == "1"
        sources = sources_from(texts, "auto", *options, cohort, allow_views)
        land(sources, landing, say=lambda message: say(message, err=True))

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Open the database as every other one of ours: closed to extensions, with room left."""
        config.update(warehouse.settings())

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """The models read the landing and the seeds of the project, and nothing else."""
        conn.execute("load icu; set TimeZone = 'UTC'")
        project = getattr(get_flags(), "PROJECT_DIR", None)  # a copy of ours, or one that uses it
        warehouse.limit_to(conn, [project_root(), Path(project or project_root()), _landing()])


def _landing() -> Path:
    """Beside the project that dbt runs in, never in an installed package."""
    return Path(os.environ.get("MYELOMART_LANDING", "landing")).absolute()


def _demo_source() -> Path:
    folder = Path("demo", "cdm").absolute()
    if not folder.exists():
        from myelomart.demonstration import MADE_BY, write_demo_network

        whole.claim(folder.parent, MADE_BY)
        write_demo_network(folder)
    return folder

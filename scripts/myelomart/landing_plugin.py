"""Lands the source before dbt reads it, so that `dbt build` alone does what `myelomart build` does.

`profiles.yml` names this module under ``plugins``. The source is ``MYELOMART_SOURCE`` (several are
separated by semicolons); without it, the synthetic network in `demo/cdm`, made when it is absent.
What the options of `myelomart build` say, ``MYELOMART_TIMEZONE``, ``MYELOMART_VOCABULARY``,
``MYELOMART_DATES_SHIFTED`` and ``MYELOMART_COHORT`` say here.
"""

import os
import sys
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from myelomart import whole
from myelomart.project import project_root
from myelomart.source_options import sources_from
from myelomart.sources.landing import land, read_manifest

OPTIONS = ("TIMEZONE", "VOCABULARY", "DATES_SHIFTED")


class Plugin(BasePlugin):
    """Calls the landing when dbt-duckdb starts."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Land the sources named by the environment; nothing is read again when nothing changed."""
        landing = Path(os.environ.get("MYELOMART_LANDING", project_root() / "landing"))
        given = os.environ.get("MYELOMART_SOURCE")
        if not given and "MYELOMART_LANDING" in os.environ and read_manifest(landing):
            return  # `myelomart build` has landed what it was given
        texts = given.split(";") if given else [str(_demo_source())]
        said = [os.environ.get(f"MYELOMART_{option}", "") for option in OPTIONS]
        options = [text.split(";") if text else [] for text in said]
        cohort = os.environ.get("MYELOMART_COHORT") or None
        land(sources_from(texts, "auto", *options, cohort), landing, say=_say)


def _demo_source() -> Path:
    folder = project_root() / "demo" / "cdm"
    if not folder.exists():
        from myelomart.demonstration import MADE_BY, write_demo_network

        whole.claim(folder.parent, MADE_BY)
        write_demo_network(folder)
    return folder


def _say(message: str) -> None:
    print(message, file=sys.stderr)

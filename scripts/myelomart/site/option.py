"""The option --project: a site's folder, whose settings stand for options that are not given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from myelomart.project import SITE
from myelomart.site.settings import SETTINGS, read_site


def _put_in_force(context: typer.Context, folder: Path | None) -> Path | None:
    """Let the settings of the site be the defaults of the command, and its rows be ours."""
    if folder is None and Path(SETTINGS).is_file():
        folder = Path(".")
    if folder is not None:
        site = read_site(folder)
        os.environ[SITE] = str(site.folder)
        context.default_map = {**(context.default_map or {}), **site.defaults()}
    return folder


Project = Annotated[
    Path | None,
    typer.Option(
        "--project",
        is_eager=True,
        envvar=SITE,
        callback=_put_in_force,
        help="A site's own folder, made by `myelomart init`; the current one when it is one.",
    ),
]

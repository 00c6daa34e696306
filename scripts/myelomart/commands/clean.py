"""`myelomart clean`: removes what killed commands left."""

from pathlib import Path
from typing import Annotated

import typer

from myelomart.command_options import AsJson
from myelomart.messages import say, say_json

USUAL = [Path("."), Path("results")]


def register(app: typer.Typer) -> None:
    """Add `clean` to ``app``."""
    app.command()(clean)


def clean(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Where databases and results are; without it, this folder and results."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Remove what killed commands left behind, and landings that no database reads.

    Exit code 1 when something with such a name is not ours, or is in use.
    """
    from myelomart import cleaning
    from myelomart.errors import MyelomartError

    gone: list[str] = []
    left: list[str] = []
    for place in folders or [one for one in USUAL if one.is_dir()]:
        if not place.is_dir():
            raise MyelomartError(f"There is no folder {place}: name one that exists.")
        removed, refusals = cleaning.clean(place.resolve())
        gone += [str(place / name) for name in removed]
        left += refusals
    if as_json:
        say_json({"removed": gone, "left": left})
    else:
        for path in gone:
            say(f"removed: {path}")
        for sentence in left:
            say(f"left: {sentence}", err=True)
    if left:
        raise typer.Exit(1)

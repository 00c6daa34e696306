"""`myelomart patient`: one patient's treatment history on a page of text or SVG."""

from pathlib import Path
from typing import Annotated

import typer

from myelomart.command_options import AsJson
from myelomart.errors import MyelomartError
from myelomart.messages import say, say_json
from myelomart.private_files import private
from myelomart.source_options import Memory, Threads

DEFAULT_DATABASE = Path("myelomart.duckdb")


def register(root: typer.Typer) -> None:
    """Add `patient` to ``root``."""
    root.command("patient")(patient)


def patient(
    person_id: Annotated[int, typer.Argument(help="The person_id in the mart patients.")],
    db: Annotated[Path, typer.Option("--db", help="The warehouse to read.")] = DEFAULT_DATABASE,
    width: Annotated[int, typer.Option(min=60, max=400, help="Characters across.")] = 100,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", help="Draw the page into this file instead of printing it."),
    ] = None,
    memory: Memory = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Show one patient: lines, drugs, infusions, labs, flags, refractoriness, toxicity, cohorts."""
    from dataclasses import asdict

    from myelomart import warehouse, whole
    from myelomart.history import read_history
    from myelomart.timeline import as_page, as_svg

    with warehouse.database(db) as connection:
        history = read_history(connection, person_id)
    if svg is None and as_json:
        say_json(asdict(history))
        return
    if svg is None:
        say(as_page(history, width))
        return
    try:
        with private():
            whole.write_text(svg, as_svg(history))
    except OSError as error:
        raise MyelomartError(f"{svg} cannot be written: name another file with --svg.") from error
    say_json({"page": str(svg)}) if as_json else say(f"the page is {svg}")

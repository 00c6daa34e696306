"""`myelomart demo`: a synthetic network, its warehouse, studies and report, from nothing."""

from pathlib import Path
from typing import Annotated

import typer

from myelomart.command_options import AsJson
from myelomart.messages import notes, say, say_json
from myelomart.progress import progress
from myelomart.source_options import Memory, Threads


def register(app: typer.Typer) -> None:
    """Add `demo` to ``app``."""
    app.command("demo")(demo)


def demo(
    out: Annotated[Path, typer.Option(help="The folder to work in.")] = Path("demo"),
    memory: Memory = None,
    threads: Threads = None,
    patients: Annotated[
        int, typer.Option(min=100, help="How many persons; two of three have myeloma.")
    ] = 2_600,
    as_json: AsJson = False,
) -> None:
    """Make the demonstration; what is up to date is not made again."""
    from myelomart.commands.study import print_headline
    from myelomart.demonstration import demonstrate

    with progress("demonstration") as show:
        chapters = demonstrate(out, notes().print, show, patients)
    page = (out / "report" / "index.html").resolve()
    if as_json:
        made = [one.study.study_id for one in chapters]
        say_json({"report": str(page), "folder": str(out.resolve()), "studies_run": made})
        return
    if chapters:
        print_headline(chapters[0])
    say(f"the report is {page}")

"""`myelomart demo`: a synthetic network, its warehouse, studies and report, from nothing."""

from pathlib import Path
from typing import Annotated

import typer

from myelomart.messages import console, say
from myelomart.source_options import Memory, Threads


def register(app: typer.Typer) -> None:
    """Add `demo` to ``app``."""
    app.command("demo")(demo)


def demo(
    out: Annotated[Path, typer.Option(help="The folder to work in.")] = Path("demo"),
    memory: Memory = None,
    threads: Threads = None,
) -> None:
    """Make the demonstration; what is up to date is not made again."""
    from myelomart.commands.study import print_headline
    from myelomart.demonstration import demonstrate

    chapters = demonstrate(out, say=console(stderr=True).print)
    if chapters:
        print_headline(chapters[0])
    say(f"the report is {(out / 'report' / 'index.html').resolve()}")

"""`myelomart demo`: a synthetic network, its warehouse, studies and report, from nothing."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def register(app: typer.Typer) -> None:
    """Add `demo` to ``app``."""
    app.command("demo")(demo)


def demo(
    out: Annotated[Path, typer.Option(help="The folder to work in.")] = Path("demo"),
) -> None:
    """Make the demonstration; what is up to date is not made again."""
    from myelomart.commands.study import print_headline
    from myelomart.demonstration import demonstrate

    console = Console(stderr=True, highlight=False)
    chapters = demonstrate(out, say=console.print)
    if chapters:
        print_headline(chapters[0])
    typer.echo(f"the report is {(out / 'report.html').resolve()}")

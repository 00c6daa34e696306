"""`myelomart report`: every study of a warehouse on one page."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add `report` to ``app``."""
    app.command("report")(report)


def report(
    db: Annotated[Path, typer.Option("--db", help="The warehouse to read.")] = Path(
        "myelomart.duckdb"
    ),
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
) -> None:
    """Run every study of the warehouse and write one page that needs no network."""
    from myelomart.outputs.publishing import run_studies, write_report

    write_report(run_studies(db), db, out)
    typer.echo(f"the report is {out.resolve()}")

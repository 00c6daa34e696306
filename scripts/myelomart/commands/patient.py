"""`myelomart patient`: one patient's treatment history on a page of text."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_DATABASE = Path("myelomart.duckdb")


def register(root: typer.Typer) -> None:
    """Add `patient` to ``root``."""
    root.command("patient")(patient)


def patient(
    person_id: Annotated[int, typer.Argument(help="The person_id in the mart patients.")],
    db: Annotated[Path, typer.Option("--db", help="The warehouse to read.")] = DEFAULT_DATABASE,
    width: Annotated[int, typer.Option(min=60, max=400, help="Characters across.")] = 100,
) -> None:
    """Show drugs, lines, infusions, labs and responses of one patient, and why each line began."""
    from myelomart import warehouse
    from myelomart.timeline import as_page, read_history

    with warehouse.database(db) as connection:
        typer.echo(as_page(read_history(connection, person_id), width))

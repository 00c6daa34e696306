"""`myelomart study`: list the studies of a warehouse, show one as prose, run them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from myelomart.errors import MyelomartError

DEFAULT_DATABASE = Path("myelomart.duckdb")
Database = Annotated[Path, typer.Option("--db", help="The warehouse to read.")]
app = typer.Typer(no_args_is_help=True, help="List, show and run the studies of a warehouse.")


def register(root: typer.Typer) -> None:
    """Add `study` to ``root``."""
    root.add_typer(app, name="study")


@app.command("list")
def list_studies(db: Database = DEFAULT_DATABASE) -> None:
    """List the studies that the warehouse holds."""
    from myelomart import warehouse
    from myelomart.study import read_study, study_ids

    table = Table("study", "title", "outputs", box=None)
    with warehouse.database(db) as connection:
        for study_id in study_ids(connection):
            study = read_study(connection, study_id)
            outputs = dict.fromkeys(one.output_id for one in study.analyses)
            table.add_row(study_id, study.title, ", ".join(outputs))
    Console().print(table)


@app.command()
def show(study_id: str, db: Database = DEFAULT_DATABASE) -> None:
    """Print a study in words, as its rows define it."""
    from myelomart import warehouse
    from myelomart.study import as_prose, read_study

    with warehouse.database(db) as connection:
        typer.echo(as_prose(read_study(connection, study_id)))


@app.command()
def run(
    study_ids: Annotated[list[str], typer.Argument(help="The studies to run.")],
    db: Database = DEFAULT_DATABASE,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("results"),
) -> None:
    """Run studies and write their tables, curves, figures and reports."""
    from myelomart.outputs.publishing import publish, run_studies

    chapters = run_studies(db, study_ids)
    publish(chapters, db, out)
    for one in chapters:
        print_headline(one)
        typer.echo(f"{one.study.study_id}: written to {out / one.study.study_id}")
    stopped = [one.results.stopped for one in chapters if one.results.stopped]
    if stopped:
        raise MyelomartError(" ".join(stopped))


def print_headline(one) -> None:
    """The table that a reader asks for first: the hazard ratios, else the flow."""
    sections = [section.table for section in one.sections if section.table]
    ratios = [table for table in sections if "HR (95 % CI)" in table.columns]
    console = Console()
    if not ratios:
        estimates = one.results.estimate_frame()
        flow = estimates[estimates["statistic"] == "persons_after"]
        table = Table("arm", "step", "persons", title=one.study.title, box=None, title_justify="left")
        for row in flow.itertuples():
            table.add_row(row.arm, row.row_label, f"{row.estimate:,.0f}")
        console.print(table)
        return
    shown = ratios[0]
    columns = [name for name in shown.columns if not name.startswith(("p (prop", "CI,", "Issues"))]
    table = Table(*columns, title=one.study.title, box=None, title_justify="left")
    for row in shown.rows:
        cells = dict(zip(shown.columns, row, strict=False))
        if len(row) == 1:
            table.add_row(f"[bold]{row[0]}")
        else:
            table.add_row(*(cells[name] for name in columns))
    console.print(table)

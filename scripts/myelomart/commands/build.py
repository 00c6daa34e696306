"""`myelomart build`: from a source to a warehouse."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from myelomart.building import build
from myelomart.source_options import (
    Cohort,
    DatesShifted,
    Format,
    Sources,
    Timezone,
    Vocabulary,
    said_on,
    sources_from,
)

console = Console(stderr=True, highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add `build` to ``app``."""
    app.command("build")(build_command)


def build_command(
    source: Sources,
    format: Format = "auto",
    timezone: Timezone = None,
    vocabulary: Vocabulary = None,
    dates_shifted: DatesShifted = None,
    cohort: Cohort = None,
    db: Annotated[Path, typer.Option(help="The database to make.")] = Path("myelomart.duckdb"),
    target: Annotated[str, typer.Option(help="duckdb or spark.")] = "duckdb",
    accept_quality: Annotated[
        bool, typer.Option("--accept-quality", help="Go on though a blocking quality check fails.")
    ] = False,
    rule_set: Annotated[
        str, typer.Option(help="The rule set of algorithm_parameters that is in force.")
    ] = "default",
    checks: Annotated[
        Path | None, typer.Option(help="Folder of CSV files with checks that change or add rows.")
    ] = None,
) -> None:
    """Build the warehouse from an OMOP CDM or a TriNetX export."""
    sources = sources_from(source, format, timezone, vocabulary, dates_shifted, cohort)
    if target not in ("duckdb", "spark"):
        raise typer.BadParameter(f"{target}: known are duckdb and spark.", param_hint="--target")
    columns = (TextColumn("building"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns, TextColumn("{task.description}"), console=console, transient=True
    ) as bar:
        task = bar.add_task("", total=None)

        def show(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name)

        build(sources, db, target, accept_quality, said_on(console), show, rule_set, checks)

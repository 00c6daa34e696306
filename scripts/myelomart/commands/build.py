"""`myelomart build`: from a source to a warehouse."""

from pathlib import Path
from typing import Annotated

import typer

from myelomart.command_options import AsJson
from myelomart.messages import notes, say_json
from myelomart.progress import progress
from myelomart.site.option import Project
from myelomart.source_options import (
    AllowViews,
    Cohort,
    DatesShifted,
    Format,
    Memory,
    Sources,
    Threads,
    Timezone,
    Vocabulary,
    sources_from,
)


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
        bool,
        typer.Option("--accept-quality", help="Continue although a blocking quality check fails."),
    ] = False,
    rule_set: Annotated[
        str, typer.Option(help="The rule set of algorithm_parameters to put in force.")
    ] = "default",
    checks: Annotated[
        Path | None, typer.Option(help="Folder of CSV files with checks that change or add rows.")
    ] = None,
    allow_views: AllowViews = False,
    project: Project = None,
    memory: Memory = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Build the warehouse from an OMOP CDM or a TriNetX export."""
    from myelomart.building import build

    sources = sources_from(source, format, timezone, vocabulary, dates_shifted, cohort, allow_views)
    if target not in ("duckdb", "spark"):
        raise typer.BadParameter(f"{target}: known are duckdb and spark.", param_hint="--target")
    with progress("building") as show:
        build(sources, db, target, accept_quality, notes().print, show, rule_set, checks)
    if as_json:
        say_json({"database": str(db.resolve()), "sources": [one.name for one in sources],
                  "target": target, "rule_set": rule_set})  # fmt: skip

"""`myelomart check`: the quality of what comes in."""

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from myelomart.building import landing_of
from myelomart.quality import door, report
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
from myelomart.sources.landing import land

console = Console(stderr=True, highlight=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add `check` to ``app``."""
    app.command("check")(check_command)


def check_command(
    source: Sources,
    format: Format = "auto",
    timezone: Timezone = None,
    vocabulary: Vocabulary = None,
    dates_shifted: DatesShifted = None,
    cohort: Cohort = None,
    db: Annotated[
        Path, typer.Option(help="The database this source is for; the landing stands beside it.")
    ] = Path("myelomart.duckdb"),
    out: Annotated[Path, typer.Option(help="Folder for quality.json and quality.html.")] = Path(
        "."
    ),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
) -> None:
    """Check a source before it is built; exit code 1 when a blocking check fails."""
    landing = landing_of(db.expanduser().resolve())
    landing = landing.with_name(landing.name + ".check")  # the database reads its own
    sources = sources_from(source, format, timezone, vocabulary, dates_shifted, cohort)
    manifest = land(sources, landing, say=said_on(console))
    result = door.check(landing, manifest)
    out.mkdir(parents=True, exist_ok=True)
    for name in (door.RESULT, door.PAGE):
        shutil.copyfile(landing / name, out / name)
    if as_json:
        typer.echo(json.dumps(result))
    else:
        report.show(result, console.print)
        console.print(f"written: {out / door.RESULT} and {out / door.PAGE}")
    if result["summary"]["blocking"]:
        raise typer.Exit(1)

"""`myelomart report`: every study of a warehouse on one page; what changed between two runs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from myelomart.commands.study import PolicyName, SuppressBelow, chosen_policy


def register(app: typer.Typer) -> None:
    """Add `report` to ``app``."""
    app.command("report")(report)


def report(
    db: Annotated[Path, typer.Option("--db", help="The warehouse to read.")] = Path(
        "myelomart.duckdb"
    ),
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
    suppress_below: SuppressBelow = None,
    policy: PolicyName = None,
    diff: Annotated[
        tuple[Path, Path] | None,
        typer.Option(help="Two folders of results: say what changed between them, and why."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --diff: one JSON object.")] = False,
) -> None:
    """Run every study of the warehouse and write one page that needs no network."""
    if diff:
        from myelomart.report.difference import as_text, compare_runs

        told = compare_runs(*diff)
        typer.echo(json.dumps(told, indent=1, ensure_ascii=False) if as_json else as_text(told))
        return
    from myelomart.publishing import run_studies, write_report

    hides = chosen_policy(suppress_below, policy)
    write_report(run_studies(db, policy=hides), db, out, policy=hides)
    typer.echo(f"the report is {out.resolve()}")

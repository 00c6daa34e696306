"""`myelomart report`: every study of a warehouse as pages; what changed between two runs."""

from pathlib import Path
from typing import Annotated

import typer

from myelomart.command_options import AsJson
from myelomart.commands.study import Beside, FigureFormat, PolicyName, SuppressBelow, chosen_policy
from myelomart.messages import say, say_json
from myelomart.progress import progress
from myelomart.site.option import Project
from myelomart.source_options import Memory, Threads


def register(app: typer.Typer) -> None:
    """Add `report` to ``app``."""
    app.command("report")(report)


def report(
    db: Annotated[Path, typer.Option("--db", help="The warehouse to read.")] = Path(
        "myelomart.duckdb"
    ),
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder to write, or the file where its name ends in .html. Without it: "
            "report, or report.html with --single-file."
        ),
    ] = None,
    single_file: Annotated[
        bool, typer.Option("--single-file", help="One file with everything in it.")
    ] = False,
    suppress_below: SuppressBelow = None,
    policy: PolicyName = None,
    diff: Annotated[
        tuple[Path, Path] | None,
        typer.Option(help="Two folders of results: say what changed between them, and why."),
    ] = None,
    as_json: AsJson = False,
    project: Project = None,
    figure_format: FigureFormat = "svg",
    beside: Beside = None,
    memory: Memory = None,
    threads: Threads = None,
) -> None:
    """Run every study of the warehouse and write pages that need no network."""
    if diff:
        from myelomart.report.difference import as_text, compare_runs

        told = compare_runs(*diff)
        say_json(told) if as_json else say(as_text(told))
        return
    from myelomart.errors import MyelomartError
    from myelomart.figures.formats import SVG, formats_named
    from myelomart.publishing import RESULT_SIZE, run_studies, write_report
    from myelomart.room import needed

    is_alone = single_file or (out is not None and out.suffix == ".html")
    place = out or Path("report.html" if is_alone else "report")
    formats = formats_named(figure_format)
    if is_alone and set(formats) - {SVG}:
        raise MyelomartError(
            "--figure-format writes files beside the pages, and --single-file has none: take a "
            "folder, or svg."
        )
    with progress("studies") as show:
        hides = chosen_policy(suppress_below, policy)
        made = run_studies(db, policy=hides, progress=show, beside=beside or ())
    with needed("The report", RESULT_SIZE * len(made.chapters), place):
        first = write_report(made, place, is_alone, formats)
    if as_json:
        studies = [one.study.study_id for one in made.chapters]
        say_json({"report": str(first.resolve()), "studies": studies})
    else:
        say(f"the report is {first.resolve()}")

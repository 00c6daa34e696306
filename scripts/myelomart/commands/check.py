"""`myelomart check`: the quality of what comes in."""

import os
from pathlib import Path
from typing import Annotated

import typer

from myelomart import whole
from myelomart.command_options import AsJson
from myelomart.messages import console, notes, say, say_json
from myelomart.project import refuse_site_faults
from myelomart.quality.checks import BLOCKING, WARNING
from myelomart.room import needed
from myelomart.site.option import Project
from myelomart.source_options import (
    AllowViews,
    Cohort,
    DatesShifted,
    Memory,
    Sources,
    Threads,
    Timezone,
    Vocabulary,
    sources_from,
)

HTML, JSON, JUNIT, GITHUB = "html", "json", "junit", "github"
JUNIT_FILE = "quality.junit.xml"
LANDING_BASE = 2_000_000  # bytes of the empty tables
SUMMARY = "GITHUB_STEP_SUMMARY"


def register(app: typer.Typer) -> None:
    """Add `check` to ``app``."""
    app.command("check")(check_command)


def check_command(
    source: Sources,
    source_format: Annotated[
        str, typer.Option("--source-format", help="The source: omop, trinetx, fhir or auto.")
    ] = "auto",
    timezone: Timezone = None,
    vocabulary: Vocabulary = None,
    dates_shifted: DatesShifted = None,
    cohort: Cohort = None,
    db: Annotated[
        Path, typer.Option(help="The database this source is for; the landing is made beside it.")
    ] = Path("myelomart.duckdb"),
    out: Annotated[Path, typer.Option(help="Folder for quality.json and quality.html.")] = Path(
        "."
    ),
    checks: Annotated[
        Path | None, typer.Option(help="Folder of CSV files with checks that change or add rows.")
    ] = None,
    expectations: Annotated[
        Path | None, typer.Option(help="Folder of Great Expectations suites (JSON).")
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="html: a table here and a page; json: one object; junit: quality.junit.xml; "
            "github: annotations and a job summary.",
        ),
    ] = HTML,
    fail_on: Annotated[
        str,
        typer.Option(help="The least serious finding that gives exit code 1: blocking or warning."),
    ] = BLOCKING,
    baseline: Annotated[
        Path | None, typer.Option(help="An earlier quality.json: only what is new fails.")
    ] = None,
    as_json: AsJson = False,
    allow_views: AllowViews = False,
    project: Project = None,
    memory: Memory = None,
    threads: Threads = None,
) -> None:
    """Check a source before it is built; exit code 1 when a blocking check fails."""
    from myelomart.quality import door, outcome
    from myelomart.sources.folder import check_landing
    from myelomart.sources.landing import bytes_of, land
    from myelomart.sources.source import FORMATS

    if form in FORMATS:
        raise typer.BadParameter(
            f"{form} is a form of sources: write --source-format {form}.", param_hint="--format"
        )
    if form not in (HTML, JSON, JUNIT, GITHUB):
        raise typer.BadParameter(
            f"{form}: known are html, json, junit, github.", param_hint="--format"
        )
    if fail_on not in (BLOCKING, WARNING):
        raise typer.BadParameter(f"{fail_on}: known are blocking, warning.", param_hint="--fail-on")
    refuse_site_faults()
    known = outcome.read_baseline(baseline) if baseline else None
    landing = check_landing(db.expanduser().resolve())
    sources = sources_from(
        source, source_format, timezone, vocabulary, dates_shifted, cohort, allow_views
    )
    size = LANDING_BASE + 2 * sum(bytes_of(one) for one in sources)
    with needed("The landing of these sources", size, landing):
        try:
            manifest = land(sources, landing, say=notes().print)
            found = door.check(landing, manifest, checks, expectations)
            result = outcome.mark(found, fail_on, known)
            for name in (door.RESULT, door.PAGE):
                whole.write_text(out / name, (landing / name).read_text(encoding="utf-8"))
        finally:
            whole.discard(landing)  # a copy of the data, for the check alone
    _tell(result, JSON if as_json else form, out)
    if result["failed"]:
        raise typer.Exit(1)


def _tell(result: dict, form: str, out: Path) -> None:
    """Print or write the result in one form."""
    from myelomart.quality import door, outcome, report

    if form == JSON:
        say_json(result)
        return
    if form == GITHUB:
        for line in outcome.as_github(result):
            say(line)
        if os.environ.get(SUMMARY):
            with Path(os.environ[SUMMARY]).open("a", encoding="utf-8") as summary:
                summary.write(outcome.as_markdown(result))
    else:
        report.show(result, console(stderr=True).print)
    written = [out / door.RESULT, out / door.PAGE]
    if form == JUNIT:
        written.append(out / JUNIT_FILE)
        whole.write_text(written[-1], outcome.as_junit(result))
    say(f"written: {', '.join(str(file.resolve()) for file in written)}", err=True)

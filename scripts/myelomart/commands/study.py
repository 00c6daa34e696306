"""`myelomart study`: list, show, run and verify the studies of a warehouse; audit numbers."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from myelomart.command_options import AsJson
from myelomart.messages import console, say, say_json, shown
from myelomart.progress import progress
from myelomart.site.option import Project
from myelomart.source_options import Memory, Threads


class ProtocolForm(StrEnum):
    """How a protocol is printed."""

    TEXT = "text"
    MD = "md"
    JSON = "json"


class TableForm(StrEnum):
    """What tables for a manuscript are written as."""

    DOCX = "docx"
    HTML = "html"
    LATEX = "latex"


HEADLINES = {"HR (95 % CI)", "p (Wald)"}, {"HR (95 % CI)", "p (profile likelihood)"}
DEFAULT_DATABASE = Path("myelomart.duckdb")
Database = Annotated[Path, typer.Option("--db", help="The warehouse to read.")]
SuppressBelow = Annotated[
    int | None,
    typer.Option(
        min=3,
        help="Hide counts from 1 to just below this, and what would reveal them, before anything "
        "is written; round the others to 5. 11 is usual for real patients.",
    ),
]
PolicyName = Annotated[
    str | None,
    typer.Option("--policy", help="Hide what this policy of seeds/disclosure hides: cms11, eu11, "
                 "trinetx10, ohdsi5, opensafely, n3c20."),
]  # fmt: skip
FigureFormat = Annotated[
    str,
    typer.Option(help="How figures are written: svg, pdf, png, or several, comma-separated; pdf "
                 "and png are as wide as one or two columns of a journal."),
]  # fmt: skip
Beside = Annotated[
    list[Path] | None,
    typer.Option(help="A warehouse of the same sources built by another rule set (`build "
                 "--rule-set`): its rules become one more way to analyse a question. Repeatable."),
]  # fmt: skip
app = typer.Typer(
    no_args_is_help=True,
    help="List, show and run the studies of a warehouse; audit printed numbers.",
)


def chosen_policy(suppress_below: int | None, policy: str | None):
    """The policy that the options name, if any; an error where they name two."""
    from myelomart.disclosure.policies import below, named
    from myelomart.errors import MyelomartError

    if suppress_below and policy:
        raise MyelomartError("give --policy or --suppress-below, not both.")
    if policy:
        return named(policy)
    return below(suppress_below) if suppress_below else None


def register(root: typer.Typer) -> None:
    """Add `study` to ``root``."""
    root.add_typer(app, name="study")


@app.command("list")
def list_studies(
    db: Database = DEFAULT_DATABASE,
    project: Project = None,
    memory: Memory = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """List the studies that the warehouse holds."""
    from myelomart import warehouse
    from myelomart.study import read_study, study_ids

    told = []
    with warehouse.database(db) as connection:
        for study_id in study_ids(connection):
            study = read_study(connection, study_id)
            outputs = list(dict.fromkeys(one.output_id for one in study.analyses))
            told.append({"study_id": study_id, "title": study.title, "outputs": outputs})
    if as_json:
        say_json({"studies": told})
        return
    table = Table("study", "title", "outputs", box=None)
    for one in told:
        table.add_row(one["study_id"], one["title"], ", ".join(one["outputs"]))
    console().print(table)


@app.command()
def show(
    study_id: str,
    db: Database = DEFAULT_DATABASE,
    form: Annotated[
        ProtocolForm, typer.Option("--format", help="text, md (Markdown) or json.")
    ] = ProtocolForm.TEXT,
    project: Project = None,
    memory: Memory = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Print a study as its protocol, as its rows define it."""
    from dataclasses import asdict

    from myelomart import protocol, warehouse
    from myelomart.report.sources import read_sources
    from myelomart.study import read_study

    with warehouse.database(db) as connection:
        study = read_study(connection, study_id)
        sources = [asdict(one) for one in read_sources(connection)]
    write = {"text": protocol.as_prose, "md": protocol.as_markdown, "json": protocol.as_json}
    say(write["json" if as_json else form.value](study, sources))


@app.command()
def run(
    study_ids: Annotated[list[str], typer.Argument(help="The studies to run.")],
    db: Database = DEFAULT_DATABASE,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("results"),
    suppress_below: SuppressBelow = None,
    policy: PolicyName = None,
    project: Project = None,
    figure_format: FigureFormat = "svg",
    beside: Beside = None,
    memory: Memory = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Run studies and write their tables, curves, figures and reports.

    An output that cannot be made gives a warning that says what is missing; the others are written.
    """
    from myelomart.figures.formats import formats_named
    from myelomart.publishing import RESULT_SIZE, publish, run_studies
    from myelomart.room import needed

    formats = formats_named(figure_format)
    with progress("studies") as show:
        hides = chosen_policy(suppress_below, policy)
        made = run_studies(db, study_ids, hides, progress=show, beside=beside or ())
    with needed("A run of studies", RESULT_SIZE * len(made.chapters), out):
        publish(made, out, formats)
    if as_json:
        say_json(as_written(made.chapters, out))
        return
    for one in made.chapters:
        print_headline(one)
        say(f"{one.study.study_id}: written to {out / one.study.study_id}")
        for warning in missing_outputs(one):
            say(warning, err=True)


@app.command()
def tables(
    study_ids: Annotated[list[str], typer.Argument(help="The studies whose tables are wanted.")],
    db: Database = DEFAULT_DATABASE,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path("tables"),
    form: Annotated[
        TableForm, typer.Option("--format", help="docx (Word), html or latex.")
    ] = TableForm.DOCX,
    suppress_below: SuppressBelow = None,
    policy: PolicyName = None,
    memory: Memory = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Write the tables of studies for a manuscript: one folder per study, one file per table.

    Needs the extra `tables`: pip install 'myelomart[tables]'.
    """
    from myelomart.display.export import refuse_without_packages
    from myelomart.manuscript import publish_tables
    from myelomart.publishing import RESULT_SIZE, run_studies
    from myelomart.room import needed

    refuse_without_packages(form.value)
    with progress("studies") as show:
        made = run_studies(db, study_ids, chosen_policy(suppress_below, policy), progress=show)
    with needed("Tables of studies", RESULT_SIZE * len(made.chapters), out):
        publish_tables(made, out, form.value)
    if as_json:
        say_json(as_written(made.chapters, out))
        return
    for one in made.chapters:
        say(f"{one.study.study_id}: tables written to {out / one.study.study_id}")


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="Results of a study, or of several.")],
    as_json: AsJson = False,
) -> None:
    """Check that results are whole and as they were written; exit code 1 when they are not."""
    from myelomart.results import MANIFEST, faults_of

    several = sorted(file.parent for file in folder.glob(f"*/{MANIFEST}"))
    alone = not several or (folder / MANIFEST).exists()
    faults = {str(one): faults_of(one) for one in ([folder] if alone else several)}
    if as_json:
        say_json({"faults": faults})
    else:
        for one, found in faults.items():
            say(f"{one}: {' '.join(found) if found else 'whole, as it was written'}")
    if any(faults.values()):
        raise typer.Exit(1)


@app.command("audit")
def audit_file(
    file: Annotated[Path, typer.Argument(help="Printed numbers, in the columns of docs/audit.md.")],
    as_json: AsJson = False,
) -> None:
    """List every contradiction among printed numbers; exit code 1 when there is one."""
    from dataclasses import asdict

    from myelomart.audit import audit, read_printed
    from myelomart.audit.finding import CONTRADICTION

    rows = read_printed(file)
    found = audit(rows)
    certain = sum(one.level == CONTRADICTION for one in found)
    if as_json:
        told = {"file": file.name, "rows": len(rows), "contradictions": certain}
        told["doubtful"] = len(found) - certain
        say_json(told | {"findings": [asdict(one) for one in found]})
    else:
        table = Table("check", "rows", "what was found", box=None, pad_edge=False)
        for one in found:
            named = ", ".join(one.rows[:4]) + (" …" if len(one.rows) > 4 else "")
            doubt = "" if one.level == CONTRADICTION else " (doubtful)"
            table.add_row(one.check + doubt, named, one.sentence)
        if found:
            console().print(table)
        say(
            f"{len(rows)} printed numbers: {certain} contradictions, "
            f"{len(found) - certain} doubtful coincidences"
        )
    if certain:
        raise typer.Exit(1)


def as_written(chapters, out: Path) -> dict:
    """What was written of each study, and what could not be made, as one object."""
    return {
        "studies": [
            {
                "study_id": one.study.study_id,
                "folder": str(out / one.study.study_id),
                "missing": one.results.missing,
                "warnings": one.results.warnings,
            }
            for one in chapters
        ]
    }


def missing_outputs(one) -> list[str]:
    """A sentence per reason for which analyses of a study could not be made, naming them."""
    lacking: dict[str, list[str]] = {}
    for analysis in one.study.analyses:
        if reason := one.results.missing.get(analysis.analysis_id):
            lacking.setdefault(reason, []).append(f"{analysis.analysis_id} ({analysis.output_id})")
    return [
        f"Warning: {one.study.study_id}: not made: {', '.join(names)}. {reason}"
        for reason, names in lacking.items()
    ]


def print_headline(one) -> None:
    """The table that a reader asks for first: the hazard ratios, else the flow."""
    tables = [section.table for section in one.sections if section.table]
    ratios = next((one for one in tables if any(h <= {*one.columns} for h in HEADLINES)), None)
    if ratios is None:
        estimates = one.results.estimate_frame()
        flow = estimates[estimates["statistic"] == "persons_after"]
        columns = ["arm", "step", "persons"]
        rows = [[row.arm, row.row_label, f"{row.estimate:,.0f}"] for row in flow.itertuples()]
    else:
        left_out = {"p (log-rank)", "p (proportional)", "CI, pairs respected", "Issues"}
        kept = [k for k, name in enumerate(ratios.columns) if name not in left_out]
        columns = [ratios.columns[k].split(":")[0] for k in kept]
        rows = [row if len(row) == 1 else [row[k] for k in kept] for row in ratios.rows]
    printed = Table(*columns, title=one.study.title, box=None, title_justify="left", pad_edge=False)
    for row in rows:
        printed.add_row(*(row if len(row) > 1 else [Text(shown(row[0]), "bold")]))
    console().print(printed)

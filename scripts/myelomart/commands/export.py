"""`myelomart export` and `codes`: tables and concept sets for OHDSI's tools, R, SAS, and back."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from myelomart.command_options import AsJson
from myelomart.commands.study import DEFAULT_DATABASE, Database
from myelomart.messages import say, say_json
from myelomart.site.option import Project
from myelomart.source_options import Memory, Threads

exports = typer.Typer(no_args_is_help=True, help="Write tables for other tools.")
codes = typer.Typer(no_args_is_help=True, help="Export concept sets to ATLAS, or import them.")


def register(root: typer.Typer) -> None:
    """Add `export` and `codes` to ``root``."""
    root.add_typer(exports, name="export")
    root.add_typer(codes, name="codes")


@exports.callback()
def _group() -> None:
    """Write tables for other tools."""


@exports.command("omop")
def omop(
    out: Annotated[Path, typer.Option(help="The folder to write or replace.")],
    db: Database = DEFAULT_DATABASE,
    format: Annotated[str, typer.Option(help="parquet or csv.")] = "parquet",
    as_json: AsJson = False,
    project: Project = None,
    memory: Memory = None,
    threads: Threads = None,
) -> None:
    """Write cohorts, drug eras and episodes for OHDSI tools and R, one file per table.

    The files hold one row per person: keep them where patient data are allowed.
    """
    from myelomart.ohdsi.tables import export_tables

    rows = export_tables(db, out, format)
    if as_json:
        say_json({"folder": str(out), "format": format, "rows": rows})
        return
    for name, count in rows.items():
        say(f"{out / name}.{format}: {count:,} rows")


@exports.command("adam")
def adam(
    study: Annotated[str, typer.Option(help="The study.")],
    out: Annotated[Path, typer.Option(help="The folder to write or replace.")],
    analysis: Annotated[
        str | None,
        typer.Option(help="The analysis whose cohorts are written; the study's main one."),
    ] = None,
    db: Database = DEFAULT_DATABASE,
    format: Annotated[str, typer.Option(help="csv, parquet or xpt.")] = "csv",
    as_json: AsJson = False,
    project: Project = None,
    memory: Memory = None,
    threads: Threads = None,
) -> None:
    """Write ADSL, ADTTE, ADAE and ADLB of a study, checked by the rules of CDISC's ADaM.

    The files hold rows of persons: keep them where patient data are allowed.
    """
    from myelomart.adam.export import export_study

    done = export_study(db, study, out, format, analysis)
    if as_json:
        say_json({"folder": str(out), "format": format, **asdict(done)})
        return
    for name, count in done.rows.items():
        say(f"{out / name.lower()}.{format}: {count:,} rows")
    say(f"the cohorts are those of {done.analysis_id}; define.csv says what each variable is")
    for note in done.notes:
        say(f"  {note}")


@codes.command("export")
def export_codes(
    out: Annotated[Path, typer.Option(help="The folder to write or replace.")],
    names: Annotated[
        list[str] | None, typer.Argument(help="The concept sets; all, if none is named.")
    ] = None,
    db: Annotated[
        Path | None,
        typer.Option("--db", help="A warehouse in whose vocabulary to look up codes."),
    ] = None,
    as_json: AsJson = False,
    project: Project = None,
) -> None:
    """Write concept sets as ATLAS reads them, one JSON file each."""
    from myelomart.ohdsi.atlas_export import LEFT_OUT, export_sets

    done = export_sets(names or [], out, db)
    if as_json:
        say_json({"folder": str(out), "items": done.items, "left_out": len(done.left_out)})
        return
    say(
        f"{out}: {done.items:,} items; {len(done.left_out):,} codes have no concept id "
        f"({LEFT_OUT})" + ("." if db else "; --db looks them up in a warehouse.")
    )


@codes.command("import")
def import_codes(
    files: Annotated[list[Path], typer.Argument(help="JSON files written by ATLAS.")],
    name: Annotated[str | None, typer.Option(help="The name of the concept set.")] = None,
    category: Annotated[
        str | None,
        typer.Option(help="The kind of fact of items without a domain: condition, drug, …"),
    ] = None,
    as_json: AsJson = False,
    project: Project = None,
) -> None:
    """Add ATLAS concept sets to the rows of a site's folder."""
    from myelomart.errors import MyelomartError
    from myelomart.ohdsi.atlas_import import import_sets
    from myelomart.project import site_folder

    site = site_folder()
    if site is None:
        raise MyelomartError("Name a site's folder with --project; `myelomart init` makes one.")
    sets = import_sets(files, site, name, category)
    if as_json:
        say_json({"concept_sets": [asdict(one) for one in sets]})
        return
    for one in sets:
        say(f"{one.name}: {one.items} items, of which {one.excluded} exclude")
        if one.mapped:
            say(
                f"  {one.mapped} ask for mapped codes: nothing is to be added, for records are "
                "found by the standard concept of their code."
            )

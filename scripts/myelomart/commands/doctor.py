"""`myelomart doctor`: what is installed, what the machine has, and what a build would do."""

from pathlib import Path
from typing import Annotated, Any

import typer

from myelomart.command_options import AsJson
from myelomart.messages import say, say_json
from myelomart.room import in_words, memory_in_words
from myelomart.site.option import Project
from myelomart.source_options import (
    AllowViews,
    Cohort,
    Format,
    Memory,
    Threads,
    Vocabulary,
    sources_from,
)


def register(app: typer.Typer) -> None:
    """Add `doctor` to ``app``."""
    app.command()(doctor)


def doctor(
    source: Annotated[
        list[str] | None, typer.Option(help="A source to check, given as for `build`.")
    ] = None,
    format: Format = "auto",
    vocabulary: Vocabulary = None,
    cohort: Cohort = None,
    db: Annotated[Path, typer.Option(help="The database that a build would make.")] = Path(
        "myelomart.duckdb"
    ),
    allow_views: AllowViews = False,
    project: Project = None,
    memory: Memory = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Check versions, memory, disk and sources, and say what would be built; builds nothing.

    Exit code 1 when something would stop a build.
    """
    from myelomart.doctor import examine

    sources = sources_from(
        source or [], format, vocabulary=vocabulary, cohort=cohort, allow_views=allow_views
    )
    found = examine(sources, db)
    if as_json:
        say_json(found)
    else:
        for line in _lines(found):
            say(line)
        for fault in found["faults"]:
            say(f"fault: {fault}", err=True)
    if found["faults"]:
        raise typer.Exit(1)


def _lines(found: dict[str, Any]) -> list[str]:
    """The findings as lines to read."""
    machine, made = found["machine"], found["would_build"]
    versions = [f"{name} {told or 'absent'}" for name, told in found["versions"].items()]
    extras = [f"{name}{'' if here else ' (absent)'}" for name, here in found["extras"].items()]
    lines = [
        f"versions   {', '.join(versions)}",
        f"extras     {', '.join(extras)}",
        f"machine    {machine['system']}, {machine['cores']} cores, "
        f"{in_words(machine['memory_bytes'])} of memory, of which DuckDB takes "
        f"{memory_in_words()} and {machine['duckdb_threads']} threads",
        f"disk       {machine['disk']}, {in_words(machine['disk_free_bytes'])} free",
    ]
    if database := found["database"]:
        held = f"holds {', '.join(database['studies'])}" if database["studies"] else "no warehouse"
        lines.append(f"database   {database['path']}: {held}")
    for one in found["sources"]:
        if one["readable"]:
            tables = f"{one['kind']}, {len(one['tables'])} tables: {', '.join(one['tables'])}"
            lines.append(f"source     {one['location']}: {tables}")
        else:
            lines.append(f"source     {one.get('location', one['name'])}: cannot be read")
    what = f"{made['models']} models of {made['project']}"
    if made["site"]:
        what += f", with {made['site']} ({', '.join(made['site_studies']) or 'no study yet'})"
    if "bytes" in made:
        what += f"; about {in_words(made['bytes'])} of disk"
    return [*lines, f"build      {what}"]

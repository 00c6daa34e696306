"""The options of every command that reads sources, or a database."""

import os
from dataclasses import replace
from typing import Annotated

import typer

from myelomart import room
from myelomart.sources.source import COHORTS, FORMATS, SHIFTS, Source, parse_source


def _memory(size: str | None) -> str | None:
    """Keep what ``--memory`` says where every DuckDB, also the one of dbt, finds it."""
    if size and not room.is_size(size):
        raise typer.BadParameter(f"{size}: write it as 4GB or 512MB.")
    if size:
        os.environ[room.MEMORY] = size.strip()
    return size


def _threads(count: int | None) -> int | None:
    """Keep what ``--threads`` says where every DuckDB finds it."""
    if count:
        os.environ[room.THREADS] = str(count)
    return count


Sources = Annotated[
    list[str],
    typer.Option(help="Folder, file or address; NAME=… names it. Give it once per source."),
]
Format = Annotated[str, typer.Option(help="omop, trinetx, fhir or auto.")]
Timezone = Annotated[
    list[str] | None,
    typer.Option(
        help="The site's time zone, such as Europe/Berlin, for dates that are instants; "
        "NAME=… for one of several sources."
    ),
]
Vocabulary = Annotated[
    list[str] | None,
    typer.Option(
        help="Where the vocabulary is, when not with the persons: a schema of the database, a "
        "folder or a file; NAME=… for one of several sources."
    ),
]
DatesShifted = Annotated[
    list[str] | None,
    typer.Option(
        help="person or site: dates were shifted, by a number of days per person or for the whole "
        "site; NAME=… for one of several sources."
    ),
]
Cohort = Annotated[
    str | None,
    typer.Option(help="myeloma: from a database, read only persons with a myeloma code."),
]
AllowViews = Annotated[
    bool,
    typer.Option(
        "--allow-views",
        help="Read views of a DuckDB or SQLite file too, which runs the SQL stored in it; it can "
        "reach no other file.",
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(
        "--memory",
        envvar=room.MEMORY,
        callback=_memory,
        help="Memory that DuckDB may use, such as 4GB. Without it, half of the memory of the "
        "machine or container; the rest is for Python and other programs. Anything more is "
        "written to disk.",
        show_envvar=False,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        envvar=room.THREADS,
        callback=_threads,
        min=1,
        help="How many threads DuckDB may use. Without it, one per core.",
        show_envvar=False,
    ),
]


def sources_from(
    texts: list[str],
    format: str = "auto",
    timezone: list[str] | None = None,
    vocabulary: list[str] | None = None,
    dates_shifted: list[str] | None = None,
    cohort: str | None = None,
    allow_views: bool = False,
) -> list[Source]:
    """The sources that the options name, each with what is said of it or of all."""
    _refuse_unknown(format, FORMATS, "--format")
    _refuse_unknown(cohort, COHORTS, "--cohort")
    of_all = {"format": format, "cohort": cohort, "allow_views": allow_views}
    sources = [replace(parse_source(text), **of_all) for text in texts]
    names = {source.name for source in sources}
    said = {
        "timezone": _by_name(timezone, names, "--timezone"),
        "vocabulary": _by_name(vocabulary, names, "--vocabulary"),
        "dates_shifted": _by_name(dates_shifted, names, "--dates-shifted"),
    }
    for shift in said["dates_shifted"].values():
        _refuse_unknown(shift, SHIFTS, "--dates-shifted")
    return [
        replace(
            source,
            **{option: values.get(source.name, values.get("")) for option, values in said.items()},
        )
        for source in sources
    ]


def _by_name(values: list[str] | None, names: set[str], option: str) -> dict[str, str]:
    """What an option says by the name of a source; '' for all."""
    found: dict[str, str] = {}
    for value in values or []:
        name, equals, rest = value.partition("=")
        key, value = (name, rest) if equals and name in names else ("", value)
        if key in found:
            raise typer.BadParameter(
                "is given twice for one source: name the sources, NAME=VALUE.", param_hint=option
            )
        found[key] = value
    return found


def _refuse_unknown(value: str | None, known: tuple[str, ...], option: str) -> None:
    if value and value not in known:
        raise typer.BadParameter(f"{value}: known are {', '.join(known)}.", param_hint=option)

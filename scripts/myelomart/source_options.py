"""The options of every command that reads sources."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console

from myelomart.sources.source import COHORTS, FORMATS, SHIFTS, Source, parse_source

Sources = Annotated[
    list[str],
    typer.Option(help="Folder, file or address; NAME=… names it. Give it once per source."),
]
Format = Annotated[str, typer.Option(help="omop, trinetx or auto.")]
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
        help="Where the vocabulary stands when not with the persons: a schema of the database, a "
        "folder or a file; NAME=… for one of several sources."
    ),
]
DatesShifted = Annotated[
    list[str] | None,
    typer.Option(
        help="person or site: dates are moved by days that each person, or the site, has of its "
        "own; NAME=… for one of several sources."
    ),
]
Cohort = Annotated[
    str | None,
    typer.Option(help="myeloma: read only persons with a myeloma code out of a database."),
]


def said_on(console: Console) -> Callable:
    """Prints texts as they are (a path may hold brackets) and tables with their colours."""

    def say(what) -> None:
        console.print(what, markup=not isinstance(what, str))

    return say


def sources_from(
    texts: list[str],
    format: str = "auto",
    timezone: list[str] | None = None,
    vocabulary: list[str] | None = None,
    dates_shifted: list[str] | None = None,
    cohort: str | None = None,
) -> list[Source]:
    """The sources that the options name, each with what is said of it or of all."""
    _refuse_unknown(format, FORMATS, "--format")
    _refuse_unknown(cohort, COHORTS, "--cohort")
    sources = [replace(parse_source(text), format=format, cohort=cohort) for text in texts]
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

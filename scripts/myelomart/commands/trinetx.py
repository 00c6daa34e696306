"""`myelomart trinetx`: what a package of TriNetX's results prints, recomputed from itself."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from myelomart.command_options import AsJson
from myelomart.messages import console, say, say_json


def register(app: typer.Typer) -> None:
    """Add `trinetx` to ``app``."""
    app.command()(trinetx)


def trinetx(
    file: Annotated[
        Path, typer.Argument(help="What «compare outcomes» exported: a zip, or its folder.")
    ],
    as_json: AsJson = False,
) -> None:
    """Recompute balances, risks, ratios and survival of a TriNetX result package.

    Lists every printed number that the others do not give; exit code 1 when there is one. Counts
    shown as 10 are told where their survival curve tells them: keep those as the platform does.
    """
    from myelomart.trinetx_results.summary import package_summary

    told = package_summary(file)
    if as_json:
        say_json(told)
    else:
        _print(told)
    if told["disagreements"]:
        raise typer.Exit(1)


def _print(told: dict) -> None:
    """Tables of what does not agree and of the counts behind 10; then the sums."""
    if told["disagreements"]:
        table = Table("file", "line", "row", "number", "printed", "recomputed", box=None)
        for one in told["disagreements"]:
            ends = dict.fromkeys((f"{one['recomputed']:.7g}", f"{one['recomputed_to']:.7g}"))
            table.add_row(
                one["file"], str(one["line"]), one["row"], one["what"], f"{one['printed']:.7g}",
                " to ".join(ends),
            )  # fmt: skip
        console().print(table)
    if hidden := [one for one in told["recovered"] if one["is_floored"]]:
        table = Table("outcome", "cohort", "patients", "shown", "events", box=None)
        for one in hidden:
            events = "not told" if one["events"] is None else str(one["events"])
            cells = (one["outcome"], one["cohort"], one["patients"], one["shown"])
            table.add_row(*map(str, cells), events)
        console().print(table)
    for name in told["not_understood"]:
        say(f"{name}: not understood")
    for note in told["notes"]:
        say(note)
    say(
        f"{told['package']}: {told['numbers']} numbers recomputed, {told['agree']} agree, "
        f"{len(told['disagreements'])} do not"
    )

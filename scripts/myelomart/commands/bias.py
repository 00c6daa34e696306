"""`myelomart bias`: what risks would be, were every outcome seen rightly."""

from typing import Annotated

import typer

from myelomart.command_options import AsJson
from myelomart.commands.statistics import File, show_summary, solvable


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(bias)


def bias(
    file: File,
    treatment: Annotated[str, typer.Option(help="Column of treatment: 1/0 or true/false.")],
    outcome: Annotated[str, typer.Option(help="Column of the outcome as found: 1/0.")],
    sensitivity: Annotated[
        str,
        typer.Option(
            help="Share of outcomes that are found, such as 0.8; or least, most likely and most, "
            "such as 0.7,0.8,0.9."
        ),
    ],
    specificity: Annotated[
        str, typer.Option(help="Share of persons without it that are not found; one or three.")
    ] = "1",
    sensitivity_control: Annotated[
        str | None, typer.Option(help="Among controls, where it differs.")
    ] = None,
    specificity_control: Annotated[
        str | None, typer.Option(help="Among controls, where it differs.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Risk ratio and difference, corrected for an outcome that codes find imperfectly."""
    from myelomart.input_file import read_table
    from myelomart.sensitivity.misclassified_rows import BiasOptions, bias_summary

    options = BiasOptions(
        treatment, outcome, sensitivity, specificity, sensitivity_control or None,
        specificity_control or None, seed,
    )  # fmt: skip
    with solvable():
        summary = bias_summary(read_table(file), options)
    show_summary(summary, as_json)

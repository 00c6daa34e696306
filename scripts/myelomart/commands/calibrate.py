"""`myelomart calibrate`: what the synthetic network aims at, and how near it comes."""

from pathlib import Path

import typer

from myelomart.command_options import AsJson
from myelomart.messages import say, say_json


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(calibrate)


def calibrate(
    patients: int = typer.Option(100_000, min=1_000, help="Myeloma patients to simulate."),
    seed: int = typer.Option(1, help="Seed of the simulation."),
    out: Path = typer.Option(Path("docs/calibration.md"), help="The page to write."),
    as_json: AsJson = False,
) -> None:
    """Compare the synthetic network with the numbers it aims at; exit code 1 beyond 3 errors."""
    from myelomart import whole
    from myelomart_synthetic.calibration import calibration_table
    from myelomart_synthetic.calibration_page import LIMIT, page

    table = calibration_table(patients, seed)
    whole.write_text(out, page(table, patients, seed))
    beyond = table[table["z"].abs() > LIMIT]
    if as_json:
        say_json({"page": str(out), "numbers": len(table), "limit": LIMIT, "beyond": len(beyond)})
    else:
        say(f"{len(table)} numbers, {len(beyond)} beyond {LIMIT} standard errors: {out}")
    if len(beyond):
        raise typer.Exit(1)

"""`myelomart synth`: writes a synthetic network of OMOP sites, and its truth beside it."""

from pathlib import Path

import typer

from myelomart.command_options import AsJson
from myelomart.messages import say, say_json
from myelomart.progress import progress
from myelomart.room import needed

PERSON_SIZE = 10_000  # bytes of one person's records in Parquet, at most


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(synth)


def synth(
    patients: int = typer.Option(10_000, min=1, help="People, myeloma patients and others."),
    sites: int = typer.Option(4, min=1, help="Care sites, each with habits of its own."),
    seed: int = typer.Option(1, help="Same seed, same bytes."),
    out: Path = typer.Option(..., help="Folder of the CDM; the truth goes to OUT.truth beside it."),
    myeloma_share: float = typer.Option(0.2, min=0.0, max=1.0, help="Share with myeloma."),
    scenario: str = typer.Option("published", help="A row of scenarios.csv: what is planted."),
    dirty: bool = typer.Option(False, "--dirty", help="Plant faults, each listed in the truth."),
    folders: bool = typer.Option(False, "--folders", help="A folder per site, OUT/site_1 …"),
    fhir: bool = typer.Option(
        False, "--fhir", help="Write the same people as a FHIR bulk export too, to OUT.fhir."
    ),
    as_json: AsJson = False,
) -> None:
    """Write a synthetic OMOP CDM v5.4 with planted truth."""
    from myelomart_synthetic.network import make_network

    done = 0
    with needed("The network", PERSON_SIZE * patients, out), progress("people") as show:

        def advance(more: int) -> None:
            nonlocal done
            done += more
            show(done, patients, "")

        counts = make_network(
            patients,
            sites,
            seed,
            out,
            myeloma_share,
            scenario,
            dirty,
            folders,
            progress=advance,
            fhir=fhir,
        )
    if as_json:
        say_json({"out": str(out), "truth": f"{out}.truth", "rows": counts})
        return
    for table, size in counts.items():
        say(f"{table:24}{size:>14,}")
    say(f"written to {out}, the truth to {out}.truth" + (f", FHIR to {out}.fhir" if fhir else ""))

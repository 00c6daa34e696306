"""`myelomart study pack` and `study pool`: one study at sites that share no rows."""

import json
from pathlib import Path
from typing import Annotated

import typer

from myelomart.command_options import AsJson
from myelomart.commands.study import DEFAULT_DATABASE, Database, as_written, print_headline
from myelomart.commands.study import app as study_app
from myelomart.messages import say, say_json
from myelomart.source_options import Memory, Threads

START = "start.json"


def register(root: typer.Typer) -> None:
    """Add both to `study`, which is added by itself."""


@study_app.command("pack")
def pack(
    study_ids: Annotated[list[str], typer.Argument(help="The studies to pack.")],
    site: Annotated[str, typer.Option(help="The name of this site in the pool.")],
    policy: Annotated[str, typer.Option(help="The policy for small counts: cms11, eu11, trinetx10, "
                                        "ohdsi5, opensafely, n3c20.")],
    out: Annotated[Path, typer.Option(help="The ZIP to write.")],
    db: Database = DEFAULT_DATABASE,
    profiles: Annotated[str, typer.Option(
        help="When the likelihood profile of an endpoint leaves: allowed, when each arm has no "
        "event or reaches the policy's limit; total, when both arms together do; all, as in OHDSI."
    )] = "allowed",
    start: Annotated[Path | None, typer.Option(
        help="The start.json of a pool: adjusted models send their derivatives there (ODACH)."
    )] = None,
    previous: Annotated[list[Path] | None, typer.Option(
        help="A former pack or release of the same warehouse, the oldest first: what only few "
        "persons changed since is packed as it was."
    )] = None,
    memory: Memory = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Pack what this site shares of its studies: a release and aggregates to pool, no rows."""
    from myelomart.disclosure.policies import named
    from myelomart.federated.pack import write_pack
    from myelomart.publishing import RESULT_SIZE
    from myelomart.room import needed

    begun = None if start is None else read_start(start)
    with needed("A pack", RESULT_SIZE * len(study_ids), out):
        told = write_pack(db, study_ids, site, named(policy), profiles, out, begun, previous)
    for one in told:
        say(f"Warning: --profiles {profiles} lets a hidden count be told. {one}", err=True)
    if as_json:
        say_json({"pack": str(out), "site": site, "studies": study_ids, "told": told})
        return
    say(f"{out}: {', '.join(study_ids)} of {site}. Read it before it leaves (docs/federated.md).")


@study_app.command("pool")
def pool(
    packs: Annotated[list[Path], typer.Argument(help="The packs of two sites or more.")],
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    as_json: AsJson = False,
) -> None:
    """Pool the packs of several sites; refuses packs whose study rows or rules differ."""
    from myelomart import whole
    from myelomart.federated.pack import read_pack
    from myelomart.federated.pooling import pool_packs
    from myelomart.publishing import RESULT_SIZE, publish
    from myelomart.room import needed

    made = pool_packs([read_pack(file) for file in packs])
    with needed("A pool", RESULT_SIZE * len(made.run.chapters), out):
        publish(made.run, out)
        starts = {study_id: one for study_id, one in made.starts.items() if one}
        if starts:
            whole.write_text(out / START, json.dumps(starts, indent=1, sort_keys=True) + "\n")
    if as_json:
        say_json(as_written(made.run.chapters, out))
        return
    for one in made.run.chapters:
        print_headline(one)
        say(f"{one.study.study_id}: written to {out / one.study.study_id}")
        for warning in one.results.warnings:
            say(f"Warning: {warning}", err=True)


def read_start(file: Path) -> dict:
    """The start that a pool wrote; ``MyelomartError`` where it is none."""
    from myelomart.errors import MyelomartError

    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return {study: {key: {term: float(at) for term, at in terms.items()}
                        for key, terms in one.items()} for study, one in told.items()}  # fmt: skip
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise MyelomartError(
            f"{file} is not a start file: name the {START} that `myelomart study pool` wrote."
        ) from error

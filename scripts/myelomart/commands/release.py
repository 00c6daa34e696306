"""`myelomart study release` and `attack`: results that may leave the site, and the proof of it."""

from pathlib import Path
from typing import Annotated

import typer

from myelomart.command_options import AsJson
from myelomart.commands.study import DEFAULT_DATABASE, Database
from myelomart.commands.study import app as studies
from myelomart.messages import say, say_json
from myelomart.source_options import Memory, Threads


def register(root: typer.Typer) -> None:
    """Add `release` and `attack` to the studies' commands."""
    studies.command("release")(release_studies)
    studies.command("attack")(attack_release)


def release_studies(
    study_ids: Annotated[list[str], typer.Argument(help="The studies to release.")],
    policy: Annotated[
        str, typer.Option("--policy", help="The policy of seeds/disclosure: cms11, eu11, "
                          "trinetx10, ohdsi5, opensafely, n3c20."),
    ],
    out: Annotated[Path, typer.Option(help="The zip to write.")],
    db: Database = DEFAULT_DATABASE,
    previous: Annotated[
        list[Path] | None,
        typer.Option(help="A former release of the same warehouse, the oldest first: what only "
                     "few persons changed since is shown as it was."),
    ] = None,
    memory: Memory = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Write results that may leave the site: one zip, what it hides and why, a page to sign.

    Nothing is written if a hidden number could still be told.
    """
    from myelomart.disclosure.policies import named
    from myelomart.disclosure.release import release, write_release

    rule = named(policy)
    run = release(db, study_ids, rule, previous)
    write_release(run, rule, out, previous)
    if as_json:
        say_json({
            "release": str(out), "policy": rule.name,
            "studies": [one.study.study_id for one in run.chapters],
            "numbers": run.hidden.of, "shown": run.hidden.shown, "hidden": len(run.hidden.rows),
        })  # fmt: skip
        return
    share = 100 * run.hidden.shown / max(run.hidden.of, 1)
    say(
        f"{out}: {len(run.chapters)} studies under {rule.name}; {run.hidden.shown:,} of "
        f"{run.hidden.of:,} numbers are shown ({share:.0f} %), {len(run.hidden.rows):,} rows are "
        "hidden (hidden.csv says why), 0 can be rebuilt. to_sign.html is for the signature."
    )


def attack_release(
    path: Annotated[Path, typer.Argument(help="A release, zip or folder, or a folder of results.")],
    policy: Annotated[
        str | None, typer.Option("--policy", help="The policy, for results that do not name one.")
    ] = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """List the hidden numbers that can still be rebuilt; exit code 1 when there are any."""
    from myelomart.disclosure.attack_on_release import attack
    from myelomart.disclosure.policies import named
    from myelomart.disclosure.release import opened, policy_of
    from myelomart.errors import MyelomartError
    from myelomart.results import MANIFEST

    with opened(path) as folder:
        rule = named(policy) if policy else policy_of(folder)
        if rule is None:
            raise MyelomartError(f"{path} does not say under which policy it was made: --policy.")
        if not [*folder.glob(MANIFEST), *folder.glob(f"*/{MANIFEST}")]:
            raise MyelomartError(
                f"{path} holds no results: name a release, or a folder of results."
            )
        told = attack(folder, rule)
    if as_json:
        say_json({"path": str(path), "policy": rule.name, "rebuilt": told})
    else:
        for one in told:
            say(one)
        say(f"{path}: {len(told)} hidden numbers can be rebuilt.")
    if told:
        raise typer.Exit(1)

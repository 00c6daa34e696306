"""A release: one zip of results that may leave the site, with what was hidden and a page to sign.

Nothing is written where the attack on it (`attack_on_release`) can rebuild anything.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
from markupsafe import escape

from myelomart import whole
from myelomart.disclosure.attack_on_release import attack
from myelomart.disclosure.former import Former
from myelomart.disclosure.policies import Policy, as_row, from_row
from myelomart.errors import MyelomartError
from myelomart.private_files import private
from myelomart.publishing import Run, publish, run_studies
from myelomart.results import CURVE_COLUMNS, ESTIMATE_COLUMNS, MANIFEST
from myelomart.spreadsheet import safe

RELEASE, HIDDEN, PAGE = "release.json", "hidden.csv", "to_sign.html"
EPOCH = (1980, 1, 1, 0, 0, 0)  # of the files of a zip, so that the same release has the same bytes
NOT_SHARED = (".myelomart",)
POLICY_WORDS = "Policy "  # with which the sentence on the policy begins


def release(
    database: Path, study_ids: list[str], policy: Policy, previous: list[Path] | None = None
) -> Run:
    """The studies as they may be shown beside former releases of the same warehouse.

    Studies of former releases are run as well: what they tell together with these is seen. The
    result can be published into a folder (`publish`) or written as one zip (`write_release`).
    """
    former = [read_former(path) for path in reversed(previous or [])]
    run = run_studies(database, study_ids, policy, former)
    return replace(run, facts=as_shared(run.facts))


def as_shared(facts: dict) -> dict:
    """``facts`` with one hash of all inputs: that of a small table could be found by trying."""
    together = hashlib.sha256(json.dumps(facts["inputs"], sort_keys=True).encode())
    return facts | {"inputs": {"all tables": [together.hexdigest()]}}


def write_release(
    run: Run, policy: Policy, target: Path, previous: list[Path] | None = None
) -> None:
    """Write ``run`` (see `release`) as a zip; raise ``MyelomartError`` where it would tell."""
    if target.suffix != ".zip":
        raise MyelomartError(f"{target}: the name of a release ends in .zip.")
    with private(), tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "release"
        publish(run, folder)
        _describe(run, policy, folder, previous or [])
        if told := attack(folder, policy):
            raise MyelomartError(
                f"nothing is written: {len(told)} hidden numbers could still be told, such as: "
                f"{told[0]} Release fewer analyses, or with a policy that hides more."
            )
        with whole.file(target) as made:
            _zip(folder, made)


def _describe(run: Run, policy: Policy, folder: Path, previous: list[Path]) -> None:
    hidden = run.hidden
    safe(hidden.rows).to_csv(folder / HIDDEN, index=False, lineterminator="\n")
    files = {name: sha for name, sha in whole.hashes(folder).items() if _is_shared(name)}
    told = {
        "policy": as_row(policy), "studies": [one.study.study_id for one in run.chapters],
        "numbers_shown": hidden.shown,
        "numbers_of": None if previous else hidden.of,  # one person more may make numbers of many
        "rows_hidden": len(hidden.rows), "figures_left_out": hidden.figures_left_out,
        "former_releases": [whole.sha256(path) for path in previous if path.is_file()],
        "files": files,
    }  # fmt: skip
    (folder / PAGE).write_text(_page(run, policy, told), encoding="utf-8")
    text = json.dumps(told, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / RELEASE).write_text(text + "\n", encoding="utf-8")


def _page(run: Run, policy: Policy, told: dict) -> str:
    """What the person who is responsible signs: what goes out, under which rule, what is hidden."""
    content = hashlib.sha256(json.dumps(told["files"], sort_keys=True).encode()).hexdigest()
    reasons = run.hidden.rows["reason"].value_counts()
    shown, of = told["numbers_shown"], told["numbers_of"]
    share = f" of {of:,} ({100 * shown / max(of, 1):.0f} %)" if of is not None else ""
    lines = [
        ("Studies", ", ".join(one.study.title for one in run.chapters)),
        ("Policy", f"{policy.name}: no count from 1 to {policy.hides_below - 1}; others in steps "
                   f"of {policy.rounds_to}. {policy.source}"),
        ("Numbers shown", f"{shown:,}{share}"),
        *((f"Rows hidden: {reason}", f"{count:,}") for reason, count in reasons.items()),
        ("Figures left out", str(told["figures_left_out"])),
        ("Former releases beside which this was made", str(len(told["former_releases"]))),
        ("Rebuilt by the attack on this release", "0"),
        ("Content (SHA-256)", content),
    ]  # fmt: skip
    rows = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in lines)
    blanks = "".join(f"<p>{name}: {'_' * 48}</p>" for name in ("Name", "Role", "Date", "Signature"))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Release</title>'
        "<style>body{font:15px sans-serif;max-width:48rem;margin:2rem auto}"
        "th{text-align:left;vertical-align:top;padding:.3rem 1rem .3rem 0}</style>"
        "<h1>Release of results</h1><p>The results named here hold no row, date or identifier of a "
        f"person.</p><table>{rows}</table><p>I have read the results and agree that they leave the "
        f"site.</p>{blanks}</html>\n"
    )


def _zip(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in whole.files_in(folder):
            if _is_shared(name):
                entry = zipfile.ZipInfo(name, EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                made.writestr(entry, (folder / name).read_bytes())


def _is_shared(name: str) -> bool:
    return Path(name).name not in NOT_SHARED


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """The folder of a release, or of results; a zip is unpacked while it is read."""
    if path.is_dir():
        yield path
        return
    try:
        with tempfile.TemporaryDirectory() as place, zipfile.ZipFile(path) as packed:
            packed.extractall(place)
            yield Path(place)
    except (OSError, zipfile.BadZipFile) as error:
        raise MyelomartError(
            f"{path} is not a release: name a folder or a zip that `myelomart study release` wrote."
        ) from error


def policy_of(folder: Path) -> Policy | None:
    """The policy that a release was made under; None of other results."""
    file = folder / RELEASE
    return from_row(json.loads(file.read_text("utf-8"))["policy"]) if file.is_file() else None


def read_former(path: Path) -> Former:
    """A former release, as anybody has it."""
    with opened(path) as folder:
        policy = policy_of(folder)
        if policy is None:
            raise MyelomartError(
                f"{path} has no {RELEASE}: name a folder or a zip that `myelomart study release` "
                "wrote."
            )
        studies = sorted(file.parent for file in folder.glob(f"*/{MANIFEST}"))
        told = [json.loads((one / MANIFEST).read_text("utf-8")) for one in studies]
        frames, curves = (
            pd.concat(
                [pd.read_parquet(one / name)[[*columns]] for one in studies], ignore_index=True
            )
            for name, columns in (
                ("estimates.parquet", ESTIMATE_COLUMNS),
                ("curves.parquet", CURVE_COLUMNS),
            )
        )
        words = {
            one["study_id"]: [w for w in one["warnings"] if not w.startswith(POLICY_WORDS)]
            for one in told
        }
        persons = {
            source["source_name"]: source["person_count"]
            for one in told
            for source in one["described"]
        }
        return Former(frames, curves, words, policy, persons)

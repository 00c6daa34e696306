"""A site's pack: one ZIP with its release, what the pool needs beside it, and what made it.

    release.json, hidden.csv, to_sign.html, <study>/…   the release, as `study release` writes it
    pack.json                        site, rule for profiles, rule set, sources, hash of every file
    study_rows.json                  the rows that define each study
    pool/<study>/published.parquet   the printed values that stand beside ours
    pool/<study>/<file>.csv          profiles, endpoints, propensity, scores, adjusted, information

So a pack can be named wherever a release can. The same warehouse gives the same bytes. No row of it
is of one person.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from myelomart import warehouse, whole
from myelomart.disclosure.policies import Policy, as_row, from_row
from myelomart.disclosure.release import as_shared, release, write_release
from myelomart.errors import MyelomartError
from myelomart.federated.aggregates import COLUMNS, aggregates
from myelomart.federated.former_packs import as_they_were
from myelomart.federated.profile_rules import ALLOWED, RULES
from myelomart.federated.study_rows import (
    MOST_NAMED,
    Rows,
    RuleSet,
    differences,
    hash_of,
    rule_set,
    seeds_that_differ,
    study_rows,
)
from myelomart.federated.told import Frames, hidden_counts_told, without_profiles_that_tell
from myelomart.private_files import private
from myelomart.publishing import Run, provenance
from myelomart.report.sources import Source
from myelomart.results import CURVE_COLUMNS, ESTIMATE_COLUMNS
from myelomart.spreadsheet import read_back, safe
from myelomart.study import read_study
from myelomart.study_data import read_data

FORMAT = 1  # the layout of the first version; no other was ever given out
MANIFEST, STUDY_ROWS, POOL = "pack.json", "study_rows.json", "pool"
PUBLISHED = "published.parquet"
SITE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}")
MOST_BYTES = 500_000_000  # of a pack, unpacked
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a ZIP wants a time; that of the making would change the bytes
Start = dict[str, dict[str, dict[str, float]]]  # study, analysis/endpoint, term


@dataclass(frozen=True)
class PackedStudy:
    """What one site says of one study."""

    rows: Rows
    estimates: pd.DataFrame
    curves: pd.DataFrame
    frames: dict[str, pd.DataFrame]  # by file of `aggregates.COLUMNS`
    published: pd.DataFrame
    manifest: dict


@dataclass(frozen=True)
class Pack:
    """A pack as it was read."""

    site: str
    policy: Policy
    profiles: str
    rule_set: RuleSet
    facts: dict
    sources: tuple[Source, ...]
    studies: dict[str, PackedStudy]


def write_pack(
    database: Path, study_ids: list[str], site: str, policy: Policy, rule: str, out: Path,
    start: Start | None = None, previous: list[Path] | None = None,
) -> list[str]:  # fmt: skip
    """Write the pack of ``study_ids`` to ``out``, which takes the place of a former one when whole.

    ``previous`` are former releases and packs of the warehouse, the oldest first: what moved by few
    persons since is packed as it was. Returns the profiles that tell a count which the release
    hides, as ``rule`` may let them; each in words. Raises ``MyelomartError`` on a name that cannot
    be a site's, on a rule that is none, and where the warehouse is built anew meanwhile.
    """
    if not SITE.fullmatch(site):
        raise MyelomartError(
            f"«{site}» cannot be the name of a site: take letters, digits, spaces, _ . and -, at "
            "most 40."
        )
    if rule not in RULES:
        raise MyelomartError(f"there is no rule {rule!r} for profiles: {', '.join(RULES)}.")
    study_ids = list(dict.fromkeys(study_ids))
    run, files = _release(database, study_ids, policy, previous)
    definitions: dict[str, Rows] = {}
    beside: dict[str, Frames] = {}
    with warehouse.database(database) as connection:
        now = as_shared(provenance(connection))
        if any(now[name] != run.facts[name] for name in ("inputs", "models")):
            raise MyelomartError(f"{database} was rebuilt in the meantime: pack again.")
        rules = rule_set(connection)
        for one in run.chapters:
            study_id = one.study.study_id
            definitions[study_id] = study_rows(connection, study_id)
            study = read_study(connection, study_id)
            data = read_data(connection, study)
            files[f"{POOL}/{study_id}/{PUBLISHED}"] = data.published.to_parquet(index=False)
            shown = one.results.estimate_frame()
            at = None if start is None else start.get(study_id, {})
            beside[study_id] = aggregates(study, data, shown, policy, rule, at).frames()
    shown = pd.concat([one.results.estimate_frame() for one in run.chapters], ignore_index=True)
    beside = as_they_were(beside, former_frames(previous or [], run.facts))
    if rule == ALLOWED:
        beside = without_profiles_that_tell(beside, shown, policy)
    told_by = hidden_counts_told(beside, shown, policy)
    for study_id, frames in beside.items():
        for name, frame in frames.items():
            text = safe(frame).to_csv(index=False, lineterminator="\n")
            files[f"{POOL}/{study_id}/{name}.csv"] = text.encode()
    files[STUDY_ROWS] = _json(definitions)
    told = {
        "format": FORMAT, "site": site, "policy": as_row(policy), "profiles": rule,
        "rule_set": asdict(rules), "facts": run.facts,
        "sources": [asdict(source) for source in run.sources],
        "studies": {study_id: hash_of(rows) for study_id, rows in definitions.items()},
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }  # fmt: skip
    with whole.file(out) as made, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in ({MANIFEST: _json(told)} | dict(sorted(files.items()))).items():
            opened.writestr(zipfile.ZipInfo(name, LONG_AGO), content, zipfile.ZIP_DEFLATED)
    return [f"{', '.join(key)}: {said}" for key, all_said in told_by.items() for said in all_said]


def former_frames(previous: list[Path], facts: dict) -> dict[str, Frames]:
    """What the newest pack among ``previous`` says of each study; nothing of one of the same data.

    Two packs of the same inputs and models differ in nothing that a person could be behind.
    """
    found: dict[str, Frames] = {}
    for file in previous:
        if not (file.is_file() and zipfile.is_zipfile(file)) or not is_pack(file):
            continue  # a release has no such frames
        pack = read_pack(file)
        same = all(pack.facts[name] == facts[name] for name in ("inputs", "models"))
        found |= {name: {} if same else one.frames for name, one in pack.studies.items()}
    return {name: frames for name, frames in found.items() if frames}


def is_pack(file: Path) -> bool:
    """Whether a ZIP is a pack, and not only a release."""
    with zipfile.ZipFile(file) as opened:
        return MANIFEST in opened.namelist()


def _release(
    database: Path, study_ids: list[str], policy: Policy, previous: list[Path] | None
) -> tuple[Run, dict[str, bytes]]:
    """The studies as a release shows them, and its files by path.

    Raises ``MyelomartError`` where a hidden number could be told, as `study release` does.
    """
    run = release(database, study_ids, policy, previous)
    with private(), tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "release.zip"
        write_release(run, policy, place, previous)
        with zipfile.ZipFile(place) as opened:
            return run, {name: opened.read(name) for name in opened.namelist()}


def read_pack(file: Path) -> Pack:
    """The pack in ``file``; ``MyelomartError`` where it is none, or is not as it was written."""
    told, files = _opened(file)
    if told.get("format") != FORMAT:
        raise MyelomartError(
            f"{file} is a pack of format {told.get('format')}, and this version reads {FORMAT}: "
            "let site and pool have the same version of myelomart."
        )
    stated = told["files"]
    faults = [f"{name} is not there" for name in sorted({*stated} - {*files})]
    faults += [f"{name} is not of this pack" for name in sorted({*files} - {*stated})]
    faults += [
        f"{name} is not as it was written" for name in sorted({*files} & {*stated})
        if hashlib.sha256(files[name]).hexdigest() != stated[name]
    ]  # fmt: skip
    if faults:
        raise MyelomartError(f"{file}: {'; '.join(faults[:3])}: ask the site for it again.")
    rows = json.loads(files[STUDY_ROWS])
    studies = {
        study_id: PackedStudy(
            rows[study_id],
            _parquet(files[f"{study_id}/estimates.parquet"], ESTIMATE_COLUMNS),
            _parquet(files[f"{study_id}/curves.parquet"], CURVE_COLUMNS),
            {name: _csv(files[f"{POOL}/{study_id}/{name}.csv"]) for name in COLUMNS},
            pd.read_parquet(io.BytesIO(files[f"{POOL}/{study_id}/{PUBLISHED}"])),
            json.loads(files[f"{study_id}/manifest.json"]),
        )
        for study_id in told["studies"]
    }
    return Pack(
        told["site"], from_row(told["policy"]), told["profiles"], RuleSet(**told["rule_set"]),
        told["facts"], tuple(Source(**one) for one in told["sources"]), studies,
    )  # fmt: skip


def _opened(file: Path) -> tuple[dict, dict[str, bytes]]:
    """The manifest and every other file of a ZIP."""
    advice = "name a file that `myelomart study pack` wrote"
    try:
        with zipfile.ZipFile(file) as opened:
            if sum(one.file_size for one in opened.infolist()) > MOST_BYTES:
                raise MyelomartError(f"{file} is too large to be a pack: {advice}.")
            files = {name: opened.read(name) for name in opened.namelist()}
        told = json.loads(files.pop(MANIFEST))
    except FileNotFoundError as error:
        raise MyelomartError(f"{file} is not there: {advice}.") from error
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise MyelomartError(f"{file} is no pack: {advice}.") from error
    return told, files


def _parquet(content: bytes, columns: dict[str, str]) -> pd.DataFrame:
    return pd.read_parquet(io.BytesIO(content)).astype(columns)


def _csv(content: bytes) -> pd.DataFrame:
    return read_back(pd.read_csv(io.BytesIO(content)))


def _json(told: dict) -> bytes:
    text = json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False, default=str)
    return (text + "\n").encode()


def refuse_unlike(packs: list[Pack]) -> None:
    """Raise ``MyelomartError`` where packs are not of the same study: it names the rows."""
    names = [one.site for one in packs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise MyelomartError(
            f"two packs are of the site {', '.join(twice)}: give each site once, the newest."
        )
    first = packs[0]
    found: list[str] = []
    for other in packs[1:]:
        both = first.site, other.site
        if first.rule_set.name != other.rule_set.name:
            found.append(
                f"the rule set is {first.rule_set.name} at {both[0]} and {other.rule_set.name} at "
                f"{both[1]}."
            )
        seeds = seeds_that_differ(first.rule_set.rules, other.rule_set.rules)
        found += [f"the rules in {name} differ between {both[0]} and {both[1]}." for name in seeds]
        for study_id in first.studies:
            if study_id not in other.studies:
                found.append(f"{both[1]} has not packed {study_id}.")
                continue
            one, two = first.studies[study_id].rows, other.studies[study_id].rows
            found += [f"{study_id}: {said}" for said in differences(one, two, both)]
        found += [f"{both[0]} has not packed {study_id}."
                  for study_id in other.studies if study_id not in first.studies]  # fmt: skip
    if found:
        more = f" And {len(found) - MOST_NAMED} more." if len(found) > MOST_NAMED else ""
        raise MyelomartError(
            "These packs are not of the same study: " + " ".join(found[:MOST_NAMED]) + more
            + " Let the sites use the same rows and rules, and pack again."
        )  # fmt: skip

"""Concept sets that ATLAS wrote, as rows of a site's folder."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from myelomart import whole
from myelomart.errors import MyelomartError
from myelomart.ohdsi.atlas import CATEGORIES, EXCLUDED, EXCLUSIONS, MAPPED, MEMBERS, SETS
from myelomart.project import own_seed
from myelomart.rows.declared import Table, tables
from myelomart.site.settings import CODES, RULES

FLAGS = ("isExcluded", "includeDescendants", "includeMapped")
PLACES = {MEMBERS: CODES, SETS: CODES, EXCLUSIONS: RULES}  # the folder of each table in a site's


@dataclass(frozen=True)
class Imported:
    """The name of a set, its items, and how many of them exclude and ask for mapped codes."""

    name: str
    items: int
    excluded: int
    mapped: int


def import_sets(
    files: Iterable[Path], site: Path, name: str | None = None, category: str | None = None
) -> list[Imported]:
    """Add the concept sets of ATLAS files to the rows of the site's folder ``site``.

    A set is named as its file says, else as its file, or ``name``. ``category`` is the kind of fact
    of items that do not say their domain. Nothing is written where one item cannot be read.
    """
    rows: dict[str, list[dict[str, str]]] = {table: [] for table in PLACES}
    taken = {row["concept_set_id"] for row in [*own_seed(SETS), *_rows(_place(site, SETS))]}
    done = []
    for file in files:
        for found, items in _expressions(file):
            chosen = re.sub(r"[^a-z0-9]+", "_", (name or found).lower()).strip("_")
            if not chosen or chosen in taken:
                raise MyelomartError(
                    f"{file}: a concept set «{chosen}» cannot be added, for "
                    + ("there is one; " if chosen else "it has no letters; ")
                    + "give another name with --name."
                )
            members = [_member(item, file, category) for item in items]
            kept = [row for item, row in zip(items, members, strict=True) if not item["isExcluded"]]
            gone = [row for item, row in zip(items, members, strict=True) if item["isExcluded"]]
            if not kept:
                raise MyelomartError(f"{file}: the concept set «{chosen}» includes no concept.")
            _add(rows, chosen, kept, file)
            if gone:
                _add(rows, chosen + EXCLUDED, gone, file)
                told = {"concept_set_id": chosen, "excluding_set_id": chosen + EXCLUDED}
                rows[EXCLUSIONS].append(told | {"citation": f"ATLAS, {file.name}"})
            taken.add(chosen)
            mapped = sum(item["includeMapped"] for item in items)
            done.append(Imported(chosen, len(items), len(gone), mapped))
    for table, added in rows.items():
        if added:
            _append(_place(site, table), tables()[table.rpartition("/")[2]], added)
    return done


def _expressions(file: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Every concept set in a file: an expression, one with a name, or those of a cohort."""
    try:
        told = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise MyelomartError(f"{file} cannot be read as JSON: {error}.") from None
    listed = told if isinstance(told, list) else [told]
    if isinstance(told, dict) and isinstance(told.get("ConceptSets"), list):
        listed = told["ConceptSets"]
    for one in listed:
        inner = one.get("expression", one) if isinstance(one, dict) else None
        items = inner.get("items") if isinstance(inner, dict) else None
        if not isinstance(items, list):
            raise MyelomartError(f"{file} holds no concept set: an expression has «items».")
        yield str(one.get("name") or file.stem), [_item(item, file) for item in items]


def _item(item: Any, file: Path) -> dict[str, Any]:
    """An item with its flags; those that are not given are false."""
    concept = item.get("concept") if isinstance(item, dict) else None
    number = concept.get("CONCEPT_ID") if isinstance(concept, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise MyelomartError(f"{file}: an item has no concept with a CONCEPT_ID.")
    return {"concept": concept} | {flag: bool(item.get(flag)) for flag in FLAGS}


def _member(item: dict[str, Any], file: Path, category: str | None) -> dict[str, str]:
    """An item as a row; one of a vocabulary that we do not know is a bare OMOP concept."""
    concept, table = item["concept"], tables()["concept_set_members"]
    domain = concept.get("DOMAIN_ID")
    kind = CATEGORIES.get(domain) or category
    if kind not in table.words("category"):
        said = f"its domain is {domain}" if domain else "it says no domain"
        raise MyelomartError(
            f"{file}: concept {concept['CONCEPT_ID']}: {said}; say with --category which kind of "
            f"fact it is, one of {', '.join(table.words('category'))}."
        )
    number = str(concept["CONCEPT_ID"])
    code = str(concept.get("CONCEPT_CODE") or "")
    is_known = bool(code) and concept.get("VOCABULARY_ID") in table.words("vocabulary_id")
    return {
        "category": kind,
        "vocabulary_id": concept["VOCABULARY_ID"] if is_known else "OMOP",
        "code": code if is_known else number,
        "concept_id": number,
        "name": str(concept.get("CONCEPT_NAME") or ""),
        "include_descendants": str(item["includeDescendants"]).lower(),
        "is_reused": "false",
        "is_verified": str(is_known).lower(),
        "is_placeholder": "false",
        "caveat": MAPPED if item["includeMapped"] else "",
        "source": f"ATLAS, {file.name}",
    }


def _add(rows: dict, name: str, members: list[dict[str, str]], file: Path) -> None:
    """Put a set and its members to ``rows``."""
    rows[MEMBERS] += [{"concept_set_id": name} | row for row in members]
    checked = {row["is_verified"] for row in members}
    status = (
        "partly_verified" if len(checked) > 1 else "verified" if "true" in checked else "unverified"
    )
    rows[SETS].append(
        {
            "concept_set_id": name,
            "clinical_scope": f"{name.replace('_', ' ')}, as in ATLAS ({file.name})",
            "categories": "+".join(sorted({row["category"] for row in members})),
            "status": status,
            "citation": f"ATLAS, {file.name}",
        }
    )


def _place(site: Path, table: str) -> Path:
    return site / PLACES[table] / f"{table.rpartition('/')[2]}.csv"


def _rows(file: Path) -> list[dict[str, str]]:
    if not file.exists():
        return []
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [*csv.DictReader(lines)]


def _append(file: Path, table: Table, added: list[dict[str, str]]) -> None:
    """The file with the rows added, under its own columns and those of the table that it lacks."""
    before = _rows(file)
    columns = list(dict.fromkeys([*(before[0] if before else ()), *table.types]))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows([*before, *added])
    whole.write_text(file, text.getvalue())

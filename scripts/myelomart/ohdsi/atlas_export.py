"""Concept sets of ours and of a site as ATLAS reads them: a JSON file each."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from myelomart import warehouse, whole
from myelomart.errors import MyelomartError
from myelomart.ohdsi.atlas import CATEGORIES, EXCLUSIONS, MAPPED, MEMBERS, SETS
from myelomart.project import seed
from myelomart.rows.faults import nearest
from myelomart.sources.folder import landing_of

LEFT_OUT = "left_out.csv"
TOLD = ("concept_set_id", "vocabulary_id", "code", "name")  # of a member that is left out
MADE_BY = "codes export"


@dataclass
class Exported:
    """How many items were written, and the members that have no concept id."""

    items: int = 0
    left_out: dict[tuple[str, ...], None] = field(default_factory=dict)


def export_sets(names: list[str], out: Path, database: Path | None = None) -> Exported:
    """Write concept sets (all where none is named) into the folder ``out``.

    A member's concept is looked up by its code in the vocabulary of ``database``; else it is the id
    of its row. Members without one are listed in left_out.csv.
    """
    known = [row["concept_set_id"] for row in seed(SETS)]
    for name in names:
        if name not in known:
            raise MyelomartError(f"there is no concept set {name}; {nearest(name, known)}.")
    concepts, done = _concepts(database) if database else {}, Exported()
    with whole.folder(out, MADE_BY) as made:
        for name in names or known:
            items = [*_items(name, False, concepts, done)]
            for row in seed(EXCLUSIONS):
                if row["concept_set_id"] == name and row["excluding_set_id"]:
                    items += _items(row["excluding_set_id"], True, concepts, done)
            text = json.dumps({"items": items}, indent=1, ensure_ascii=False)
            (made / f"{name}.json").write_text(text + "\n", encoding="utf-8")
            done.items += len(items)
        with (made / LEFT_OUT).open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines).writerows([TOLD, *done.left_out])
    return done


def _items(name: str, is_excluded: bool, concepts: dict, done: Exported) -> Iterator[dict]:
    """The items of the set ``name``."""
    for row in seed(MEMBERS):
        if row["concept_set_id"] != name or row["is_placeholder"] == "true":
            continue
        concept = concepts.get((row["vocabulary_id"], row["code"])) or _concept_of(row)
        if concept is None:
            done.left_out[tuple(row[key] for key in TOLD)] = None
            continue
        yield {
            "concept": concept,
            "isExcluded": is_excluded,
            "includeDescendants": row["include_descendants"] == "true",
            "includeMapped": MAPPED in row["caveat"],
        }


def _concept_of(row: dict[str, str]) -> dict[str, Any] | None:
    """The concept that a member's row names."""
    if not row["concept_id"]:
        return None
    domain = next((name for name, kind in CATEGORIES.items() if kind == row["category"]), "")
    return _concept(int(row["concept_id"]), row["name"], row["code"], row["vocabulary_id"], domain)


def _concept(concept_id, name, code, vocabulary, domain, standard=None, invalid=None) -> dict:
    return {
        "CONCEPT_ID": concept_id,
        "CONCEPT_NAME": name,
        "CONCEPT_CODE": code,
        "VOCABULARY_ID": vocabulary,
        "DOMAIN_ID": domain,
        "STANDARD_CONCEPT": standard,
        "INVALID_REASON": invalid,
    }


def _concepts(database: Path) -> dict[tuple[str, str], dict]:
    """The concepts of a warehouse, by vocabulary and code."""
    with warehouse.database(database, reach=[landing_of(database)]) as connection:
        found = warehouse.rows(
            connection,
            """
            select concept_id, concept_name, concept_code, vocabulary_id, domain_id,
                standard_concept, invalid_reason
            from omop.concept order by source_name desc, concept_id desc
            """,
        )
    return {(row[3], row[2]): _concept(*row) for row in found}

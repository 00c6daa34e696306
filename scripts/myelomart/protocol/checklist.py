"""The items of the guidelines, each with where the study answers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from myelomart.display.grouping import grouped
from myelomart.display.table import Table
from myelomart.errors import MyelomartError
from myelomart.protocol.part import NOT_STATED, Links, Part, anchor
from myelomart.study import Item, Study

RESULTS = "results:"
NO_OUTPUT = "The rows ask for no such output."


def checklists(
    study: Study, parts: Mapping[str, Part], fields: Mapping[str, str]
) -> Iterable[Table]:
    """A table per guideline: item, what is asked, and the parts and outputs that answer it."""
    for guideline, items in grouped(list(study.items), "guideline").items():
        rows = [[one.item_id, one.item, Links(answers(study, one, parts, fields))] for one in items]
        note = f"Items in our own words, after {items[0].source}."
        yield Table(guideline, ["item", "what is asked", "where it is answered"], rows, note)


def answers(
    study: Study, item: Item, parts: Mapping[str, Part], fields: Mapping[str, str]
) -> list[tuple[str, str]]:
    """The places that answer an item, words and anchor; what no row says is said not to be."""
    home = f"#{anchor(study.study_id, 'administration')}"
    places: list[tuple[str, str]] = []
    for key in item.answered_by.split(";"):
        if key.startswith(RESULTS):
            places += _outputs(study, key.removeprefix(RESULTS).split(","))
        elif key in parts:
            places.append((parts[key].title, f"#{parts[key].anchor}"))
        elif key not in fields:
            raise MyelomartError(
                f"protocol_items: {item.guideline} {item.item_id} is answered by «{key}», which is "
                f"no part and no field of a protocol; there are {', '.join([*parts, *fields])}."
            )
        else:
            places.append((f"{fields[key]}: {study.said.get(key, NOT_STATED)}", home))
    return places or [(NO_OUTPUT, "")]


def _outputs(study: Study, kinds: list[str]) -> list[tuple[str, str]]:
    """Each output with an analysis of one of the kinds: the first of them stands for it."""
    first: dict[str, tuple[str, str]] = {}
    for one in study.analyses:
        if one.analysis_type in kinds:
            place = f"{one.output_id}: {one.title}", f"#{one.analysis_id}"
            first.setdefault(one.output_id, place)
    return list(first.values())

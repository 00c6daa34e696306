"""Which tables of a database are read: its schema, where the vocabulary stands, what may not be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from myelomart.errors import SourceError
from myelomart.sources import layout

NOT_READ_BY_MODELS = {"visit_detail", "location", "provider", "note_nlp", "episode_event"}


@dataclass(frozen=True)
class Found:
    """A table of a database: its schema, its own name, and whether it may be read.

    ``is_view`` says that it is a view of a file: SQL of whoever made the file.
    """

    schema: str
    name: str
    is_readable: bool
    is_view: bool = False


def choose(
    found: list[Found],
    options: dict[str, str],
    place: str,
    is_empty: Callable[[Found], bool],
    allow_views: bool = True,
) -> tuple[dict[str, Found], str | None, list[str]]:
    """The table of each CDM table, where the vocabulary stands, and sentences for the user.

    Persons and their events stand in one schema. The vocabulary stands there too, or in the schema
    that ``vocabulary`` names, or in the only other one that has it.
    """
    own = schema_with("person", found, options.get("schema"), "schema", place)
    if own is None:
        where = f"schema {options['schema']} of {place}" if "schema" in options else place
        others = sorted({one.schema for one in found if one.name.lower() == "person"})
        hint = f" There is one in {', '.join(others)}: name it as schema." if others else ""
        raise SourceError(f"{where} has no person table: it is not an OMOP CDM.{hint}")
    chosen = tables_in(found, own, set(layout.cdm_tables()))
    refuse_views(chosen, place, allow_views)
    notes = []
    concept = chosen.get("concept")
    is_here = concept is not None and concept.is_readable and not is_empty(concept)
    holder = own if is_here else None
    if "vocabulary" in options or not is_here:
        others = [one for one in found if one.schema != own or "vocabulary" in options]
        holder = schema_with("concept", others, options.get("vocabulary"), "vocabulary", place)
        if holder is None and "vocabulary" in options:
            raise SourceError(
                f"{place} has no table concept in the schema {options['vocabulary']}: check what "
                "stands after vocabulary=."
            )
        if holder is not None and holder != own:
            for name in layout.VOCABULARY:
                chosen.pop(name, None)
            chosen |= tables_in(found, holder, set(layout.VOCABULARY))
            refuse_views(chosen, place, allow_views)
            notes.append(f"the vocabulary is read from the schema {holder}")
        elif holder is None and is_here:
            holder = own
    barred = sorted(table for table, one in chosen.items() if not one.is_readable)
    refused = [table for table in barred if table not in NOT_READ_BY_MODELS]
    if refused:
        raise SourceError(
            f"{place}: {', '.join(refused)} may not be read by this user: ask for the right to "
            "select from them. Taken as empty they would change every study."
        )
    for table in barred:
        del chosen[table]
        notes.append(f"{table} may not be read by this user, and no model reads it")
    return dict(sorted(chosen.items())), holder, notes


def refuse_views(chosen: dict[str, Found], place: str, allow_views: bool) -> None:
    """A view is SQL of whoever made the file: it does not run unless the user says so."""
    views = [table for table, one in chosen.items() if one.is_view]
    if views and not allow_views:
        raise SourceError(
            f"{place}: {', '.join(views)}: a view, not a table, and to read it is to run the SQL "
            "of whoever made the file. Read that SQL and give --allow-views, or export tables."
        )


def schema_with(
    table: str, found: list[Found], wanted: str | None, option: str, place: str
) -> str | None:
    """The schema that holds ``table``: the ``wanted`` one, or the only one, or none."""
    holders = sorted({one.schema for one in found if one.name.lower() == table})
    if wanted:
        holders = [holder for holder in holders if holder.lower() == wanted.lower()]
    if len(holders) > 1:
        what = "persons" if table == "person" else "a vocabulary"
        raise SourceError(
            f"{place} has {what} in the schemas {', '.join(holders)}: say which with "
            f"?{option}=NAME at the end of the address or file name."
        )
    return holders[0] if holders else None


def tables_in(found: list[Found], schema: str, names: set[str]) -> dict[str, Found]:
    """Those of ``names`` that ``schema`` holds, by their name in lower case."""
    return {
        one.name.lower(): one
        for one in sorted(found, key=lambda one: one.name)
        if one.schema == schema and one.name.lower() in names
    }

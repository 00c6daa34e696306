"""A titled part of a protocol, and what stands where no row says anything."""

from __future__ import annotations

from dataclasses import dataclass

from myelomart.display.table import Table

NOT_STATED = "Not stated in the study definition."


@dataclass(frozen=True)
class Part:
    """A part of the protocol: its anchor on a page, its title, what it says and its tables."""

    key: str
    anchor: str
    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


class Links(str):
    """A cell whose words lead to other parts: plain text wherever links are not drawn."""

    places: tuple[tuple[str, str], ...]  # words, and the anchor that they lead to, empty for none

    def __new__(cls, places: list[tuple[str, str]]) -> Links:
        """The words of all places, with semicolons."""
        cell = super().__new__(cls, "; ".join(words for words, _ in places))
        cell.places = tuple(places)
        return cell


def anchor(study_id: str, key: str) -> str:
    """The anchor of a part, which no other study of the page has."""
    return f"{study_id}-{key.replace('_', '-')}"

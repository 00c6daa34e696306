"""Named levels in the order in which tables show them, from the rows of the warehouse."""

from __future__ import annotations

import re

import pandas as pd

from myelomart.study_data import StudyData

SHOUTED = re.compile(r"[A-Z]{5,}")  # a word in capitals that no abbreviation is
ABBREVIATIONS = re.compile(r"\b(?:emd|pmd)\b")
COLUMNS = ["level_kind", "level", "sort_order", "part_of", "is_response", "is_deep_response"]


def level_rows(data: StudyData, kind: str | None = None) -> pd.DataFrame:
    """The levels of one kind (response, salvage), or of every kind, in order."""
    if not len(data.levels):
        return pd.DataFrame(columns=COLUMNS)
    own = data.levels if kind is None else data.levels[data.levels["level_kind"] == kind]
    return own.sort_values(["level_kind", "sort_order", "level"]).reset_index(drop=True)


def in_order(found, known: pd.DataFrame) -> list[str]:
    """``found`` levels in the order of ``known`` ones; those without a place last, by name."""
    place = {level: position for position, level in enumerate(known["level"])}
    return sorted(found, key=lambda level: (place.get(level, len(place)), str(level)))


def level_in_words(level: str) -> str:
    """A level as tables print it: spaces for underscores, abbreviations alone in capitals.

    Short names of cell products keep a hyphen.

    >>> level_in_words("ide_cel"), level_in_words("within_60_days")
    ('ide-cel', 'within 60 days')
    """
    words = level.replace("_cel", "-cel").replace("_", " ")
    words = words.lower() if SHOUTED.search(words) else words
    return ABBREVIATIONS.sub(lambda found: found[0].upper(), words)

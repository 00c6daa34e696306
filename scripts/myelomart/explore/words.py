"""The words of the grammar: what a criterion can ask for, and how it is called."""

from __future__ import annotations

from dataclasses import dataclass

from myelomart.explore.state import Here


@dataclass(frozen=True)
class Words:
    """Events and characteristics: word to its label, and the codes behind an event of its own."""

    events: dict[str, str]
    characteristics: dict[str, str]
    codes: dict[str, tuple[str, str]]
    units: dict[str, str]

    def event(self, word: str) -> str:
        """An event in words."""
        return self.events.get(word, word.replace("_", " "))

    def characteristic(self, word: str) -> str:
        """A characteristic in words."""
        return self.characteristics.get(word, word.replace("_", " "))


def words_of(here: Here) -> Words:
    """The words that the warehouse knows."""
    rows = here.ask("grammar_words").rows
    events, described, codes, units = {}, {}, {}, {}
    for one in rows.itertuples():
        if one.kind == "characteristic":
            described[one.word] = f"{one.label}{f' ({one.sort})' if one.sort else ''}"
            units[one.word] = one.sort
            continue
        events[one.word] = f"{one.label} · {one.sort}"
        if isinstance(one.event_code, str):
            codes[one.word] = (one.event_type, one.event_code)
    return Words(events, described, codes, units)

"""Rows in words: windows of days, counts, rules, lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from myelomart.display.numbers import NOTHING
from myelomart.study import Covariate, Criterion, Rule, Stratum, Study

OPERATORS = {">=": "at least", ">": "above", "<=": "at most", "<": "below", "=": ""}
SUMMARIES = {"any": "whether there was any", "count": "how many days had one",
             "last": "the last value"}  # fmt: skip
MOST_LISTED = 6  # beyond it a cell says how many there are
BLANK = "A blank cell: as the heading of its group says."
KINDS = {"binary": "yes or no", "number": "number", "category": "category"}


def listed(words: Iterable[str], last: str = "and") -> str:
    """Words as a list with a last word: a, b and c; semicolons where a word has a comma in it."""
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    if any("," in word for word in words):
        return "; ".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def shortly(words: Iterable[str], what: str) -> str:
    """A list, or how many there are where a cell cannot hold them."""
    words = list(words)
    return listed(words) if len(words) <= MOST_LISTED else f"{len(words)} {what}"


def shared_once(group: str, columns: list[str], rows: list[list[str]]) -> list[list[str]]:
    """A heading and the rows of a group; what more than half of several rows say, it says once.

    >>> shared_once("Labs", ["", "kind"], [["a", "x"], ["b", "x"], ["c", "y"]])
    [['Labs (kind: x)'], ['a', ''], ['b', ''], ['c', 'y']]
    """
    usual = {}
    for k, name in enumerate(columns[1:], start=1):
        said, times = Counter(row[k] for row in rows).most_common(1)[0]
        if times > max(1, len(rows) / 2):
            usual[k] = (name, said)
    told = "; ".join(f"{name}: {said}" for name, said in usual.values() if said != NOTHING)
    shown = [
        ["" if k in usual and cell == usual[k][1] else cell for k, cell in enumerate(row)]
        for row in rows
    ]
    return [[f"{group} ({told})" if told else group], *shown]


def window(start: int | None, end: int | None) -> str:
    """Days from time zero, both ends included, as protocols print them: [-365, 0]."""
    if start is None and end is None:
        return "any time"
    first = "any time before" if start is None else f"{start}"
    final = "any time after" if end is None else f"{end}"
    return f"[{first}, {final}] days"


def compared(operator: str | None, number: float | None, text: str | None = None) -> str:
    """A value that is asked for: at least 18, or the text."""
    wanted = text if number is None else f"{number:g}"
    if wanted is None:
        return ""
    return " ".join(word for word in (OPERATORS.get(operator or "=", operator), wanted) if word)


def characteristic_in_words(study: Study, name: str) -> str:
    """A characteristic by its label."""
    return study.characteristics.get(name, name.replace("_", " "))


def criterion_in_words(study: Study, one: Criterion) -> str:
    """What a criterion looks at: an event group with its least count, or a characteristic."""
    if one.event_group is not None:
        many = f", on {one.min_count} days or more" if one.min_count > 1 else ""
        value = compared(one.value_operator, one.value_number, one.value_text)
        return f"event «{study.group_label(one.event_group)}»{' ' if value else ''}{value}{many}"
    if one.characteristic is None:
        return ""
    value = compared(one.value_operator, one.value_number, one.value_text)
    return f"{characteristic_in_words(study, one.characteristic)}: {value.replace('_', ' ')}"


def rule_in_words(study: Study, one: Rule) -> str:
    """A rule of an endpoint: its reason, the event group behind it and the value it asks for."""
    value = compared(one.value_operator, one.value_number)
    group = study.group_label(one.event_group)
    asked = f"«{group}»{f' {value}' if value else ''}"
    return f"{one.reason} ({asked})" if one.reason != group or value else asked


def covariate_source(study: Study, one: Covariate) -> str:
    """What a covariate is read from: events and how they are summed up, or a characteristic."""
    if one.event_group is not None:
        told = SUMMARIES.get(one.summary or "", one.summary or "")
        return f"events «{study.group_label(one.event_group)}»: {told}"
    if one.characteristic is not None:
        return characteristic_in_words(study, one.characteristic)
    return ""


def covariate_window(study: Study, one: Covariate) -> str:
    """The window of a covariate, with the day that it is counted from where that is not index."""
    days = window(one.window_start_days, one.window_end_days)
    if one.event_group is None:
        days = "on the day itself"
    if one.anchor_event_group is None:
        return f"{days}, from index" if one.event_group else "on the index date"
    before = f"last «{study.group_label(one.anchor_event_group)}» on or before index"
    return f"{days}, from the {before}" if one.event_group else f"on the day of the {before}"


def stratum_in_words(study: Study, one: Stratum) -> str:
    """A subgroup: its label, its characteristic and the value."""
    value = compared(one.value_operator, one.value_number, one.value_text)
    return f"{one.label} ({characteristic_in_words(study, one.characteristic)}: {value})"

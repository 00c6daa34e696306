"""Sentences of a release without the numbers that would tell of few persons."""

from __future__ import annotations

import re

from myelomart.disclosure.policies import Policy

NO_COUNT = "days?|months?|years?|%|standard|[munp]?g/|[mu]?mol/|U/|×"  # after what counts nobody
INTERVAL = "CI|confidence|interval|limits?"  # of which a percent is a level
HALF = 50.0  # percent
YEARS = range(1901, 2100)
COUNT = re.compile(
    rf"(?<![\w.,–-])\d+(?:,\d{{3}})*(?![\d.,–-]*\d)(?! ?(?:{NO_COUNT}))"
)  # fmt: skip
PERCENT = re.compile(rf"(?<![\w.,–-])(\d+(?:\.\d+)?) ?%(?! (?:{INTERVAL})\b)")

BOUND = re.compile(r"\b(?:fewer than|too few)\b")  # below a number of the code, which is public


def without_small_numbers(words: str, policy: Policy) -> str:
    """A sentence whose small counts are hidden, its others rounded; times and years stay.

    A percent tells a count to whoever knows of how many it is, and says only which half it is in.
    """

    def shown(found: re.Match) -> str:
        number = int(found.group().replace(",", ""))
        if policy.is_small(number):
            return f"<{policy.hides_below}"
        return found.group() if number in YEARS else f"{policy.round(number):.0f}"

    return PERCENT.sub(
        lambda found: "half or more" if float(found.group(1)) >= HALF else "less than half",
        COUNT.sub(shown, words),
    )


def shown_words(sentences: list[str], hidden_labels: set[str], policy: Policy) -> list[str]:
    """``sentences`` without small numbers; those that name a row that is hidden are counted only.

    A sentence such as "the arms differ by more than 0.1 in: COPD" bounds the count that it is about
    though no number stands in it, and so does "too few persons to draw a curve".
    """
    told = [
        one for one in sentences
        if not BOUND.search(one) and not any(label in one for label in hidden_labels)
    ]  # fmt: skip
    left_out = len(sentences) - len(told)
    said = [without_small_numbers(one, policy) for one in told]
    if left_out:
        said.append(f"Sentences that speak of hidden numbers are left out: {left_out}.")
    return said

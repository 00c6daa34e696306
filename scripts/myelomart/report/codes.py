"""Codes on the page as links: contradictions of a source document, and outputs of the study."""

from __future__ import annotations

import re
from functools import cache

from markupsafe import Markup, escape

from myelomart.project import project_root

ISSUES = "docs/specification/inconsistencies.md"  # the list; it is nowhere else
ROW = re.compile(r"^\| ([A-Z]{1,4}-I\d+) \| (.+?) \| (.+?) \|$", re.MULTILINE)
CODE = re.compile(r"\b[A-Z]{1,4}-[A-Z]\d+\b")


@cache
def issues() -> dict[str, tuple[str, str]]:
    """Code of a contradiction to what it is, and what is done about it."""
    file = project_root() / ISSUES
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return {code: (what, done) for code, what, done in ROW.findall(text)}


QUOTES = str.maketrans("«»", "“”")  # of names, as English prints them


def linked(text: str, places: dict[str, str]) -> Markup:
    """``text`` with every code that has a place turned into a link to it.

    >>> linked("see SAL-I2 & X-I9", {"SAL-I2": "#SAL-I2"})
    Markup('see <a href="#SAL-I2">SAL-I2</a> &amp; X-I9')
    """
    if drawn := getattr(text, "places", None):  # words of a protocol, each with its anchor
        return Markup("; ").join(
            Markup('<a href="#{}">{}</a>').format(to.lstrip("#"), words) if to else escape(words)
            for words, to in drawn
        )
    text = text.translate(QUOTES)
    made, at = Markup(), 0
    for found in CODE.finditer(text):
        if place := places.get(found.group()):
            made += escape(text[at : found.start()])
            made += Markup('<a href="{}">{}</a>').format(place, found.group())
            at = found.end()
    return made + escape(text[at:])


def issues_in(texts: list[str]) -> dict[str, tuple[str, str]]:
    """The contradictions that ``texts`` name, in the order of the list."""
    named = {code for text in texts for code in CODE.findall(text)}
    return {code: told for code, told in issues().items() if code in named}

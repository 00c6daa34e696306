"""What is said to the user: the one way by which a text reaches the terminal.

Titles, paths and values come from sources and studies. Printed here, their brackets are no style,
their escape codes move no cursor, and a password in an address is not shown.
"""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from enum import StrEnum

import typer
from rich.console import Console

from myelomart.passwords import without_passwords

WIDTH = 132  # of what is not a terminal
LOUDNESS = "MYELOMART_LOUDNESS"  # set by --quiet and --verbose
KEPT = "\n\t"
HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Cs"}  # controls, marks of direction, separators, broken text
JOINERS = "\u200c\u200d"  # letters of some scripts need them


class Loudness(StrEnum):
    """How much a command says beside its result, its warnings and its errors."""

    QUIET = "quiet"
    USUAL = "usual"
    VERBOSE = "verbose"


def loudness() -> Loudness:
    """What --quiet or --verbose asked for."""
    told = os.environ.get(LOUDNESS, "")
    return Loudness(told) if told in [*Loudness] else Loudness.USUAL


def shown(text: object) -> str:
    """``text`` as it may be printed: no password, and no sign that a terminal obeys."""
    return "".join(map(_seen, without_passwords(str(text))))


def say(text: object, err: bool = False) -> None:
    """Print ``text`` on a line of its own; ``err`` prints it where errors go."""
    typer.echo(shown(text), err=err)


def say_json(told: object) -> None:
    """Print one JSON object, which --json asks for in place of words."""
    say(json.dumps(told, default=str))


def notes() -> Console:
    """A console for what a command is doing, where errors go; silent under --quiet."""
    out = console(stderr=True)
    out.quiet = loudness() is Loudness.QUIET
    return out


def console(stderr: bool = False) -> Console:
    """A console for tables, progress and coloured words; every text in them is `shown`.

    It is as wide as the terminal, or wide enough for a file.
    """
    width = None if (sys.stderr if stderr else sys.stdout).isatty() else WIDTH
    return _Plain(
        stderr=stderr, width=width, highlight=False, markup=False, emoji=False, soft_wrap=True
    )


class _Plain(Console):
    """Rich draws every text by way of this function, also those in tables."""

    def render_str(self, text: str, **options):
        return super().render_str(shown(text), **options)


def _seen(sign: str) -> str:
    if " " <= sign <= "~" or sign in KEPT:
        return sign
    if unicodedata.category(sign) not in HIDDEN or sign in JOINERS:
        return sign
    return sign.encode("unicode_escape", "surrogatepass").decode()

"""What a page has at hand, and its state in the address: a link opens the page as it is."""

from __future__ import annotations

import base64
import binascii
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TypeVar

import streamlit as st

from myelomart.disclosure.policies import Policy, named
from myelomart.errors import MyelomartError
from myelomart.explore.definition import Definition, from_text
from myelomart.explore.opened import DATABASE, Answer, Opened
from myelomart.explore.trial import Trial
from myelomart.explore.waiting import waited
from myelomart.failures import failure_of
from myelomart.messages import shown
from myelomart.study import Study, read_study

Made = TypeVar("Made")
EXACT = "exact"
MOST_KEPT = 200  # answers
DEFINITION = "d"  # of the address


@dataclass(frozen=True)
class Here:
    """The warehouse, the temporary tables of this visitor, and what may be shown."""

    opened: Opened
    policy: Policy | None

    @property
    def trial(self) -> Trial:
        """The cohort that this visitor tries out."""
        key = f"trial {self.opened.path}"
        if key not in st.session_state:
            st.session_state[key] = Trial(self.opened)
        return st.session_state[key]

    def ask(self, question: str, **bound: object) -> Answer:
        """The rows of a question; asked once per warehouse and values."""
        key = (question, *sorted(bound.items()))
        return self.once(key, lambda: self.opened.ask(question, **bound))

    def study(self, study_id: str, opened: Opened | None = None) -> Study:
        """A study as ``opened`` has it, or this warehouse; read once."""
        at = opened or self.opened
        return self.once(("study", at.path, study_id), lambda: read_study(at.cursor(), study_id))

    def once(self, key: tuple, make: Callable[[], Made]) -> Made:
        """What ``make`` gives, made once for the warehouse and ``key``."""
        kept = self.opened.kept
        if key not in kept:
            kept[key] = make()
            for old in list(kept)[:-MOST_KEPT]:
                kept.pop(old, None)
        return kept[key]


@st.cache_resource(show_spinner=False)
def warehouse_at(path: str) -> Opened:
    """The warehouse in that file, opened once."""
    return Opened(Path(path), waited)


def warehouse_here() -> Opened:
    """The warehouse that the command named."""
    return warehouse_at(os.environ.get(DATABASE, "myelomart.duckdb"))


def here() -> Here:
    """What the page at work has at hand."""
    name = st.session_state.get("policy", "cms11")
    return Here(warehouse_here(), None if name == EXACT else named(name))


def page(show: Callable[[Here], None]) -> Callable[[], None]:
    """A page that says a failure in a sentence, as the command line does."""

    def guarded() -> None:
        with _failures_said():
            show(here())

    guarded.__name__ = show.__module__.rpartition(".")[2]
    return guarded


def part(show: Callable[..., None]) -> Callable[..., None]:
    """A part of a page whose controls run it alone; it says a failure as the page does."""

    @st.fragment
    @wraps(show)
    def guarded(*given) -> None:
        with _failures_said():
            show(*given)

    return guarded


@contextmanager
def _failures_said() -> Iterator[None]:
    try:
        yield
    except MyelomartError as error:
        st.error(shown(error))
    except Exception as error:  # what nobody foresaw; Streamlit's own signals are no Exception
        st.error(shown(failure_of(error)))
        if os.environ.get("MYELOMART_TRACEBACK"):
            raise


def page_at(path: str):
    """The page of that address, for a link to it."""
    return st.session_state["pages"][path]


def choose(place, label: str, options: Sequence, key: str, default: object = None, **more):
    """A choice that stands in the address under its key; ``default`` is the first if not given.

    The address holds the option itself, not its label; one that is unknown is left aside.
    """
    by_text = {str(one): one for one in options}
    first = next(iter(by_text.values())) if default is None else default
    _take(key, lambda text: by_text[text])
    if key in st.session_state and str(st.session_state[key]) not in by_text:
        del st.session_state[key]
    start = {} if key in st.session_state else {"index": list(by_text).index(str(first))}
    return _put(
        key, place.selectbox(label, list(by_text.values()), key=key, **start, **more), first
    )


def segments(place, label: str, options: Sequence[str], key: str, **more) -> str:
    """A choice of a few words in a row, which stands in the address; the first unless chosen."""
    by_text = {one: one for one in options}
    _take(key, lambda text: by_text[text])
    start = {} if key in st.session_state else {"default": options[0]}
    value = place.segmented_control(label, options, key=key, required=True, **start, **more)
    return _put(key, value or options[0], options[0])


def number(place, label: str, least, most, default, key: str, **more):
    """A number between two limits, which stands in the address."""
    kind = type(default)
    _take(key, lambda text: min(max(kind(text), kind(least)), kind(most)))
    start = {} if key in st.session_state else {"value": default}
    return _put(key, place.number_input(label, least, most, key=key, **start, **more), default)


def _take(key: str, read: Callable[[str], object]) -> None:
    """What the address says when the page is opened; nothing where it cannot be read."""
    if key not in st.session_state and key in st.query_params:
        with suppress(KeyError, ValueError, OverflowError):
            st.session_state[key] = read(st.query_params[key])


def _put(key: str, value, usual):
    """Write a value into the address, unless it is the usual one."""
    if str(value) != str(usual):
        st.query_params[key] = str(value)
    elif key in st.query_params:
        del st.query_params[key]
    return value


def kept_definition() -> Definition | None:
    """The definition of the address, else the one of this visit."""
    text = st.query_params.get(DEFINITION)
    if text:
        return from_text(_unpacked(text))
    return st.session_state.get("definition")


def keep(definition: Definition) -> None:
    """Keep a definition in the address and for the other pages of this visit."""
    st.session_state["definition"] = definition
    st.query_params[DEFINITION] = packed(definition)


def packed(definition: Definition) -> str:
    """A definition as a short word for an address."""
    packed = zlib.compress(definition.as_text().encode(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _unpacked(word: str) -> str:
    try:
        packed = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(packed, 1_000_000)
        return text.decode()
    except (ValueError, binascii.Error, zlib.error):
        return ""

"""What a page has at hand, and its state in the address: a link opens the page as it is."""

from __future__ import annotations

import base64
import binascii
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from myelomart.disclosure.policies import Policy, named
from myelomart.errors import MyelomartError
from myelomart.explore.definition import Definition, from_text
from myelomart.explore.opened import DATABASE, Answer, Opened
from myelomart.explore.trial import Trial
from myelomart.failures import failure_of
from myelomart.messages import shown

EXACT = "exact"
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
        return _answer(str(self.opened.path), question, tuple(sorted(bound.items())))


@st.cache_resource(show_spinner=False)
def _opened(path: str) -> Opened:
    return Opened(Path(path))


@st.cache_data(show_spinner="Reading the warehouse …", max_entries=200)
def _answer(path: str, question: str, bound: tuple) -> Answer:
    return _opened(path).ask(question, **dict(bound))


def warehouse_here() -> Opened:
    """The warehouse that the command named."""
    return _opened(os.environ.get(DATABASE, "myelomart.duckdb"))


def here() -> Here:
    """What the page at work has at hand."""
    name = st.session_state.get("policy", "cms11")
    return Here(warehouse_here(), None if name == EXACT else named(name))


def page(show: Callable[[Here], None]) -> Callable[[], None]:
    """A page that says a failure in a sentence, as the command line does."""

    def guarded() -> None:
        try:
            show(here())
        except MyelomartError as error:
            st.error(shown(error))
        except Exception as error:  # what nobody foresaw; Streamlit's own signals are no Exception
            st.error(shown(failure_of(error)))
            if os.environ.get("MYELOMART_TRACEBACK"):
                raise

    guarded.__name__ = show.__module__.rpartition(".")[2]
    return guarded


def page_at(path: str):
    """The page of that address, for a link to it."""
    return st.session_state["pages"][path]


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

"""Long work of a page: it says how long it takes, and ends when the reader stops or moves on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import duckdb
import pandas as pd
import streamlit as st

from myelomart.explore.opened import answered

Made = TypeVar("Made")
SOON = 0.5  # seconds in which nothing is said
STEP = 0.25  # seconds between two looks


def waited(
    connection: duckdb.DuckDBPyConnection, sql: str, bound: Mapping[str, object]
) -> pd.DataFrame:
    """The rows of ``sql``; the query is interrupted when the page is."""
    return long_work(
        lambda: answered(connection, sql, bound), "Asking the warehouse", connection.interrupt
    )


def long_work(work: Callable[[], Made], says: str, stop: Callable[[], None] | None = None) -> Made:
    """What ``work`` gives, done beside the page, on which it must write nothing.

    Streamlit ends a page by raising from the next thing that the page writes: that are the seconds
    written here. Then ``stop`` is called; work that cannot be stopped goes on unseen.
    """
    began = time.monotonic()
    worker = ThreadPoolExecutor(1)
    done = worker.submit(work)
    worker.shutdown(wait=False)
    wait([done], SOON)
    if done.done():
        return done.result()
    place = st.empty()
    try:
        while not done.done():
            place.caption(
                f"{says}, {time.monotonic() - began:.0f} s. Stop, in the upper right corner, or "
                "another choice ends it."
            )
            wait([done], STEP)
        place.empty()
    except BaseException:
        if stop:
            stop()
            wait([done])
        raise
    return done.result()

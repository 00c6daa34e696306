"""How long each interaction with the explorer takes on a warehouse, asked without a browser.

    python bench/explore.py --db myelomart.duckdb [--most 1000]

Every cohort of every study is built anew, each of its criteria is switched off and on again, one is
added and one is changed, as somebody at the page would; then every page is opened and each of its
controls is moved once. A table of medians and worst times, on the clock and of the processor.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from myelomart import warehouse
from myelomart.explore.definition import Criterion
from myelomart.explore.opened import DATABASE, Opened
from myelomart.explore.pages import PAGES
from myelomart.explore.trial import Trial, definition_of

PROFILE = ("age", "sex", "index_year", "prior_line_count")
ADDED = Criterion(
    step=99, kind="exclude", label="Dexamethasone before index",
    event_group="coded.dexamethasone", window_end_days=-1,
)  # fmt: skip
CODES = {"coded.dexamethasone": ("coded", "dexamethasone")}
SEGMENTS = {("lines", "by"): "regimen", ("toxicity", "after"): "car_t",
            ("toxicity", "term"): "icans", ("toxicity", "curves"): "recovery",
            ("quality", "by"): "way"}  # fmt: skip
PAGE = """
import streamlit as st
from myelomart.explore import state
from myelomart.explore.pages import PAGES
pages = {one.PATH: st.Page(state.page(one.show), title=one.TITLE, url_path=one.PATH)
         for one in PAGES}
st.session_state["pages"] = pages
st.navigation(list(pages.values()))
state.page(pages[%r] and next(one for one in PAGES if one.PATH == %r).show)()
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", type=Path, required=True)
    parser.add_argument("--most", type=int, default=1000, help="cohorts that are built")
    given = parser.parse_args()
    opened = Opened(given.db)
    taken: dict[str, list[tuple[float, float]]] = {}

    def timed(what: str, work: Callable[[], object]) -> None:
        began, used = time.perf_counter(), time.process_time()
        work()
        told = time.perf_counter() - began, time.process_time() - used
        taken.setdefault(what, []).append(told)
        print(f"{what}: {told[0]:.2f}, {told[1]:.2f}", file=sys.stderr, flush=True)

    builder(opened, timed, given.most)
    opened.close()
    os.environ[DATABASE] = str(given.db.resolve())
    for one in PAGES:
        walk(one, timed)
    opened = Opened(given.db)
    patients = warehouse.value(opened.cursor(), "select count(*) from core.patients")
    events = warehouse.value(opened.cursor(), "select count(*) from core.clinical_events")
    print(f"{patients:,} patients with myeloma, {events:,} events\n")
    print("| interaction | times | median, s | worst, s | processor, median, s | worst, s |")
    print("|---|---|---|---|---|---|")
    for what, times in taken.items():
        middle, worst = np.median(times, axis=0), np.max(times, axis=0)
        cells = (middle[0], worst[0], middle[1], worst[1])
        print(f"| {what} | {len(times)} | " + " | ".join(f"{one:.2f}" for one in cells) + " |")


def builder(opened: Opened, timed, most: int) -> None:
    """Every cohort of the studies, with the interactions of the cohort builder."""
    cohorts = warehouse.rows(opened.cursor(), "select cohort_id from studies.cohorts order by 1")
    for (cohort_id,) in cohorts[:most]:
        trial = Trial(opened)
        whole = definition_of(opened.cursor(), cohort_id)
        timed("index event alone", lambda: trial.attrition(replace(whole, criteria=())))  # noqa: B023
        for k in range(len(whole.criteria)):
            part = replace(whole, criteria=whole.criteria[: k + 1])
            timed("a criterion more", lambda: trial.attrition(part))  # noqa: B023
        for k, one in enumerate(whole.criteria):
            without = whole.criteria[:k] + (replace(one, is_on=False),) + whole.criteria[k + 1 :]
            off = replace(whole, criteria=without)
            timed("a switch", lambda: trial.attrition(off))  # noqa: B023
        timed("distributions", lambda: distributions(trial, whole))  # noqa: B023
        more = replace(whole.with_criterion(ADDED), groups=CODES)
        timed("an event of one's own", lambda: trial.attrition(more))  # noqa: B023
        changed = replace(ADDED, min_count=2, window_start_days=-365)
        other = replace(whole.with_criterion(changed), groups=CODES)
        timed("a window and a count changed", lambda: trial.attrition(other))  # noqa: B023


def _index(control) -> int | None:
    """The place of the choice; AppTest asks its format of a label that was chosen once more."""
    if control.value is None:
        return None
    told = str(control.value)
    return control.options.index(told if told in control.options
                                 else control.format_func(control.value))  # fmt: skip


Selectbox.index = property(_index)


def walk(page, timed) -> None:
    """Open a page and move each kind of control to another value."""
    test = AppTest.from_string(PAGE % (page.PATH, page.PATH), default_timeout=600)
    timed(f"{page.TITLE}: opened", test.run)
    done = set()
    for kind in ("selectbox", "segmented_control", "number_input", "toggle"):
        for key in [one.key for one in test.get(kind) if not str(one.key).startswith("new ")]:
            control = next((one for one in test.get(kind) if one.key == key), None)
            if control is None or control.disabled or shorter(control.label) in done:
                continue
            if move(page.PATH, kind, control):
                done.add(shorter(control.label))
                timed(f"{page.TITLE}: {shorter(control.label)}", test.run)
                refusals = [one.value for one in (*test.error, *test.exception)]
                assert not refusals, (page.TITLE, key, refusals)


def move(path: str, kind: str, control) -> bool:
    """Give a control another value; False where it has none."""
    if kind == "toggle":
        control.set_value(not control.value)
    elif kind == "number_input":
        if control.value is None:
            return False
        control.set_value(control.value + control.step)
    elif kind == "segmented_control":
        if (path, control.key) not in SEGMENTS:
            return False
        control.set_value(SEGMENTS[path, control.key])
    else:
        others = [k for k in range(len(control.options)) if k != control.index]
        if not others:
            return False
        control.select_index(others[0])
    return True


def shorter(label: str) -> str:
    """The label of a switch names a criterion: one word for all of them."""
    return "a criterion switched" if label.startswith("**") else label


def distributions(trial: Trial, definition) -> None:
    """What the page draws below the flow."""
    trial.decide(definition)
    trial.describe(definition, PROFILE)
    trial.ask("tried_distributions")


if __name__ == "__main__":
    main()

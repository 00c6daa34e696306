"""How long each interaction with the explorer takes on a warehouse, asked without a browser.

    python bench/explore.py --db myelomart.duckdb [--repeat 3]

Every cohort of every study is built anew, each of its criteria is switched off and on again, one is
added and one is changed, as somebody at the page would. A table of medians and worst times.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from myelomart import warehouse
from myelomart.explore.definition import Criterion
from myelomart.explore.opened import Opened
from myelomart.explore.trial import Trial, definition_of

PROFILE = ("age", "sex", "index_year", "prior_line_count")
ADDED = Criterion(
    step=99, kind="exclude", label="Dexamethasone before index",
    event_group="coded.dexamethasone", window_end_days=-1,
)  # fmt: skip
CODES = {"coded.dexamethasone": ("coded", "dexamethasone")}
QUESTIONS = {
    "overview": ["overview_people", "overview_lines", "overview_t_cell", "overview_diagnoses",
                 "overview_sites", "overview_quality"],
    "list of patients": ["patient_list"],
}  # fmt: skip
LIST = {"cells": "yes", "refractory_to": None, "fewest_lines": 2, "cohort": None, "step": None,
        "most": 2000}  # fmt: skip


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

    builder(opened, timed, given.most)
    for what, names in QUESTIONS.items():
        bound = LIST if what == "list of patients" else {}
        timed(what, lambda names=names, bound=bound: [opened.ask(n, **bound) for n in names])
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


def distributions(trial: Trial, definition) -> None:
    """What the page draws below the flow."""
    trial.decide(definition)
    trial.describe(definition, PROFILE)
    trial.ask("tried_distributions")


if __name__ == "__main__":
    main()

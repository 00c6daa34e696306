"""Who is studied: time zero, eligibility, the windows around it."""

from __future__ import annotations

from myelomart.display.grouping import grouped
from myelomart.display.table import Table
from myelomart.protocol.wording import criterion_in_words, listed, window
from myelomart.study import Cohort, Study

ARMS = {"treated": "treated arm", "comparator": "comparator arm", "single": "cohort"}
ORDINALS = {1: "first", 2: "second", 3: "third"}


def time_zero(study: Study) -> Table:
    """A row per cohort: its arm, the event that starts the clock, the days added, the period."""
    rows = [
        [one.label, ARMS.get(one.arm, one.arm), index_event(study, one), _offset(one), _period(one)]
        for one in study.cohorts
    ]
    columns = ["", "part", "index event", "time zero", "calendar period"]
    note = "A person enters a cohort once. The codes of each event are in the code lists."
    return Table("Time zero", columns, rows, note)


def index_event(study: Study, one: Cohort) -> str:
    """Which occurrence of which event group starts the clock."""
    which = ORDINALS.get(one.index_occurrence, f"number {one.index_occurrence}")
    return f"{which} «{study.group_label(one.index_event_group)}»"


def _offset(one: Cohort) -> str:
    days = one.index_offset_days
    return f"{days} days after the index event (landmark)" if days else "the day of the index event"


def _period(one: Cohort) -> str:
    if not one.index_from and not one.index_to:
        return "any time"
    return f"{one.index_from or 'the beginning'} to {one.index_to or 'the end of the data'}"


def eligibility(study: Study) -> Table:
    """A row per criterion in the order of the steps; cohorts that ask for the same share a block.

    A cohort that asks for all that one before it asks for, and then for more, names that one.
    """
    blocks: dict[tuple, list[str]] = {}  # criteria, and the cohorts that ask for them
    for cohort in study.cohorts:
        own = tuple(tuple(row) for row in _criteria(study, cohort))
        blocks.setdefault(own, []).append(cohort.label)
    rows: list[list[str]] = []
    for position, (own, labels) in enumerate(blocks.items()):
        before = [one for one in list(blocks)[:position] if one and one == own[: len(one)]]
        first = max(before, key=len, default=())
        also = f": as {blocks[first][0]}, and then" if first else ""
        rows.append([f"{'; '.join(labels)}{also}"])
        rows += [list(row) for row in own[len(first) :]]
        if not own:
            rows.append(["–", "–", "none beside the index event", "", ""])
    note = (
        "Criteria are applied in the order of the steps, after the index event is chosen. "
        "Where a step has alternatives, an inclusion needs any one of them and an exclusion allows "
        "none. Windows are in days from time zero, both ends included. Those who leave at a step "
        "because they have no record are counted separately in the flow."
    )
    columns = ["step", "", "criterion", "read from", "window"]
    return Table("Eligibility", columns, rows, note)


def _criteria(study: Study, cohort: Cohort) -> list[list[str]]:
    """The rows of one cohort: step, kind, criterion, what it looks at, when."""
    rows = []
    own = [one for one in study.criteria if one.cohort_id == cohort.cohort_id]
    for step, criteria in grouped(own, "step").items():
        for one in criteria:
            kind = f"{one.kind}, alternative" if len(criteria) > 1 else one.kind
            days = window(one.window_start_days, one.window_end_days)
            when = days if one.event_group is not None else "at index"
            rows.append([f"{step}", kind, one.label, criterion_in_words(study, one), when])
    return rows


def windows(study: Study) -> Table:
    """Every window of the study around time zero, each once, with what is read in it."""
    read: dict[str, list[str]] = {}
    for one in study.criteria:
        if one.event_group is not None:
            days = window(one.window_start_days, one.window_end_days)
            read.setdefault(days, []).append(f"{one.kind}: {one.label}")
        elif one.characteristic is not None:
            read.setdefault("day 0", []).append(f"{one.kind}: {one.label}")
    for one in study.covariates:
        days = window(one.window_start_days, one.window_end_days)
        days = days if one.event_group is not None else "day 0"
        if one.anchor_event_group:
            days += f" of the last «{study.group_label(one.anchor_event_group)}»"
        read.setdefault(days, []).append(f"covariates: {one.row_group}")
    for one in study.endpoints:
        horizon = "the end of follow-up" if one.horizon_days is None else f"{one.horizon_days}"
        read.setdefault(f"[{one.start_day}, {horizon}] days", []).append(
            f"outcomes: {one.row_group}"
        )
    for one in study.followed_labs:
        before = window(one.baseline_from_day, one.baseline_until_day)
        read.setdefault(before, []).append("laboratory values before")
        after = window(one.start_day, one.horizon_days)
        read.setdefault(after, []).append("laboratory values after")
    rows = [[days, listed(dict.fromkeys(words))] for days, words in read.items()]
    return Table("Windows around time zero (day 0)", ["window", "what is read in it"], rows)

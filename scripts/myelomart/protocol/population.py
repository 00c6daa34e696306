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
    """A row per criterion, in the order in which it is applied, under its cohort."""
    rows: list[list[str]] = []
    for cohort in study.cohorts:
        own = [one for one in study.criteria if one.cohort_id == cohort.cohort_id]
        rows.append([cohort.label])
        for step, criteria in grouped(own, "step").items():
            is_alternative = len(criteria) > 1
            for one in criteria:
                asked = criterion_in_words(study, one)
                days = window(one.window_start_days, one.window_end_days)
                kind = f"{one.kind}, alternative" if is_alternative else one.kind
                when = days if one.event_group is not None else "at index"
                rows.append([f"{step}", kind, one.label, asked, when])
        if not own:
            rows.append(["–", "–", "none beside the index event", "", ""])
    note = (
        "Criteria are applied in the order of the steps, after the index event is chosen. "
        "Where a step has alternatives, an inclusion needs any one of them and an "
        "exclusion allows none. Windows are "
        "days from time zero, both ends included. Those who leave at a step because they "
        "have no record are counted separately in "
        "the flow."
    )
    columns = ["step", "", "criterion", "read from", "window"]
    return Table("Eligibility", columns, rows, note)


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
    rows = [[days, listed(dict.fromkeys(words))] for days, words in read.items()]
    return Table("Windows around time zero (day 0)", ["window", "what is read in it"], rows)

"""What is measured: outcomes with their rules, covariates with their windows, the codes behind."""

from __future__ import annotations

from myelomart.display.grouping import grouped
from myelomart.display.numbers import NOTHING
from myelomart.display.table import Table
from myelomart.protocol.wording import (
    BLANK,
    KINDS,
    covariate_source,
    covariate_window,
    listed,
    rule_in_words,
    shared_once,
    shortly,
    stratum_in_words,
)
from myelomart.study import Endpoint, Study


def outcomes(study: Study) -> Table:
    """A row per endpoint: what makes it happen, competes with it and censors it."""
    columns = ["", "event", "competing", "censored at", "history", "needs a test"]
    rows: list[list[str]] = []
    for group, of_group in grouped(list(study.endpoints), "row_group").items():
        own = [
            [one.label, *(_rules(study, one, role) for role in ("event", "competing", "censor")),
             history(one), tested(study, one)]
            for one in of_group
        ]  # fmt: skip
        rows += shared_once(group, columns, own)
    note = (
        "Whichever comes first ends the follow-up. On the same day an event counts before a "
        "competing event, and both before censoring. In quotation marks: groups of events, see "
        f"the code lists. {BLANK}{negative_controls(study)}"
    )
    return Table("Outcomes", columns, rows, note)


def _rules(study: Study, one: Endpoint, role: str) -> str:
    rules = study.rules_of(one.endpoint_id, role)
    return "; ".join(rule_in_words(study, rule) for rule in rules) or NOTHING


def history(one: Endpoint) -> str:
    """Whether persons with an earlier one leave this endpoint, and up to which day."""
    if not one.excludes_prior:
        return "not asked for"
    until = "" if one.prior_until_day is None else f" up to day {one.prior_until_day}"
    return f"persons with one{until} are left out"


def tested(study: Study, one: Endpoint) -> str:
    """The test without which the outcome cannot be seen."""
    return f"«{study.group_label(one.tested_event_group)}»" if one.tested_event_group else NOTHING


def negative_controls(study: Study) -> str:
    """The endpoints that no treatment can cause, each with its reason; nothing where none is."""
    told = [
        f"{one.label} ({one.negative_control_reason})"
        for one in study.endpoints if one.negative_control_reason
    ]  # fmt: skip
    return f" Negative controls, which no treatment causes: {'; '.join(told)}." if told else ""


def follow_up(study: Study) -> Table:
    """A row per window of follow-up: its start, its end, the entry and the endpoints in it."""
    rows = []
    for (start, horizon), own in grouped(
        list(study.endpoints), "start_day", "horizon_days"
    ).items():
        end = "none: to the end of the record" if horizon is None else f"day {horizon}"
        what = shortly((one.label for one in own), "outcomes")
        rows.append([f"day {start}", end, _entry(study, own), what])
    columns = ["first day", "last day", "at risk from", "outcomes"]
    note = "A follow-up that ends on its first day counts as one day."
    return Table("Follow-up", columns, rows, note)


def _entry(study: Study, endpoints: list[Endpoint]) -> str:
    told = [
        f"{one.label}: {rule_in_words(study, rule)}"
        for one in endpoints
        for rule in study.rules_of(one.endpoint_id, "entry")
    ]
    return "; ".join(told) or "the first day"


def covariates(study: Study) -> Table:
    """A row per covariate: what it is read from, in which window, whether it is adjusted for."""
    columns = ["", "kind", "read from", "window", "adjusted for"]
    rows: list[list[str]] = []
    for group, of_group in grouped(list(study.covariates), "row_group").items():
        own = []
        for one in of_group:
            kind = KINDS.get(one.value_kind, one.value_kind)
            adjusted = "yes" if one.is_adjusted_for else "no"
            source = covariate_source(study, one)
            source = NOTHING if source.lower() == one.label.lower() else source
            own.append([one.label, kind, source, covariate_window(study, one), adjusted])
        rows += shared_once(group, columns, own)
    note = (
        "All covariates are prespecified; none is selected from the data. Windows are in days, "
        "both ends included. Characteristics are defined in docs/specification; where nothing is "
        f"named, it is the one of the same name. {BLANK}"
    )
    return Table("Covariates", columns, rows, note)


def subgroups(study: Study) -> tuple[str, ...]:
    """The subgroups of the study."""
    if not study.strata:
        return ("No subgroup is defined.",)
    return (f"{listed(stratum_in_words(study, one) for one in study.strata)}.",)


def used_groups(study: Study) -> list[str]:
    """The event groups that the rows of the study name, each once."""
    named = [one.index_event_group for one in study.cohorts]
    named += [one.event_group for one in study.criteria]
    named += [
        name for one in study.covariates for name in (one.event_group, one.anchor_event_group)
    ]
    named += [one.tested_event_group for one in study.endpoints]
    named += [one.event_group for one in study.rules]
    return list(dict.fromkeys(name for name in named if name))


def code_lists(study: Study) -> Table:
    """A row per group and what belongs to it: the set or derived event, and its codes counted."""
    used = used_groups(study)
    of_group = grouped([one for one in study.codes if one.event_group_id in used], "event_group_id")
    rows: list[list[str]] = []
    for name in used:
        rows.append([study.group_label(name)])
        for (label, kind, role), own in grouped(
            of_group.get(name, []), "event_label", "event_type", "excluded_role"
        ).items():
            without = f", but not as {role}" if role else ""
            rows.append([f"{label}{without}", _kind(kind), _codes(own)])
    note = (
        "Every code with its vocabulary and where it was read: tables/code_lists.csv of the "
        "results, seeds/concept_sets/concept_set_members.csv in the repository. Derived events are "
        "defined in docs/specification."
    )
    return Table("Code lists", ["", "kind", "codes by vocabulary"], rows, note)


def code_table(study: Study) -> Table:
    """Every code behind the groups that the study names, one row each, for a file of its own."""
    used = used_groups(study)
    rows: list[list[str]] = []
    for name in used:
        own = [one for one in study.codes if one.event_group_id == name]
        rows.append([study.group_label(name)])
        rows += [
            [
                one.event_label, one.event_type, one.excluded_role or "", one.vocabulary_id or "",
                one.code or "", one.code_name or "",
                "" if one.include_descendants is None else str(one.include_descendants).lower(),
                one.source or "",
            ]
            for one in own
        ]  # fmt: skip
    columns = ["event", "kind", "left out as", "vocabulary", "code", "name", "with descendants",
               "source"]  # fmt: skip
    return Table("Codes", columns, rows)


def _kind(event_type: str) -> str:
    named = {"coded": "concept set", "lab": "laboratory test"}
    return named.get(event_type, f"derived event ({event_type.replace('_', ' ')})")


def _codes(own: list) -> str:
    counts = {name: len(codes) for name, codes in grouped(own, "vocabulary_id").items() if name}
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or NOTHING


def quantitative(study: Study) -> tuple[str, ...]:
    """How numbers enter tables and models."""
    numbers = [one.label for one in study.covariates if one.value_kind == "number"]
    if not numbers:
        return ("No covariate is continuous.",)
    told = [f"Continuous variables are used as measured, without grouping: {listed(numbers)}."]
    if study.strata:
        told.append("Subgroups use the cut-offs stated with them.")
    return tuple(told)

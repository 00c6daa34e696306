"""The rows of a study as its YAML file: the way back of `expansion`, key by key of `shape`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import yaml

from myelomart.errors import MyelomartError
from myelomart.rows.declared import tables
from myelomart.study_file.entry import NUMBER, SUBJECT
from myelomart.study_file.expansion import ANY_OF
from myelomart.study_file.shape import (
    ANALYSES,
    COHORTS,
    COVARIATES,
    CRITERIA,
    ENDPOINTS,
    EVENTS,
    FIRST_PRIORITY,
    RULES,
    STRATA,
    STUDY,
    Part,
    further_parts,
    is_mapping,
)

WIDTH = 100  # signs of a line
Cells = Mapping[str, str]


class _Writer(yaml.SafeDumper):
    """Writes what stands twice twice, without anchors, and the items of a list indented."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)


def as_yaml(rows: Mapping[str, Sequence[Cells]], labels: Mapping[str, str] | None = None) -> str:
    """The file of one study, which expands into ``rows`` again.

    ``rows``: table to its rows as the seed has them, of one study and the events that it defines;
    a cell that is not there is empty. ``labels`` are those of event groups that others define.
    ``MyelomartError`` says which value the file could not hold.
    """
    (study,) = rows["studies"]
    known = dict(labels or {})
    known |= {row["event_group_id"]: row["label"] for row in rows.get(EVENTS.table, ())}
    told = {"study": study["study_id"]} | _told(STUDY, study)
    told["events"] = _events(rows.get(EVENTS.table, ()))
    told["cohorts"] = {
        row["cohort_id"]: _told(COHORTS, row) | _criteria(rows[CRITERIA.table], row["cohort_id"])
        for row in rows[COHORTS.table]
    }
    told["covariates"] = _blocks(
        rows.get(COVARIATES.table, ()),
        lambda row: {row["covariate_id"]: _asked(COVARIATES, row, "covariate_type", ("", "0"))},
    )
    rules = rows.get(RULES.table, ())
    told["endpoints"] = _blocks(
        rows.get(ENDPOINTS.table, ()),
        lambda row: {row["endpoint_id"]: _endpoint(row, rules, known)},
    )
    told["strata"] = {
        row["stratum_id"]: {"characteristic": _subject("characteristic", row)} | _told(STRATA, row)
        for row in rows.get(STRATA.table, ())
    }
    told["analyses"] = {
        row["analysis_id"]: _analysis(row, place) for place, row in _placed(rows[ANALYSES.table])
    }
    told |= {name: _further(part, rows.get(name, ())) for name, part in further_parts().items()}
    filled = {key: value for key, value in told.items() if value not in ({}, [])}
    return yaml.dump(filled, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=WIDTH)


def _told(part: Part, row: Cells, *but: str) -> dict:
    """The keys of an entry, without what its table takes for granted and the columns ``but``."""
    keys, told = {column: key for key, column in part.keys.items()}, {}
    for column in tables()[part.table].types:
        cell = row.get(column, "")
        if column not in keys or column in but or cell == part.defaults.get(column, ""):
            continue
        if column in part.lists and cell:
            told[keys[column]] = [_plain(one) for one in cell.split(";")]
        elif column != "sort_order" or part is STUDY:  # elsewhere its place says it
            told[keys[column]] = _plain(cell)
    return told


def _placed(rows: Iterable[Cells]) -> Iterable[tuple[dict, Cells]]:
    """Each row with its `sort_order`, where that is not its place."""
    for place, row in enumerate(rows, 1):
        order = row.get("sort_order", "")
        yield ({} if order in ("", str(place)) else {"sort_order": _plain(order)}), row


def _events(rows: Iterable[Cells]) -> dict:
    told: dict[str, dict] = {}
    for row in rows:
        one = told.setdefault(row["event_group_id"], _told(EVENTS, row))
        one.setdefault(row["event_type"], []).append(row["event_code"])
    return told


def _criteria(rows: Iterable[Cells], cohort: str) -> dict:
    """The criteria of a cohort in steps; the alternatives of a step lie side by side."""
    own = sorted((row for row in rows if row["cohort_id"] == cohort), key=lambda r: int(r["step"]))
    steps = []
    for _, alternatives in groupby(own, key=lambda row: row["step"]):
        told = [
            {row["kind"]: row["label"]} | _asked(CRITERIA, row, "criterion_type", ("", ""))
            for row in alternatives
        ]
        steps.append(told[0] if len(told) == 1 else {ANY_OF: told})
    return {"criteria": steps} if steps else {}


def _asked(part: Part, row: Cells, type_column: str, usual: tuple[str, str]) -> dict:
    """What is looked at, in which days: an event says always when, a characteristic if unusual."""
    key = row[type_column]
    told = {key: _subject("event_group" if key == "event" else key, row)}
    days = tuple(row.get(column, "") for column in part.window)
    if key == "event" or days != usual:
        told["days"] = _days(*days)
    return told | _told(part, row)


def _subject(column: str, row: Cells) -> str:
    """A name, with the value that it is compared with."""
    name, number, text = row[column], row.get("value_number", ""), row.get("value_text", "")
    if number:
        return f"{name} {row['value_operator']} {number}"
    if not text:
        return name
    said = f"{name} = '{text}'" if NUMBER.fullmatch(text) else f"{name} = {text}"
    found = SUBJECT.fullmatch(said)
    if found is None or found["value"].strip().strip("'\"") != text:
        raise MyelomartError(f"The value «{text}» of {name} cannot stand in a study file.")
    return said


def _days(start: str, end: str) -> object:
    if start == end:
        return _plain(start) if start else "any"
    if not start:
        return f"to {end}"
    return f"{start} to {end}" if end else f"from {start}"


def _blocks(rows: Iterable[Cells], entry) -> list[dict]:
    """Groups of entries, as `row_group` names them; ``entry`` gives a name with its keys."""
    blocks = []
    for group, own in groupby(_placed(rows), key=lambda placed: placed[1]["row_group"]):
        entries: dict[str, dict] = {}
        for place, row in own:
            entries |= {name: told | place for name, told in entry(row).items()}
        blocks.append({"group": group, "of": entries})
    return blocks


def _endpoint(row: Cells, rules: Iterable[Cells], labels: Mapping[str, str]) -> dict:
    """An endpoint with its rules; a reason or priority that is the usual one is left out."""
    told = _told(ENDPOINTS, row)
    days = (row.get("start_day", ""), row.get("horizon_days", ""))
    if days != (ENDPOINTS.defaults["start_day"], ""):
        told["days"] = _days(*days)
    told["rules"], last = [], 0
    for rule in rules:
        if rule["endpoint_id"] != row["endpoint_id"]:
            continue
        role = rule["role"]
        one = {role: _subject("event_group", rule)} | _told(RULES, rule)
        if rule["reason"] == labels.get(rule["event_group"], ""):
            del one["reason"]
        expected = 0 if role == "entry" else max(FIRST_PRIORITY[role], last + 1)
        if rule["priority"] == str(expected):
            del one["priority"]
            last = expected
        told["rules"].append(one)
    return told


def _analysis(row: Cells, place: dict) -> dict:
    told = _told(ANALYSES, row, "treated_cohort_id")
    who = "treated" if row.get("comparator_cohort_id") else "cohort"
    return {who: row["treated_cohort_id"]} | told | place


def _further(part: Part, rows: Sequence[Cells]) -> dict | list:
    """The rows of a table that has no part of its own: name: text, or a list of entries."""
    if is_mapping(part):
        name, text = part.keys
        return {row[name]: row[text] for row in rows}
    return [_told(part, row) | place for place, row in _placed(rows)]


def _plain(text: str) -> object:
    """A number, a day or a yes, which YAML writes without quotes, where it reads back the same."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    is_other = not (value is None or isinstance(value, (str, dict, list)))
    return value if is_other and yaml.safe_dump(value).split("\n")[0] == text else text

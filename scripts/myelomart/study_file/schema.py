"""The JSON Schema of a study file, for editors: made of the shape, the seeds' YAML and known names.

Names of events are offered, not demanded, for a study may define its own; `study check` decides.
"""

from __future__ import annotations

import json
from typing import Any

from myelomart.project import own_seed
from myelomart.rows.checking import INTEGERS, NUMBERS
from myelomart.rows.declared import tables
from myelomart.study_file.shape import (
    ANALYSES,
    COHORTS,
    COVARIATES,
    CRITERIA,
    ENDPOINTS,
    EVENTS,
    MATCHING,
    ROLES,
    RULES,
    STRATA,
    STUDY,
    TOP_TEXT,
    Part,
    further_parts,
    is_mapping,
)

Schema = dict[str, Any]
NAME = "^[a-z0-9_]{1,100}$"
DAYS = "^(any|[+-]?\\d+|([+-]?\\d+ )?to [+-]?\\d+|from [+-]?\\d+)$"
OWN = {
    "days": "Window in days from index: -365 to -1, to -1 (until the day before), from 0, 0, any.",
    "event": "The event, by the name of its group; with a value where it has one: lab_il6 >= 40.",
    "characteristic": "The characteristic at index, with the value it must have: age >= 18.",
    "include": "Needed: the criterion in words, as the flow chart prints it.",
    "exclude": "Forbidden: the criterion in words, as the flow chart prints it.",
    "any_of": "Alternatives: one of these criteria is met.",
    "competing": "An event that makes the endpoint impossible, such as death.",
    "censor": "An event that ends the follow-up.",
    "entry": "From when a member is at risk; without one, from index.",
    "reason": "The event in words, as the reason why a follow-up ended; its label when left out.",
    "rules": "Further rules; those of the group hold for each of its endpoints.",
    "overrides": TOP_TEXT["overrides"],
}


def schema() -> Schema:
    """The schema of a file with one study, or with events that studies share."""
    named = {"type": "object", "propertyNames": {"pattern": NAME}}
    criterion = _entry(CRITERIA)
    criterion["properties"]["any_of"] = _listed({"$ref": "#/$defs/criterion"}, OWN["any_of"])
    cohort = _entry(COHORTS)
    steps = {"oneOf": [{"$ref": "#/$defs/criterion"}, {"type": "string"}]}
    cohort["properties"]["criteria"] = _listed(steps, "Steps in their order; a name is shared.")
    endpoint = _entry(ENDPOINTS)
    endpoint["properties"]["rules"] = _listed({"$ref": "#/$defs/rule"}, OWN["rules"])
    event = _entry(EVENTS)
    for word in tables()[EVENTS.table].words("event_type"):
        event["properties"][word] = _codes(word)
    top = _entry(STUDY)["properties"] | {
        key: {"description": text} for key, text in TOP_TEXT.items()
    }
    top["study"] |= {"type": "string", "pattern": NAME}
    top["overrides"]["type"] = "boolean"
    top["covariates"] |= _blocks("covariate", COVARIATES)
    top["endpoints"] |= _blocks("endpoint", ENDPOINTS, endpoint["properties"]["rules"])
    properties = _entry(ANALYSES)["properties"]
    top["matching"] |= _object({key: properties[key] for key in MATCHING})
    for key, part in further_parts().items():
        texts = {"type": "object", "additionalProperties": {"type": "string"}}
        entry = _entry(part)
        top[key] = texts if is_mapping(part) else {"type": "array", "items": entry}
    for key, part in _NAMED.items():
        top[key] |= named | {"additionalProperties": {"$ref": f"#/$defs/{part}"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A study of myelomart",
        **_object(top),
        "anyOf": [{"required": list(STUDY.needed)}, {"required": ["events"]}],
        "$defs": {
            "event_groups": _names("event_groups", "event_group_id"),
            "known_characteristics": _names("known_characteristics", "characteristic"),
            "event": event,
            "criterion": criterion,
            "cohort": cohort,
            "covariate": _entry(COVARIATES) | {"required": ["label"]},
            "endpoint": endpoint,
            "rule": _entry(RULES),
            "stratum": _entry(STRATA),
            "analysis": _entry(ANALYSES),
        },
    }


_NAMED = {
    "events": "event",
    "criteria": "criterion",
    "cohorts": "cohort",
    "strata": "stratum",
    "analyses": "analysis",
}


def as_text() -> str:
    """The schema as the file that editors read."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _object(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    found = {"type": "object", "additionalProperties": False, "properties": properties}
    return found | ({"required": list(required)} if required else {})


def _listed(items: Schema, text: str) -> Schema:
    return {"type": "array", "items": items, "description": text}


def _entry(part: Part) -> Schema:
    """An entry of a part: its keys with what their columns declare."""
    table = tables()[part.table]
    found: Schema = {key: _own(key, part) for key in part.all_keys if key not in part.keys}
    for key, column in part.keys.items():
        found[key] = _value(part.table, column, column in part.lists)
        if text := table.described.get(column):
            found[key]["description"] = text
        if column in part.defaults:
            found[key]["default"] = json.loads(_as_json(part.defaults[column], table.types[column]))
    return _object(found, part.needed)


def _own(key: str, part: Part) -> Schema:
    said: Schema = {"description": OWN.get(key, "")}
    if key == "days":
        return said | {"type": ["string", "integer"], "pattern": DAYS}
    if key in (*ROLES, *part.subjects):
        is_named = key == "characteristic"
        return said | _offered("known_characteristics" if is_named else "event_groups")
    if key == "overrides":
        return said | {"type": "boolean"}
    return said | ({"type": "string"} if key in OWN and key not in ("any_of", "rules") else {})


def _value(table: str, column: str, is_list: bool) -> Schema:
    declared, kind = tables()[table], tables()[table].types[column]
    if is_list:
        return {"type": "array", "items": {"type": ["string", "number"]}}
    if words := declared.words(column):
        return {"enum": list(words)}
    if (named := declared.names(column)) and named[0] in ("event_groups", "known_characteristics"):
        return _offered(named[0])
    if kind in INTEGERS:
        return {"type": "integer"}
    if kind in NUMBERS:
        return {"type": "number"}
    if kind == "boolean":
        return {"type": "boolean"}
    if kind == "date":
        return {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
    return {"type": "string"}


def _offered(relation: str) -> Schema:
    """A name that an editor completes, though another may stand there."""
    return {"anyOf": [{"$ref": f"#/$defs/{relation}"}, {"type": "string"}]}


def _names(relation: str, column: str) -> Schema:
    return {"enum": list(dict.fromkeys(row[column] for row in own_seed(f"studies/{relation}")))}


def _codes(word: str) -> Schema:
    """The events of one kind: one name, or several."""
    known = own_seed("studies/known_events")
    names = [row["event_code"] for row in known if row["event_type"] == word]
    if word == "coded":
        names = [row["concept_set_id"] for row in own_seed("concept_sets/concept_sets")]
    one = {"anyOf": [{"enum": names}, {"type": "string"}]} if names else {"type": "string"}
    return {"oneOf": [one, {"type": "array", "items": one}]}


def _blocks(name: str, part: Part, rules: Schema | None = None) -> Schema:
    properties = {
        "group": {"type": "string", "description": "Heading of these rows in tables."},
        "of": {
            "type": "object",
            "propertyNames": {"pattern": NAME},
            "additionalProperties": {"$ref": f"#/$defs/{name}"},
        },
    }
    shared = _entry(part)["properties"] | ({"rules": rules} if rules else {})
    return {"type": "array", "items": _object(properties | shared, ("group", "of"))}


def _as_json(text: str, kind: str) -> str:
    return text if kind in (*INTEGERS, *NUMBERS, "boolean") else json.dumps(text)

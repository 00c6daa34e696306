"""The large marts cut down to what a definition asks of them, before the models see them.

The models would leave out the same rows, later and at the cost of carrying them: a mart of events
has millions of a common drug, of which a window and one day per person are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from myelomart import warehouse
from myelomart.explore.definition import Criterion
from myelomart.explore.models import macro

Group = tuple[str, str, str, str | None]  # event group, kind, code, role that is left out


def marts(groups: Sequence[Group], names: Iterable[str]) -> dict[str, str]:
    """The events of ``groups``, the exposures that they leave out, the characteristics ``names``.

    A mart to the select that stands in its place.
    """
    left_out = [one for one in groups if one[3]]
    roles = _is_in("role", sorted({one[3] for one in left_out}))
    drugs = _is_in("ingredient", sorted({one[2] for one in left_out}))
    return {
        "clinical_events": f"select * from core.clinical_events where {_of(groups)}",
        "drug_exposures": f"select * from core.drug_exposures where {roles} and {drugs}",
        "characteristics": characteristics(names),
    }


def characteristics(names: Iterable[str], read: str = "core.characteristics") -> str:
    """The rows of some characteristics, in the mart or in what was read of it."""
    return f"select * from {read} where {_is_in('name', sorted(names))}"


def days(groups: Sequence[Group]) -> str:
    """Person, day and value of each event of ``groups``, no role of which is left out."""
    return f"select person_id, event_date, value from core.clinical_events where {_of(groups)}"


def index_days(groups: Sequence[Group], read: str, is_first: bool) -> str:
    """The days of an index event in the table ``read``; the first of each person may do."""
    if is_first:
        return _few_each(read, "true", groups, 1)
    return f"select {_columns(groups, 'event_date', 'value')} from {read}"


def in_window(groups: Sequence[Group], one: Criterion, index: str, read: str | None) -> str:
    """The events that a criterion asks for, round the day of ``index``: days enough to decide.

    ``read`` is a table of the `days` of ``groups``; without it the mart is read.
    """
    asked = ["true" if read else _of(groups), "index_events.is_in_period"]
    for sign, day in ((">=", one.window_start_days), ("<=", one.window_end_days)):
        if day is not None:
            asked.append(f"clinical_events.event_date {sign} index_events.index_date + {int(day)}")
    if one.value_operator:
        sign, limit = _text(one.value_operator), str(float(one.value_number or 0))
        asked.append(macro("compare", "clinical_events.value", sign, limit))
    where = " and ".join(f"({condition})" for condition in asked)
    source = f"{read or 'core.clinical_events'} as clinical_events"
    source += f" inner join {index} as index_events using (person_id)"
    if any(group[3] for group in groups):
        return f"select clinical_events.* from {source} where {where}"
    return _few_each(source, where, groups, one.min_count)


def _few_each(source: str, where: str, groups: Sequence[Group], most: int) -> str:
    """At most so many days of each person, under one of the codes of the group that is asked for.

    Every row of ``source`` passes, and so does each of its days with the largest of its values.
    """
    if not groups:
        return "select * from core.clinical_events where false"
    several = f"unnest(list_distinct(list(event_date))[:{int(most)}])"
    day = "min(event_date)" if most == 1 else several
    told = _columns(groups, day, "max(value)")
    return f"select {told} from {source} where {where} group by person_id"


def _columns(groups: Sequence[Group], day: str, value: str) -> str:
    """The columns of an event under one of the codes of its group."""
    _, kind, code, _ = groups[0]
    return (
        f"person_id, {day} as event_date, cast(null as date) as end_date, {_text(kind)} as "
        f"event_type, {_text(code)} as event_code, {value} as value, 'derived' as record_domain, "
        "cast(0 as bigint) as record_id"
    )


def _of(groups: Sequence[Group]) -> str:
    """The condition that an event is one of ``groups``: a list of codes for each kind."""
    kinds: dict[str, set[str]] = {}
    for _, kind, code, _ in groups:
        kinds.setdefault(kind, set()).add(code)
    told = [
        f"(event_type = {_text(kind)} and {_is_in('event_code', sorted(codes))})"
        for kind, codes in sorted(kinds.items())
    ]
    return " or ".join(told) or "false"


def _is_in(column: str, names: Sequence[str]) -> str:
    return f"{column} in ({', '.join(map(_text, names))})" if names else "false"


def _text(value: str) -> str:
    return warehouse.literal(value)

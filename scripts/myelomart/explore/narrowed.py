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
NO_RECORD = "'derived' as record_domain, cast(0 as bigint) as record_id"


def marts(groups: Sequence[Group], names: Iterable[str]) -> dict[str, str]:
    """The events of ``groups``, the exposures that they leave out, the characteristics ``names``.

    A mart to the select that stands in its place.
    """
    roles = sorted({one[3] for one in groups if one[3]})
    return {
        "clinical_events": f"select * from core.clinical_events where {_of(groups)}",
        "drug_exposures": f"select * from core.drug_exposures where {_is_in('role', roles)}",
        "characteristics": characteristics(names),
    }


def characteristics(names: Iterable[str]) -> str:
    """The rows of some characteristics."""
    return f"select * from core.characteristics where {_is_in('name', sorted(names))}"


def first_days(groups: Sequence[Group]) -> str:
    """The first day of each person with an event of ``groups``; all days where a role counts."""
    if any(one[3] for one in groups):
        return marts(groups, [])["clinical_events"]
    return (
        "select person_id, min(event_date) as event_date, event_type, event_code, "
        f"max(value) as value, {NO_RECORD} from core.clinical_events where {_of(groups)} "
        "group by person_id, event_type, event_code"
    )


def in_window(groups: Sequence[Group], one: Criterion, index: str) -> str:
    """The events that a criterion asks for, round the day of ``index``; one where one is enough.

    The first day with the largest value: each of the rows passes, and so does what is made of them.
    """
    days = macro("days_between", "index_events.index_date", "clinical_events.event_date")
    first, last = (_number(day) for day in (one.window_start_days, one.window_end_days))
    asked = [_of(groups), "index_events.is_in_period", macro("lies_in_window", days, first, last)]
    if one.value_operator:
        sign, limit = _text(one.value_operator), _number(one.value_number)
        asked.append(macro("compare", "clinical_events.value", sign, limit))
    where = " and ".join(f"({condition})" for condition in asked)
    source = f"core.clinical_events inner join {index} as index_events using (person_id)"
    names = "person_id, event_type, event_code"
    if one.min_count > 1 or any(group[3] for group in groups):
        return f"select {names}, event_date, value, {NO_RECORD} from {source} where {where}"
    return (
        f"select {names}, min(event_date) as event_date, max(value) as value, {NO_RECORD} "
        f"from {source} where {where} group by {names}"
    )


def _of(groups: Sequence[Group]) -> str:
    """The condition that an event is one of ``groups``."""
    pairs = sorted({(kind, code) for _, kind, code, _ in groups})
    told = [f"(event_type = {_text(kind)} and event_code = {_text(code)})" for kind, code in pairs]
    return " or ".join(told) or "false"


def _is_in(column: str, names: Sequence[str]) -> str:
    return f"{column} in ({', '.join(map(_text, names))})" if names else "false"


def _text(value: str) -> str:
    return warehouse.literal(value)


def _number(value: float | None) -> str:
    return (
        "null" if value is None else str(float(value) if isinstance(value, float) else int(value))
    )

"""The SQL for the value of a column in its type; missing where it cannot be read.

No cast may fail or guess: a whole number has no fraction and no lost digits, an infinite number is
none, a text is a day only in a form that can be one day alone, and an instant becomes a day only in
a zone that is stated. An id that is a text or a UUID becomes a number made of it: the same text the
same number, in every table and in every run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from myelomart.sources import layout
from myelomart.warehouse import literal, quoted

if TYPE_CHECKING:
    from myelomart.sources.columns import Plan

WHOLE = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "BOOLEAN",
}  # fmt: skip
WIDE = {"UBIGINT", "HUGEINT", "UHUGEINT"}
FLOATS = {"FLOAT": 2**24, "DOUBLE": 2**53}  # up to which every whole number is exact
INSTANT = "TIMESTAMP WITH TIME ZONE"
DAYS = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", INSTANT)
NESTED = re.compile(r"\[\]$|^(STRUCT|MAP|UNION|LIST|ARRAY)|^(BLOB|BIT|GEOMETRY|VARIANT)|\[\d+\]$")
NO_VALUE = "('NA', 'N/A', '<NA>', 'NAN', 'NAT', 'NULL', '(NULL)', 'NONE', '.', '\\N')"
ISO_DAY = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
CLOCK_TIME = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
OFFSET = r"Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?"
ZONED = rf"({ISO_DAY})[ T]({CLOCK_TIME}) ?({OFFSET})"
MIDNIGHT = r"0?0:00(?::00(?:\.0+)?)?"
AT_UTC = r"Z|z|UTC|GMT|[+-]00(?::?00)?"
NAMED_MONTH = rf"(\d{{1,2}})[-/ .]?([A-Za-z]{{3,9}})[-/ .,]{{0,2}}(\d{{4}})(?:[ :T]({CLOCK_TIME}))?"
LAST_DAY, FIRST_DAY = "9999-12-31", "0001-01-01"  # stand for infinity and -infinity
# how a column of texts writes its numbers: 3,5 and 1.234,5, or 3.5 and 1,234.5. A mark before three
# digits may be either (1,234); what only one of the two writes tells which it is.
COMMA, POINT = "comma", "point"
POWER = r"(?:[eE][+-]?\d+)?"


def _written_with(decimal: str, thousands: str) -> str:
    """A number that only a writer of these two marks writes."""
    groups = rf"\d{{1,3}}(?:{thousands}\d{{3}})"
    not_three = rf"\d*{decimal}(?:\d{{1,2}}|\d{{4,}})"
    no_group = rf"(?:0|\d{{4,}})?{decimal}\d+"
    return rf"[+-]?(?:{groups}+{decimal}\d+|{groups}{{2,}}|{not_three}|{no_group}){POWER}"


WRITTEN_BY = {COMMA: _written_with(",", r"\."), POINT: _written_with(r"\.", ",")}
BY_EITHER = {COMMA: r"[+-]?[1-9]\d{0,2},\d{3}", POINT: r"[+-]?[1-9]\d{0,2}\.\d{3}"}
NO_MARK = rf"[+-]?\d+[.]?{POWER}"
UNITS = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}  # in microseconds
DAY = 86_400_000_000  # microseconds
# rows of these have an id that only names them: a new one changes nothing
NAMED_BY_ID = {
    "observation_period", "visit_occurrence", "visit_detail", "condition_occurrence",
    "drug_exposure", "procedure_occurrence", "device_exposure", "measurement", "observation",
    "episode", "note_nlp",
}  # fmt: skip
UUID_FORM = r"\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?"
DAMAGED_NUMBER = r"[+-]?(?:\d*\.\d*(?:[eE][+-]?\d+)?|\d+(?:\.\d*)?[eE][+-]\d+|\d+)"
FIRST_OF_TEXTS = 2**62  # above it stand the ids that are made of texts; 60 bits


def is_id(column: layout.Column) -> bool:
    """True for an id of the source's own; a concept has its number from OMOP."""
    is_named_so = column.name.endswith("_id") and not column.name.endswith("concept_id")
    return column.type == "BIGINT" and is_named_so


def is_readable(kind: str, column: layout.Column) -> bool:
    """True when a column of type ``kind`` can hold what ``column`` is for."""
    if kind in ('"NULL"', "NULL"):
        return True
    if NESTED.search(kind):
        return False
    is_number = kind in WHOLE | WIDE | FLOATS.keys() or kind.startswith("DECIMAL")
    if column.type == "VARCHAR":
        return True
    if column.type in ("DATE", "TIMESTAMP"):
        return kind == "VARCHAR" or kind in DAYS or (is_number and kind != "BOOLEAN")
    if kind == "UUID":  # a number is made of it
        return is_id(column)
    return kind == "VARCHAR" or is_number


def may_fail(plan: Plan, column: layout.Column) -> bool:
    """True when a value of ``column`` that the source gives may be missing once it is read."""
    kind = plan.present[column.name][1]
    if column.type == "VARCHAR" or kind in ('"NULL"', "NULL"):
        return False
    if column.type == "BIGINT":
        return kind not in WHOLE
    return column.type == "DOUBLE" or kind != column.type


def is_given(plan: Plan, column: layout.Column) -> str:
    """SQL that is true where the source gives a value: no blank, NA or NaN."""
    name, kind = plan.present[column.name]
    name = quoted(name)
    if kind == "VARCHAR":
        if column.type == "VARCHAR":
            return f"nullif(trim({name}), '') is not null"
        return f"coalesce(upper(nullif(trim({name}), '')) not in {NO_VALUE}, false)"
    if kind in FLOATS:
        return f"({name} is not null and not isnan({name}))"
    return f"{name} is not null"


def value_of(plan: Plan, column: layout.Column) -> str:
    """SQL for ``column`` in its type; NULL where it cannot be read."""
    name, kind = plan.present[column.name]
    name = quoted(name)
    clock = plan.clocks.get(column.name, "")
    if kind == "UUID" and is_id(column):
        return number_of_text(f"cast({name} as varchar)")
    if kind in ('"NULL"', "NULL", "UUID") and column.type != "VARCHAR":
        return f"cast(null as {column.type})"
    if column.type == "VARCHAR":
        return _as_text(name, kind)
    if column.type == "BIGINT":
        return _as_whole(name, kind, is_id(column))
    if column.type == "DOUBLE":
        if kind == "VARCHAR":
            name = _as_number(name, plan.marks.get(column.name, ""))
        elif kind == "FLOAT":  # as it is written: 2.4, not 2.4000000953674316
            name = f"cast(cast({name} as varchar) as double)"
        elif kind != "DOUBLE":
            name = f"cast({name} as double)"
        return f"case when isfinite({name}) then {name} end"
    return _as_time(name, kind, column.type, clock, plan.timezone, is_day_of(plan, column))


def _as_number(name: str, mark: str) -> str:
    """SQL for a text as a number; ``mark`` says how its column writes them, '' where unknown."""
    text = f"trim({name})"
    if mark == COMMA:  # 1.234 may be either here, so it is not read
        forms = f"{WRITTEN_BY[COMMA]}|{BY_EITHER[COMMA]}|{NO_MARK}"
        number = f"try_cast(replace(replace({text}, '.', ''), ',', '.') as double)"
        return f"(case when regexp_full_match({text}, {literal(forms)}) then {number} end)"
    if mark == POINT:
        forms = f"{WRITTEN_BY[POINT]}|{BY_EITHER[COMMA]}"
        number = f"try_cast(replace({text}, ',', '') as double)"
        thousands = f"case when regexp_full_match({text}, {literal(forms)}) then {number} end"
        return f"coalesce(try_cast({name} as double), {thousands})"
    return f"try_cast({name} as double)"


def _as_text(name: str, kind: str) -> str:
    if kind == "VARCHAR":
        return f"nullif(trim({name}), '')"
    if kind in FLOATS or kind.startswith("DECIMAL"):  # a code that became a number: 203, not 203.0
        return (
            f"case when {name} = trunc({name}) and abs({name}) < 1e15 "
            f"then cast(cast({name} as bigint) as varchar) else cast({name} as varchar) end"
        )
    return f"cast({name} as varchar)"


def number_of_text(text: str) -> str:
    """SQL for the id that is made of a text: 60 bits of its hash, above all ids but hashes.

    A UUID is the same in both cases of letters and in braces; any other text as it is written.
    """
    uuid = f"lower(trim({text}, '{{}}'))"
    plain = f"case when regexp_full_match({text}, {literal(UUID_FORM)}) then {uuid} else {text} end"
    return f"{FIRST_OF_TEXTS} + cast('0x' || left(md5({plain}), 15) as bigint)"


def is_text_id(text: str) -> str:
    """SQL that is true for a text that is an id: no number, also none that lost its digits, and
    not the name of a column, as where a header stands among the rows."""
    return (
        f"upper({text}) not in {NO_VALUE} "
        f"and not regexp_full_match(lower({text}), '[a-z]+(_[a-z]+)*_id') "
        f"and not regexp_full_match({text}, {literal(DAMAGED_NUMBER)})"
    )


def _as_whole(name: str, kind: str, is_id: bool) -> str:
    if kind in WHOLE:
        return name if kind == "BIGINT" else f"cast({name} as bigint)"
    if kind in WIDE:
        return _signed(f"cast({name} as hugeint)" if kind == "UBIGINT" else name, is_id)
    if kind in FLOATS:
        return (
            f"case when isfinite({name}) and {name} = trunc({name}) "
            f"and abs({name}) <= {FLOATS[kind]} then cast({name} as bigint) end"
        )
    if kind.startswith("DECIMAL"):
        whole = _signed(f"try_cast({name} as hugeint)", is_id)
        return f"case when {name} = trunc({name}) then {whole} end"
    text = f"nullif(trim({name}), '')"
    plain = f"try_cast({name} as bigint)"
    power = f"try_cast(regexp_extract({text}, '[eE]\\+?(\\d+)$', 1) as integer)"
    decimals = f"length(regexp_extract({text}, '\\.(\\d*)', 1))"
    # 1.23457E+12 is what a spreadsheet leaves of an id: its last digits are lost
    rounded = f"{decimals} >= 4 and {power} > {decimals}" if is_id else "false"
    number = f"try_cast({text} as double)"
    digits = f"try_cast(regexp_replace({text}, '\\.0*$', '') as hugeint)"
    of_text = f"when {is_text_id(text)} then {number_of_text(text)}" if is_id else ""
    return f"""
        case
            when cast({plain} as varchar) = {name} then {plain}
            when regexp_full_match({text}, '[+-]?\\d+(\\.0*)?')
                then {_signed(digits, is_id)}
            {of_text}
            when regexp_full_match({text}, '[+-]?\\d(\\.\\d+)?[eE]\\+?\\d+')
                and {number} = trunc({number}) and abs({number}) <= {FLOATS["DOUBLE"]}
                and not ({rounded})
                then cast({number} as bigint)
        end
    """


def _signed(number: str, is_id: bool) -> str:
    """A HUGEINT as BIGINT; an unsigned id of 64 bits keeps its bits, and so stays its own."""
    fitting = f"try_cast({number} as bigint)"
    if not is_id:
        return fitting
    return (
        f"case when {number} between 9223372036854775808 and 18446744073709551615 "
        f"then try_cast({number} - 18446744073709551616 as bigint) else {fitting} end"
    )


def _as_time(
    name: str, kind: str, goal: str, clock: str, timezone: str | None, is_day: bool
) -> str:
    unit, _, where = clock.partition(" ")
    zone = literal(timezone or "UTC") if "zone" in (unit, where) else "'UTC'"
    if unit == "none":
        return f"cast(null as {goal})"
    if kind != "VARCHAR" and kind not in DAYS:
        return _number_as_time(f"cast({name} as double)", unit, zone, goal)
    if kind == "VARCHAR":
        text = f"nullif(trim({name}), '')"
        read = _text_as_time(name, text, goal, unit, zone, timezone, is_day)
        if unit in UNITS or unit == "yyyymmdd":
            number = (
                f"try_cast(case when regexp_full_match({text}, '-?\\d+(\\.\\d+)?') "
                f"then {text} end as double)"
            )
            read = f"coalesce({read}, {_number_as_time(number, unit, zone, goal)})"
        return read
    if unit in ("utc", "zone"):
        instant = name if kind == INSTANT else f"timezone('UTC', {name})"
        return _finite(f"cast(timezone({zone}, {instant}) as {goal})", name, goal)
    if kind == goal:
        return _finite(name, name, goal)
    return _finite(f"try_cast({name} as {goal})", name, goal)


def _finite(value: str, name: str, goal: str) -> str:
    """``value``, or the last or first day of all for an infinite one."""
    return (
        f"case when isfinite({name}) then {value} "
        f"when {name} > cast('2000-01-01' as date) then cast('{LAST_DAY}' as {goal}) "
        f"when {name} is not null then cast('{FIRST_DAY}' as {goal}) end"
    )


def _number_as_time(number: str, unit: str, zone: str, goal: str) -> str:
    if unit == "yyyymmdd":
        day = f"try_strptime(cast(try_cast({number} as bigint) as varchar), '%Y%m%d')"
        return f"case when {number} = trunc({number}) then cast({day} as {goal}) end"
    micro = f"try_cast({number} * {UNITS[unit]} as bigint)"
    return (
        f"case when abs({number}) * {UNITS[unit]} < 2e17 then "
        f"cast(timezone({zone}, make_timestamptz({micro})) as {goal}) end"
    )


def _text_as_time(
    name: str, text: str, goal: str, unit: str, zone: str, timezone: str | None, is_day: bool
) -> str:
    """SQL for the text ``name``, which is ``text`` without blanks around it."""
    plain = f"try_cast({name} as {goal})"
    canonical = f"cast({plain} as varchar) = {name} and isfinite({plain})"
    digits = f"regexp_replace({text}, '^(\\d{{4}})(\\d{{2}})(\\d{{2}})(\\d{{6}})?$', '\\1-\\2-\\3')"
    day = f"regexp_extract({text}, {literal(ZONED)}, 1)"
    time = f"regexp_extract({text}, {literal(ZONED)}, 2)"
    offset = f"regexp_extract({text}, {literal(ZONED)}, 3)"
    offset = (
        f"regexp_replace(case when {offset} in ('Z', 'z', 'UTC', 'GMT') then '+00' "
        f"else {offset} end, '^(...)(\\d\\d)$', '\\1:\\2')"
    )
    written = f"try_cast(replace({day}, '/', '-') || ' ' || {time} as timestamp)"
    instant = f"try_cast(replace({day}, '/', '-') || ' ' || {time} || {offset} as timestamptz)"
    if unit == "zone" or (not is_day and timezone):
        stated = literal(timezone) if timezone else zone
        zoned = f"cast(timezone({stated}, {instant}) as {goal})"
    elif is_day:
        zoned = f"case when {is_plain_day(text)} then try_cast({written} as {goal}) end"
    else:
        zoned = f"try_cast({written} as {goal})"
    month = (
        f"try_strptime(regexp_extract({text}, {literal(NAMED_MONTH)}, 1) || ' ' || "
        f"regexp_extract({text}, {literal(NAMED_MONTH)}, 2) || ' ' || "
        f"regexp_extract({text}, {literal(NAMED_MONTH)}, 3), ['%d %b %Y', '%d %B %Y'])"
    )
    named = f"try_cast({month} as {goal})"
    if goal == "TIMESTAMP":
        clock = f"regexp_extract({text}, {literal(NAMED_MONTH)}, 4)"
        named = (
            f"coalesce(try_cast(strftime({month}, '%Y-%m-%d') || ' ' || nullif({clock}, '') "
            f"as timestamp), {named})"
        )
    return f"""
        case
            when {canonical} then {plain}
            when regexp_full_match({text}, '\\d{{8}}|\\d{{14}}') then try_cast({digits} as {goal})
            when regexp_full_match({text}, {literal(f"{ISO_DAY}(?:[ T]{CLOCK_TIME})?")})
                then try_cast(try_cast(replace({text}, '/', '-') as timestamp) as {goal})
            when regexp_full_match({text}, {literal(ZONED)}) then {zoned}
            when regexp_full_match({text}, {literal(NAMED_MONTH)}) then {named}
            when lower({text}) in ('infinity', '+infinity', 'inf', '+inf')
                then cast('{LAST_DAY}' as {goal})
            when lower({text}) in ('-infinity', '-inf') then cast('{FIRST_DAY}' as {goal})
        end
    """


def is_day_of(plan: Plan, column: layout.Column) -> bool:
    """True for a column that tells a day: a date, or a time (of death, in CDM v6) without one."""
    beside = column.name.removesuffix("time")
    return column.type == "DATE" or (column.name == "death_datetime" and beside not in plan.present)


def is_plain_day(text: str) -> str:
    """SQL that is true for an instant whose day as written is meant: local, or midnight UTC."""
    day = f"{ISO_DAY}[ T]{MIDNIGHT} ?({OFFSET})"
    return (
        f"regexp_full_match({text}, {literal(day)}) "
        f"or not regexp_full_match({text}, {literal(f'.*[0-9] ?({AT_UTC})')})"
    )

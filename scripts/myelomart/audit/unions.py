"""Groups that are made of other groups: a union over two columns, and «only», «both» and «any»."""

from __future__ import annotations

import re
from itertools import combinations

from myelomart.audit.finding import Finding
from myelomart.audit.printed_rows import Printed
from myelomart.audit.totals import flat_groups, is_total, table_columns

SHARED_WORDS = 2  # so many first words of two groups' names make them one group at two times
MOST_GROUPS = 12  # a table of more groups has too many unions to mean anything


def unions(rows: list[Printed]) -> list[Finding]:
    """A group in the text that is a union of a table's groups in size, and is not in its count.

    Which groups make it up is read from another group of the same name («… as first line», «…, any
    line»): one union of one column, and no other, gives that group's size and count. Where the same
    union gives the size in another column, it has to give the count there as well.
    """
    columns = [
        groups for groups in map(_whole_groups, table_columns(rows).values())
        if 2 < len(groups) <= MOST_GROUPS
    ]  # fmt: skip
    loose = [row for row in rows if _is_loose(row)]
    found = []
    for known in loose:
        named = [row for row in loose if row is not known and _is_same_group(row, known)]
        if not named:
            continue
        for column in _columns_of(known, columns):
            fitting = _unions(column, known)
            if len(fitting) == 1:
                others = [other for other in _columns_of(known, columns) if other is not column]
                found += [
                    finding for row in named for other in others
                    for finding in _held_against(row, known, fitting[0], other)
                ]  # fmt: skip
    return found


def _whole_groups(column: list[Printed]) -> list[Printed]:
    return [row for row in flat_groups(column) if row.count is not None and row.size]


def _is_loose(row: Printed) -> bool:
    is_counted = row.statistic == "percent" and row.count is not None and bool(row.size)
    named = row.arm_or_group and not is_total(row)
    return bool(is_counted and named and not row.table_figure and not row.repeat_of)


def _is_same_group(row: Printed, other: Printed) -> bool:
    first, second = (re.findall(r"[\w-]+", one.arm_or_group.lower()) for one in (row, other))
    shares = first[:SHARED_WORDS] == second[:SHARED_WORDS] and len(first) >= SHARED_WORDS
    return shares and (row.study_id, row.endpoint) == (other.study_id, other.endpoint)


def _columns_of(row: Printed, columns: list[list[Printed]]) -> list[list[Printed]]:
    return [
        column for column in columns
        if (column[0].study_id, column[0].endpoint) == (row.study_id, row.endpoint)
    ]  # fmt: skip


def _unions(column: list[Printed], row: Printed) -> list[tuple[str, ...]]:
    """The names of two groups or more that together have the size and the count of ``row``."""
    return [
        tuple(one.arm_or_group for one in chosen)
        for many in range(2, len(column) + 1)
        for chosen in combinations(column, many)
        if sum(one.size for one in chosen) == row.size
        and sum(one.count for one in chosen) == row.count
    ]


def _held_against(
    row: Printed, known: Printed, names: tuple[str, ...], column: list[Printed]
) -> list[Finding]:
    chosen = [one for one in column if one.arm_or_group in names]
    counted, size = sum(one.count for one in chosen), sum(one.size for one in chosen)
    if len(chosen) != len(names) or size != row.size or counted == row.count:
        return []
    return [
        Finding(
            "union", (row.row_id, known.row_id, *(one.row_id for one in chosen)),
            f"{row.group}, {row.called}: {' and '.join(names)} together have {counted} of {size}, "
            f"printed {row.count} of {row.size}; for {known.group} they fit",
        )
    ]  # fmt: skip


def overlaps(rows: list[Printed]) -> list[Finding]:
    """Counts of «any», «only» and «both» that no overlap of the patients allows.

    Read from the endpoints' names: ``received_any_transplant``, ``received_auto_transplant_only``,
    ``received_allo_transplant``, ``received_auto_and_allo_transplant``.
    """
    found = []
    for row in rows:
        head, _, tail = row.endpoint.partition("_any_")
        if not tail or row.count is None:
            continue
        shape = re.compile(rf"{re.escape(head)}_(?P<kinds>\w+?)_{re.escape(tail)}(?P<only>_only)?")
        parts = [
            (one, frozenset(match["kinds"].split("_and_")), bool(match["only"]))
            for one in rows
            if one is not row and one.count is not None and _is_same_patients(one, row)
            and (match := shape.fullmatch(one.endpoint))
        ]  # fmt: skip
        found += _too_many(row, parts) + _larger_than_their_whole(row, parts)
    return found


def _is_same_patients(one: Printed, other: Printed) -> bool:
    who = [(row.study_id, row.population, row.arm_or_group, row.category) for row in (one, other)]
    return who[0] == who[1]


def _too_many(total: Printed, parts: list[tuple]) -> list[Finding]:
    """Patients with one kind only, and those with another kind, are different patients."""
    found = []
    for row, kinds, is_only in parts:
        if is_only:
            continue
        alone = [one for one, its, only in parts if only and its != kinds]
        added = row.count + sum(one.count for one in alone)
        if added > total.count:
            told = " and ".join(_words(one) for one in (*alone, row))
            found.append(
                Finding("overlap", (total.row_id, row.row_id, *(one.row_id for one in alone)),
                        f"{total.group}: {told} are {added} different patients, {_words(total)}")
            )  # fmt: skip
    return found


def _larger_than_their_whole(total: Printed, parts: list[tuple]) -> list[Finding]:
    """Nobody has both without each, or one without any."""
    wholes = [(total, frozenset())] + [(row, kinds) for row, kinds, only in parts if not only]
    return [
        Finding("overlap", (whole.row_id, row.row_id),
                f"{row.group}: {_words(row)} are more than {_words(whole)}")
        for whole, its in wholes
        for row, kinds, is_only in parts
        if row is not whole and (its < kinds or (is_only and its == kinds))
        and row.count > whole.count
    ]  # fmt: skip


def _words(row: Printed) -> str:
    return f"{row.count} {row.called}"

"""p values against a printed transition table: whether a state at first goes with one later.

Transitions are rows whose group and category name a time and a state: «baseline: A only»,
«progression: A and B positive». Their test is a row with the groups «any A at baseline» and the
endpoint ``a_at_progression``.
"""

from __future__ import annotations

import re

from scipy.stats import binomtest

from myelomart.audit.finding import Finding
from myelomart.audit.printed_rows import Printed
from myelomart.audit.tested_counts import agrees, p_values

UNKNOWN, NONE = {"unknown"}, {"negative", "none", "neither"}


def transitions(rows: list[Printed]) -> list[Finding]:
    """A p value for an association that the printed transitions do not give by any test of it."""
    found = []
    for test in rows:
        group = re.fullmatch(r"any (\w+) at (\w+)", test.arm_or_group.lower())
        outcome = re.fullmatch(r"(\w+?)_at_(\w+)", test.endpoint)
        is_test = test.statistic == "p_value" and test.p_operator in ("", "=")
        if group is None or outcome is None or not is_test or test.p_value is None:
            continue
        pairs = [
            (row, _has(group[1], row.arm_or_group), _has(outcome[1], row.category))
            for row in rows
            if row.study_id == test.study_id and row.count is not None
            and _is_at(row.arm_or_group, group[2]) and _is_at(row.category, outcome[2])
        ]  # fmt: skip
        table = [[_added(pairs, before, after) for before in (True, False)]
                 for after in (True, False)]  # fmt: skip
        ps = p_values(table)
        if not ps or any(agrees(p, test) for p in ps):
            continue
        found.append(
            Finding("transitions", (test.row_id, *(row.row_id for row, _, _ in pairs)),
                    f"{test.group}, {test.called}: p = {test.p_value.value:g} is printed, the "
                    f"transitions give {min(ps):.2g} to {max(ps):.2g} by chi-square and Fisher"
                    f"{_change(table, test)}")
        )  # fmt: skip
    return found


def _is_at(words: str, time: str) -> bool:
    return words.lower().startswith(f"{time}: ")


def _has(trait: str, words: str) -> bool | None:
    """Whether the state in ``words`` («progression: A only») has the trait; None: unknown."""
    state = set(re.findall(r"\w+", words.partition(": ")[2].lower()))
    if state & UNKNOWN:
        return None
    return trait in state and not state & NONE


def _added(pairs: list[tuple], before: bool, after: bool) -> int:
    return sum(row.count for row, first, then in pairs if first is before and then is after)


def _change(table: list[list[int]], test: Printed) -> str:
    """What the p value is instead, where it is the exact McNemar test of a change."""
    stayed_away, left = table[0][1], table[1][0]
    if not stayed_away + left:
        return ""
    p = float(binomtest(left, stayed_away + left).pvalue)
    return f"; it is that of a change in frequency (McNemar, {p:.3g})" if agrees(p, test) else ""

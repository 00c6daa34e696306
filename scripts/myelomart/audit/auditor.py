"""All checks over one file of printed numbers."""

from __future__ import annotations

from collections.abc import Callable

from myelomart.audit import (
    intervals,
    percents,
    repeats,
    tested_counts,
    totals,
    transitions,
    unions,
)
from myelomart.audit.finding import Finding
from myelomart.audit.printed_rows import Printed

CHECKS: dict[str, Callable[[list[Printed]], list[Finding]]] = {
    "percents that their counts do not give": percents.percents,
    "values that cannot be": percents.impossible_values,
    "estimates outside their intervals": intervals.order,
    "ratios off the middle of their intervals": intervals.ratio_in_the_middle,
    "p values that ratio and interval do not give": intervals.ratio_and_p,
    "p values that the counts do not give": tested_counts.tested_counts,
    "p values that the transitions do not give": transitions.transitions,
    "curves that rise, or contradict their median": intervals.curves,
    "groups that do not add to the total": totals.groups_and_total,
    "levels that do not add to the group": totals.levels_and_group,
    "unions that hold in one column only": unions.unions,
    "overlaps of patients that cannot be": unions.overlaps,
    "flows that do not close": totals.flows,
    "severe grades beyond any grade": totals.grades,
    "repeated results that differ": repeats.repeats,
    "coincidences": repeats.coincidences,
}


def audit(rows: list[Printed]) -> list[Finding]:
    """Every finding of every check, in the order of the checks."""
    return [finding for check in CHECKS.values() for finding in check(rows)]

"""p values against the counts that they compare."""

from __future__ import annotations

from scipy.stats import chi2_contingency

from myelomart.audit.finding import Finding
from myelomart.audit.printed_rows import Printed, half_up
from myelomart.audit.totals import is_total
from myelomart.errors import StatisticsError
from myelomart.tables.contingency import fisher_exact

NEARLY_ONE = 0.985  # 1.00 is often printed as 0.99
WIDEST_SEARCH = 8  # how far below the printed size a denominator may lie that the percent needs


def tested_counts(rows: list[Printed]) -> list[Finding]:
    """A p value that neither chi-square nor Fisher gives for the counts of its comparison.

    Rows of one comparison share an id. Where a percent needs another denominator than the printed
    one, every denominator that gives it is tried, so that only p values which no reading of the
    counts explains are told.
    """
    found = []
    of: dict[tuple, list[Printed]] = {}
    for row in rows:
        if row.comparison_id:
            of.setdefault((row.study_id, row.comparison_id), []).append(row)
    for own in of.values():
        tests = [row for row in own if row.statistic == "p_value" and row.p_value is not None]
        counts = [row for row in own if row.statistic == "percent" and row.count is not None
                  and row.size and not is_total(row)]  # fmt: skip
        arms = list(dict.fromkeys(row.arm_or_group for row in counts))
        if len(tests) != 1 or len(arms) != 2 or tests[0].p_operator not in ("", "="):
            continue
        tables = _tables(counts, arms)
        if not tables:
            continue
        ps = [p for table in tables for p in p_values(table)]
        if not any(agrees(p, tests[0]) for p in ps):
            found.append(
                Finding("p_and_counts", (tests[0].row_id, *(row.row_id for row in counts)),
                        f"{counts[0].endpoint.replace('_', ' ')}: p = {tests[0].p_value.value:g} "
                        f"is printed, the counts give {min(ps):.2g} to {max(ps):.2g} by "
                        "chi-square and Fisher")
            )  # fmt: skip
    return found


def _tables(counts: list[Printed], arms: list[str]) -> list[list[list[int]]]:
    """Tables of levels by arms: the counts of the levels, or yes and no of a single one."""
    of_arm = {arm: [row for row in counts if row.arm_or_group == arm] for arm in arms}
    first, second = of_arm.values()
    if [row.category for row in first] != [row.category for row in second]:
        return []
    if len(first) > 1:
        table = [[a.count, b.count] for a, b in zip(first, second, strict=True)]
        yes_no = [_yes_no(a, b, a.size, b.size) for a, b in zip(first, second, strict=True)]
        return [table, *yes_no]
    return [_yes_no(first[0], second[0], n, m) for n in _sizes(first[0]) for m in _sizes(second[0])]


def _yes_no(a: Printed, b: Printed, n: int, m: int) -> list[list[int]]:
    return [[a.count, b.count], [n - a.count, m - b.count]]


def _sizes(row: Printed) -> list[int]:
    """The printed denominator; where the percent contradicts it, those that give the percent."""
    fitting = [
        size for size in range(max(row.size - WIDEST_SEARCH, row.count, 1), row.size + 1)
        if row.estimate is not None
        and abs(half_up(100 * row.count / size, row.estimate.decimals) - row.estimate.value) < 1e-9
    ]  # fmt: skip
    return fitting or [row.size]


def p_values(table: list[list[int]]) -> list[float]:
    """p by chi-square without and with correction, and by Fisher; none for an empty margin."""
    kept = [row for row in table if sum(row)]
    if len(kept) < 2 or 0 in map(sum, zip(*kept, strict=True)):
        return []
    ps = [float(chi2_contingency(kept, correction=fix).pvalue) for fix in (False, True)]
    try:
        ps.append(fisher_exact(kept))
    except StatisticsError:
        return ps
    return ps


def agrees(p: float, row: Printed) -> bool:
    """Whether ``p`` prints as the p value of ``row``."""
    limit = row.p_value
    if limit.value >= 0.99 and p >= NEARLY_ONE:
        return True
    return limit.low - 1e-9 <= p <= limit.high + 1e-9

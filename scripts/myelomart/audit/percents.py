"""Percents against their counts."""

from __future__ import annotations

from myelomart.audit.finding import Finding
from myelomart.audit.printed_rows import Printed, half_up

SEARCHED = 2  # denominators up to this multiple of the printed one are tried


def percents(rows: list[Printed]) -> list[Finding]:
    """A percent that its numerator and denominator do not give, half up at its own decimals."""
    found = []
    for row in rows:
        if row.statistic != "percent" or row.estimate is None or row.count is None or not row.size:
            continue
        recomputed = half_up(100 * row.count / row.size, row.estimate.decimals)
        if abs(recomputed - row.estimate.value) < 1e-9:
            continue
        fitting = [
            size for size in range(max(row.count, 1), SEARCHED * row.size + 1)
            if abs(half_up(100 * row.count / size, row.estimate.decimals) - row.estimate.value)
            < 1e-9
        ]  # fmt: skip
        needs = (
            f"the percent needs a denominator of {_span(fitting)}" if fitting
            else "no denominator near it gives the percent"
        )  # fmt: skip
        found.append(
            Finding(
                "percent", (row.row_id,),
                f"{row.group}, {row.called}: {row.count}/{row.size} is {recomputed:g} %, printed "
                f"{row.estimate.value:g} %; {needs}",
            )
        )  # fmt: skip
    return found


def impossible_values(rows: list[Printed]) -> list[Finding]:
    """More than all, less than none, and percents beyond 0 to 100."""
    found = []
    for row in rows:
        if row.count is not None and row.size is not None and row.count > row.size:
            found.append(
                Finding("impossible", (row.row_id,),
                        f"{row.group}, {row.called}: {row.count} of {row.size} is more than all")
            )  # fmt: skip
        is_share = row.statistic in ("percent", "rate_at_time", "pooled_proportion")
        if is_share and row.estimate is not None and not 0 <= row.estimate.value <= 100:
            found.append(
                    Finding("impossible", (row.row_id,),
                            f"{row.group}, {row.called}: {row.estimate.value:g} % is no percent")
                )  # fmt: skip
        if row.p_value is not None and not 0 <= row.p_value.value <= 1:
            found.append(
                Finding("impossible", (row.row_id,),
                        f"{row.group}, {row.called}: p = {row.p_value.value:g} is no probability")
            )  # fmt: skip
    return found


def _span(sizes: list[int]) -> str:
    return str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"

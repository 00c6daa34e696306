"""Estimates against their intervals, ratios against their p values, curves against themselves."""

from __future__ import annotations

import math

from scipy.stats import norm

from myelomart.audit.finding import Finding
from myelomart.audit.printed_rows import Printed

RATIOS = ("hazard_ratio", "odds_ratio", "risk_ratio")
Z = float(norm.ppf(0.975))
SPREADS = (("ci_low", "ci_high", "interval"), ("iqr_low", "iqr_high", "quartiles"),
           ("range_low", "range_high", "range"))  # fmt: skip
HALF_UP = 1e-9


def order(rows: list[Printed]) -> list[Finding]:
    """An estimate outside its interval, quartiles or range, or limits the wrong way round."""
    found = []
    for row in rows:
        for low, high, name in SPREADS:
            lower, upper = getattr(row, low), getattr(row, high)
            if lower is not None and upper is not None and lower.value > upper.value:
                found.append(
                    Finding("order", (row.row_id,), f"{row.group}, {row.called}: the {name} "
                            f"{lower.value:g} to {upper.value:g} is the wrong way round")
                )  # fmt: skip
                continue
            if row.estimate is None:
                continue
            below = lower is not None and row.estimate.high < lower.low
            above = upper is not None and row.estimate.low > upper.high
            if below or above:
                limits = "–".join("not reached" if one is None else f"{one.value:g}"
                                  for one in (lower, upper))  # fmt: skip
                found.append(
                    Finding("order", (row.row_id,), f"{row.group}, {row.called}: "
                            f"{row.estimate.value:g} lies outside its {name} {limits}")
                )  # fmt: skip
    return found


def ratio_in_the_middle(rows: list[Printed]) -> list[Finding]:
    """A ratio whose limits do not lie symmetrically around it on the log scale.

    A Wald interval is symmetric; a profile likelihood one nearly. What rounding allows is allowed,
    and a twentieth of the interval's width besides.
    """
    found = []
    for row in rows:
        if row.statistic not in RATIOS or None in (row.estimate, row.ci_low, row.ci_high):
            continue
        if min(row.ci_low.low, row.estimate.low) <= 0:
            continue
        low = math.log(row.ci_low.low), math.log(row.ci_low.high)
        high = math.log(row.ci_high.low), math.log(row.ci_high.high)
        slack = (high[0] - low[1]) / 20
        middle = ((low[0] + high[0]) / 2 - slack, (low[1] + high[1]) / 2 + slack)
        if math.log(row.estimate.high) < middle[0] or math.log(row.estimate.low) > middle[1]:
            centre = math.exp((math.log(row.ci_low.value) + math.log(row.ci_high.value)) / 2)
            found.append(
                Finding("ratio_in_the_middle", (row.row_id,),
                        f"{row.group}, {row.called}: the middle of {row.ci_low.value:g}–"
                        f"{row.ci_high.value:g} is {centre:.2f}, printed {row.estimate.value:g}")
            )  # fmt: skip
    return found


def ratio_and_p(rows: list[Printed]) -> list[Finding]:
    """A p value that does not follow from ratio and interval by Wald, whatever the rounding."""
    found = []
    for row in rows:
        if row.statistic not in RATIOS or None in (row.estimate, row.ci_low, row.ci_high):
            continue
        if row.p_value is None or row.ci_low.low <= 0:
            continue
        smallest, largest = _wald_range(row)
        limit = row.p_value
        if row.p_operator == "<":
            agrees = smallest < limit.value
        elif row.p_operator == ">":
            agrees = largest > limit.value
        else:
            agrees = smallest <= limit.high + HALF_UP and largest >= limit.low - HALF_UP
        if not agrees:
            sign = row.p_operator or "="
            found.append(
                Finding("ratio_and_p", (row.row_id,),
                        f"{row.group}, {row.called}: {row.estimate.value:g} ({row.ci_low.value:g}–"
                        f"{row.ci_high.value:g}) has a Wald p of {smallest:.2g} to {largest:.2g}, "
                        f"printed p {sign} {limit.value:g}")
            )  # fmt: skip
    return found


def _wald_range(row: Printed) -> tuple[float, float]:
    """The smallest and largest Wald p that the rounding of ratio and limits allows."""
    estimates = [math.log(max(value, 1e-12)) for value in (row.estimate.low, row.estimate.high)]
    widths = [
        math.log(row.ci_high.low) - math.log(row.ci_low.high),
        math.log(row.ci_high.high) - math.log(max(row.ci_low.low, 1e-12)),
    ]
    zs = [abs(one) * 2 * Z / max(width, 1e-12) for one in estimates for width in widths]
    if estimates[0] <= 0 <= estimates[1]:
        zs.append(0.0)
    return float(2 * norm.sf(max(zs))), float(2 * norm.sf(min(zs)))


def curves(rows: list[Printed]) -> list[Finding]:
    """A survival rate that rises with time, or that says otherwise than the median."""
    found = []
    of: dict[tuple, list[Printed]] = {}
    for row in rows:
        if row.statistic in ("rate_at_time", "median") and row.estimate is not None:
            key = (row.study_id, row.cited_study, row.population, row.arm_or_group, row.endpoint)
            of.setdefault(key, []).append(row)
    for own in of.values():
        rates = [row for row in own if row.statistic == "rate_at_time" and row.timepoint_months]
        rates.sort(key=lambda row: row.timepoint_months.value)
        for first, second in zip(rates, rates[1:], strict=False):
            later = second.timepoint_months.value > first.timepoint_months.value
            if later and second.estimate.low > first.estimate.high:
                found.append(
                    Finding("curve", (first.row_id, second.row_id),
                            f"{second.group}, {second.called}: {second.estimate.value:g} % at "
                            f"{second.timepoint_months.value:g} months after "
                            f"{first.estimate.value:g} % at {first.timepoint_months.value:g}")
                )  # fmt: skip
        medians = [row for row in own if row.statistic == "median" and row.unit == "months"]
        for median in medians:
            for rate in rates:
                late = rate.timepoint_months.value > median.estimate.high
                early = rate.timepoint_months.value < median.estimate.low
                if (late and rate.estimate.low > 50) or (early and rate.estimate.high < 50):
                    found.append(
                        Finding("curve", (median.row_id, rate.row_id),
                                f"{rate.group}, {rate.called}: {rate.estimate.value:g} % at "
                                f"{rate.timepoint_months.value:g} months cannot be with a median "
                                f"of {median.estimate.value:g}")
                    )  # fmt: skip
    return found

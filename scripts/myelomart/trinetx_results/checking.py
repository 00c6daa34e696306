"""Every number of a package that follows from others of it, printed beside recomputed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from myelomart.errors import StatisticsError
from myelomart.trinetx_arithmetic import SHOWN_FLOOR, compare_outcomes, measures_of_association
from myelomart.trinetx_results.package import Table, number_of
from myelomart.trinetx_results.rebuilding import Steps, steps_of

PHASES = ("before", "after")
ARMS = (1, 2)
LIMITS = ("95% ci lower", "95% ci upper")
EXACT = 1e-9  # ratios this near to each other come from the same rows
SINGLE = 2.0**-24  # relative rounding of the platform's single precision
SHARE_ROOM = 5e-4  # half of the last decimal of a percent
VANISHED = 1e-15  # p below this is printed as 0
NEAR, NEAR_P = 2e-6, 1e-3  # relative: the platform's single precision, and what it does to p
CHARACTERISTIC, PATIENTS = "characteristic name", "patients in cohort"
WITH_OUTCOME = "patients with outcome"


@dataclass(frozen=True)
class Check:
    """One printed number, its row, and what the others of the package give."""

    file: str
    line: int
    row: str
    what: str
    printed: float
    recomputed: float
    recomputed_to: float  # the other end, where the package leaves a range; else the same
    agrees: bool


@dataclass(frozen=True)
class Recovered:
    """Events of one arm as shown and as its curve tells."""

    file: str
    outcome: str
    cohort: int
    patients: int
    shown: int
    events: int | None  # None where the curve does not tell
    is_floored: bool  # the count shown may stand for 1 to 10


def check(table: Table, row, what: str, recomputed: float, *, upto: float | None = None) -> Check:
    """Compare the printed ``what`` of a row with one number, or with a range."""
    text = str(row[what])
    printed = number_of(text)
    ends = (float(recomputed), float(recomputed if upto is None else upto))
    is_p = what == "p" or what.endswith("p-value")
    name = str(row.get(CHARACTERISTIC, row.get("cohort", table.title)))
    return Check(table.file, int(row["line"]), name, what, printed, *ends,
                 _agrees(text, printed, *sorted(ends), is_p))  # fmt: skip


def _agrees(text: str, printed: float, low: float, high: float, is_p: bool) -> bool:
    """Whether a printed number lies in a range, given its last digit and single precision."""
    if np.isnan(printed) or np.isnan(low):
        return bool(np.isnan(printed) and np.isnan(low))
    if is_p and max(printed, low) < VANISHED:
        return True
    near = NEAR_P if is_p else NEAR
    room = max(_half_unit(text), near * max(abs(low), abs(high)), 1e-6 if is_p else 1e-9)
    return low - room <= printed <= high + room


def _half_unit(text: str) -> float:
    """Half of the last digit of a printed number."""
    found = re.fullmatch(r"\s*-?[\d,]*(?:\.(\d*))?(?:[eE]([+-]?\d+))?%?\s*", text)
    if found is None or (found[1] is None and found[2] is None):
        return 0.0
    return 0.5 * 10.0 ** (int(found[2] or 0) - len(found[1] or ""))


# --- baseline ------------------------------------------------------------------------------------


def baseline_checks(table: Table) -> Iterator[Check]:
    """Percents, balances and p of every characteristic, before and after matching."""
    for phase in PHASES:
        names = {
            (arm, part): f"cohort {arm} {phase}: {column}"
            for arm in ARMS
            for part, column in (("n", "patient count"), ("share", "% of cohort"),
                                 ("mean", "mean"), ("sd", "sd"))
        }  # fmt: skip
        if not table.has(*names.values()):
            continue
        values = table.numbers(*names.values())
        for arm in ARMS:
            values[f"of {arm}"] = _persons(values[names[arm, "n"]], values[names[arm, "share"]])
        for (_, row), own in zip(table.rows.iterrows(), values.to_dict("records"), strict=True):
            yield from _of_characteristic(table, row, own, names, phase)


def cohort_sizes(table: Table, phase: str) -> dict[int, float]:
    """Patients of each arm."""
    found = {}
    for arm in ARMS:
        names = [f"cohort {arm} {phase}: {column}" for column in ("patient count", "% of cohort")]
        if table.has(*names):
            found[arm] = _persons(*(table.numbers(*names)[name] for name in names))
    return found


def _persons(count: pd.Series, share: pd.Series) -> float:
    """The patients of a cohort: those of a characteristic that all have, such as an age."""
    return float(count[share == 100].max() if (share == 100).any() else count.max())


def _of_characteristic(table: Table, row, own: dict, names: dict, phase: str) -> Iterator[Check]:
    counts = [own[names[arm, "n"]] for arm in ARMS]
    totals = [own[f"of {arm}"] for arm in ARMS]
    means, sds = ([own[names[arm, part]] for arm in ARMS] for part in ("mean", "sd"))
    if np.isnan(counts).all() or np.isnan(totals).any():
        return
    shares = [count / total for count, total in zip(counts, totals, strict=True)]
    for arm, share in zip(ARMS, shares, strict=True):
        if str(row[names[arm, "share"]]).strip():
            near = 100 * share  # three decimals, of which zeros at the end are not printed
            yield check(table, row, names[arm, "share"], near - SHARE_ROOM, upto=near + SHARE_ROOM)
    if not np.isnan(means).any():
        pooled = np.sqrt((sds[0] ** 2 + sds[1] ** 2) / 2)
        distance = abs(means[0] - means[1]) / pooled if pooled else float("nan")
        slack = SINGLE * sum(abs(mean) for mean in means) / (pooled or 1)
        slack += distance * NEAR
        p = stats.ttest_ind_from_stats(*sum(zip(means, sds, counts, strict=True), ())).pvalue
        p_slack = 2 * slack * np.sqrt(min(counts) / 2)  # of t, whose density is at most 0.4
    else:
        spread = sum(share * (1 - share) for share in shares) / 2
        distance = abs(shares[0] - shares[1]) / np.sqrt(spread) if spread > 0 else float("nan")
        pooled = sum(counts) / sum(totals)
        error = np.sqrt(pooled * (1 - pooled) * sum(1 / total for total in totals))
        p = 2 * stats.norm.sf(abs(shares[0] - shares[1]) / error) if error else float("nan")
        slack = p_slack = 0.0
    for what, value, room in (
        (f"{phase}: standardized mean difference", distance, slack),
        (f"{phase}: p-value", p, min(p_slack, 0.4 * p)),
    ):
        if what in row and str(row[what]).strip():
            yield check(table, row, what, max(value - room, 0), upto=value + room)


# --- risks ---------------------------------------------------------------------------------------


def risk_checks(tables: dict[str, Table]) -> Iterator[Check]:
    """Risks, their difference and ratios, with limits, z and p, from the counts as shown."""
    arms = tables["cohort statistics"]
    counts = arms.numbers(PATIENTS, WITH_OUTCOME)
    if len(counts) != 2 or counts.isna().any().any():
        return
    (n1, d1), (n2, d2) = counts.astype(int).itertuples(index=False)
    try:
        made = measures_of_association(d1, n1, d2, n2)
    except StatisticsError:
        return
    if made.cannot_tell:
        return
    if arms.has("risk"):
        for (_, row), risk in zip(arms.rows.iterrows(), made.risks, strict=True):
            yield check(arms, row, "risk", risk)
    for title, effect, more in (
        ("risk difference", made.risk_difference, {"z": made.z, "p": made.p}),
        ("risk ratio", made.risk_ratio, {}),
        ("odds ratio", made.odds_ratio, {}),
    ):
        if title not in tables:
            continue
        table = tables[title]
        values = dict(zip((title, *LIMITS), (effect.estimate, effect.ci_low, effect.ci_high),
                          strict=True)) | more  # fmt: skip
        for what, value in values.items():
            if table.has(what):
                yield check(table, table.rows.iloc[0], what, value)


# --- survival ------------------------------------------------------------------------------------


def survival_steps(table: Table, persons: dict[int, int]) -> dict[int, Steps | None]:
    """What the curve of each arm tells of its persons."""
    found = {}
    for arm in ARMS:
        name = f"cohort {arm}: survival probability"
        names = ["time (days)", name, f"{name} 95% ci lower"]
        if table.has(*names) and arm in persons:
            day, level, low = (table.numbers(*names)[one].to_numpy() for one in names)
            found[arm] = steps_of(day, level, low, persons[arm])
    return found


def survival_checks(
    tables: dict[str, Table], curve: Table | None, steps: dict[int, Steps | None]
) -> Iterator[Check]:
    """Counts, survival at the end, log-rank, hazard ratio and proportionality of two arms."""
    arms = tables["cohort statistics"]
    for (_, row), arm in zip(arms.rows.iterrows(), ARMS, strict=False):
        yield from _of_arm(arms, row, arm, curve, steps.get(arm))
    if any(steps.get(arm) is None for arm in ARMS):
        return
    ways = [(first, second) for first in (False, True) for second in (False, True)]
    made = [_compared(steps, dict(zip(ARMS, way, strict=True))) for way in ways]
    if any(one is None for one in made):
        return
    ratios = [_ratio(one)["hazard ratio"] for one in made]
    for title, values in (
        ("log-rank test", _logrank),
        ("hazard ratio", _ratio),
        ("proportionality", _proportionality),
    ):
        if title not in tables:
            continue
        table, found = tables[title], [values(one) for one in made]
        is_told = values is not _proportionality or max(ratios) - min(ratios) < EXACT
        for what in found[0] if is_told else ():
            column = next((one for one in table.rows if _same(one, what)), None)
            ends = [one[what] for one in found]
            if values is _logrank and min(ratios) < 1 < max(ratios):
                ends.append({"chi2": 0.0, "p": 1.0}.get(what, ends[0]))
            if column is not None:
                yield check(table, table.rows.iloc[0], column, min(ends), upto=max(ends))


def _same(column: str, what: str) -> bool:
    """Whether a column is this number: the chi of a chi-squared is written in several ways."""
    return column == what or (what == "chi2" and column not in ("df", "p"))


def _of_arm(arms: Table, row, arm: int, curve: Table | None, steps: Steps | None):
    if steps is not None and WITH_OUTCOME in row:
        shown = number_of(str(row[WITH_OUTCOME]))
        floored = shown == SHOWN_FLOOR and 1 <= steps.total <= SHOWN_FLOOR
        yield check(arms, row, WITH_OUTCOME, shown if floored else steps.total)
    end = "survival probability at end of time window"
    name = f"cohort {arm}: survival probability"
    if curve is not None and curve.has(name) and end in row and str(row[end]).strip():
        known = curve.numbers(name)[name].dropna()
        if len(known):
            yield check(arms, row, end, float(known.iloc[-1]))


def _compared(steps: dict[int, Steps], late: dict[int, bool]):
    """The platform's models on the rebuilt rows; arm 1 is cohort 1. None where it has none."""
    rows = pd.concat(
        [steps[arm].rows(late[arm]).assign(arm=int(arm == 1)) for arm in ARMS], ignore_index=True
    )
    rows = rows.loc[rows.index.repeat(rows["count"])]
    try:
        return compare_outcomes(rows["time"], rows["event"], rows["arm"])
    except (StatisticsError, np.linalg.LinAlgError):
        return None


def _logrank(made) -> dict[str, float]:
    return {"chi2": made.logrank.chi2, "df": made.logrank.df, "p": made.logrank.p}


def _ratio(made) -> dict[str, float]:
    term = made.cox.table().iloc[0]
    return {"hazard ratio": term["hr"], LIMITS[0]: term["ci_low"], LIMITS[1]: term["ci_high"]}


def _proportionality(made) -> dict[str, float]:
    if made.proportionality is None:
        return {}
    test = made.proportionality.overall
    return {"chi2": test.chi2, "df": test.df, "p": test.p}

"""A study in five lines: its question, who, the main results, what they cannot tell, where to look.

Which results are the main ones is a row of `seeds/studies/main_results.csv`; the words are made
here from the estimates, as they may be shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import pandas as pd

from myelomart.display.cells import SUPPRESSED
from myelomart.display.grouping import first
from myelomart.display.numbers import count_of, p_value, rounded
from myelomart.estimates.power import POWER, least_ratio
from myelomart.population.gates import LABELS, NOT_PASSED
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.survival import reverse_kaplan_meier

BALANCED = 0.1  # the standardized difference up to which arms are taken as alike (Austin 2009)


@dataclass(frozen=True)
class MainResult:
    """A row of `seeds/studies/main_results.csv`."""

    analysis_id: str
    curve_analysis_id: str | None
    measure_id: str
    timepoint_months: float | None
    event_words: str


@dataclass(frozen=True)
class Card:
    """The five lines; each is one sentence or more."""

    question: str
    who: str
    found: tuple[str, ...]
    cannot_tell: tuple[str, ...]
    look: tuple[str, ...]  # analyses, by id

    @property
    def lines(self) -> dict[str, tuple[str, ...]]:
        """The lines that are sentences, by title."""
        return {
            "Question": (self.question,),
            "Who": (self.who,),
            "Main result": self.found,
            "What it cannot tell": self.cannot_tell,
        }


def card(study: Study, results: Results, main: list[MainResult], years: str | None) -> Card:
    """The card of a study; ``years`` are those of the index dates, in words."""
    main = [one for one in main if one.analysis_id not in results.missing]
    if results.stopped or not main:
        why = results.stopped or "No main result is named, or none could be made."
        who = _sizes_of_flow(study, study.analyses[0], results)
        return Card(study.question, who, (why,), (), ())
    analyses = {one.analysis_id: one for one in study.analyses}
    lead = analyses[main[0].analysis_id]
    rows = results.own_rows(lead.analysis_id)
    own = [row for row in rows if row.endpoint == main[0].measure_id]
    who = _who(study, lead, main[0], results, years)
    found = tuple(_found(one, analyses[one.analysis_id], results) for one in main)
    limits = [_events(lead, own, main[0]), _imbalance(study, lead, results)]
    limits += [_gates(rows, own), *(_unknown(one, results) for one in main)]
    if not lead.comparator_cohort_id:
        limits.insert(0, "No comparison group, so no treatment effect can be estimated.")
    look = [one.analysis_id for one in main]
    look += [one.curve_analysis_id for one in main if one.curve_analysis_id]
    return Card(study.question, who, found, tuple(filter(None, limits)), tuple(dict.fromkeys(look)))


def _who(study: Study, lead: Analysis, main: MainResult, results: Results, years) -> str:
    """How many persons, of when, followed for how long."""
    of = [study.cohort(lead.treated_cohort_id).label]
    if lead.comparator_cohort_id:
        of.append(study.cohort(lead.comparator_cohort_id).label)
    rows = results.own_rows(lead.analysis_id)
    sizes = [row for row in rows if row.statistic == "n" and row.endpoint == main.measure_id]
    counts = {row.arm: _count(row) for row in sizes}
    if lead.population == "matched" and len({*counts.values()}) == 1:
        (pairs,) = {*counts.values()}
        who = f"{pairs} matched pairs, from {_sizes_of_flow(study, lead, results)}"
    elif lead.comparator_cohort_id:
        who = ", ".join(f"{arm}: {count}" for arm, count in counts.items())
    else:
        size = next((row for row in rows if row.row_group == "Size"), None)
        count = next(iter(counts.values()), "") or (_count(size) if size else "")
        who = f"{of[0]}: {count}"
    parts = [who, f"entered {years}" if years else "", _follow_up(main, lead, results)]
    return "; ".join(part for part in parts if part) + "."


def _count(row) -> str:
    return SUPPRESSED if row.status == SUPPRESSED else rounded(row.estimate, 0)


def _follow_up(main: MainResult, lead: Analysis, results: Results) -> str:
    """The median follow-up of each arm, by reverse Kaplan-Meier over the rows of its curve."""
    told = [
        row for row in results.own_rows(main.curve_analysis_id or "")
        if row.statistic == "median_follow_up_months" and row.endpoint == main.measure_id
        and row.population == lead.population
    ]  # fmt: skip
    medians = {row.arm: row.estimate for row in told}
    if not told:
        curves = results.curve_frame()
        own = curves[
            (curves["analysis_id"] == (main.curve_analysis_id or ""))
            & (curves["endpoint"] == main.measure_id)
            & (curves["population"] == lead.population)
        ]
        medians = {arm: _followed(rows) for arm, rows in own.groupby("arm", sort=False)}
    known = {arm: value for arm, value in medians.items() if pd.notna(value)}
    if not known:
        return ""
    shown = [rounded(value, 1) for value in known.values()]
    if len(known) == 1 or len(set(shown)) == 1:
        return f"median follow-up {shown[0]} months"
    said = " and ".join(f"{value} ({arm})" for value, arm in zip(shown, known, strict=True))
    return f"median follow-up {said} months"


def _followed(curve: pd.DataFrame) -> float:
    """The median follow-up of the persons behind the rows of a curve; NaN where it is hidden."""
    counts = curve[["n_event", "n_censored"]].to_numpy(float)
    if not counts.size or not (counts == counts.round()).all() or not counts.any():
        return float("nan")  # hidden, or of weighted persons
    events, censored = (curve["time_months"].repeat(column.astype(int)) for column in counts.T)
    times = pd.concat([events, censored])
    is_event = [True] * len(events) + [False] * len(censored)
    return reverse_kaplan_meier(times, is_event).median


def _found(main: MainResult, analysis: Analysis, results: Results) -> str:
    """A main result in a sentence, absolute risks first."""
    own = [r for r in results.own_rows(main.analysis_id) if r.endpoint == main.measure_id]
    what = main.event_words[0].upper() + main.event_words[1:]
    if main.curve_analysis_id is None:
        share = first(own, "percent")
        if share is None or pd.isna(share.estimate):
            return f"{what}: not known."
        limits = f", 95 % CI {rounded(share.ci_low, 1)} to {rounded(share.ci_high, 1)}"
        limits = "" if pd.isna(share.ci_low) else limits
        shown = count_of(share.numerator, share.denominator).removesuffix(")")
        return f"{what}: {shown}{limits})."
    curves = [
        row for row in results.own_rows(main.curve_analysis_id)
        if row.endpoint == main.measure_id and row.population in (analysis.population, "all")
    ]  # fmt: skip
    at = [
        row for row in curves
        if row.statistic == "survival" and row.timepoint_months == main.timepoint_months
    ]  # fmt: skip
    what += f" at {main.timepoint_months:g} months"
    if not at or any(pd.isna(row.estimate) for row in at):
        said = f"{what}: not shown"
    elif len(at) == 1:
        said = f"{what}: {_risk(at[0])}"
    else:
        said = _against(what, at[0], at[1], analysis)
    median = first(curves, "median_months")
    ratio = first(own, "hazard_ratio")
    if ratio is not None:
        return f"{said}. {_ratio(ratio, analysis)}."
    if median is not None and pd.notna(median.estimate):
        said += f"; median {rounded(median.estimate, 1)} months (95 % CI {_span(median, 1)})"
    return said + "."


def _risk(row) -> str:
    """The share with the event, from the share without it."""
    low, high = (rounded(100 * (1 - limit), 1) for limit in (row.ci_high, row.ci_low))
    return f"{rounded(100 * (1 - row.estimate), 1)} % (95 % CI {low} to {high})"


def _against(what: str, one, other, analysis: Analysis) -> str:
    """Two shares and their difference in percentage points, with its interval."""
    shares = [rounded(100 * (1 - row.estimate), 1) for row in (one, other)]
    difference, low, high = risk_difference(one, other)
    less = "fewer" if difference < 0 else "more"
    crude = ", not adjusted" if analysis.adjustment == "covariates" else ""
    return (
        f"{what}: {shares[0]} % ({one.arm}) against {shares[1]} % ({other.arm}){crude}, "
        f"{rounded(abs(difference), 1)} percentage points {less} "
        f"(95 % CI of the difference {_signed(low)} to {_signed(high)})"
    )


def risk_difference(one, other) -> tuple[float, float, float]:
    """The difference of two risks in percentage points, with limits from those of each curve.

    Limits of a difference recovered from the limits of its parts: Zou and Donner, Stat Med
    2008;27:1693. ``one`` and ``other`` hold a share without the event and its limits.
    """
    (p, p_low, p_high), (q, q_low, q_high) = (
        (1 - row.estimate, 1 - row.ci_high, 1 - row.ci_low) for row in (one, other)
    )
    low = p - q - sqrt((p - p_low) ** 2 + (q_high - q) ** 2)
    high = p - q + sqrt((p_high - p) ** 2 + (q - q_low) ** 2)
    return 100 * (p - q), 100 * low, 100 * high


def _signed(value: float) -> str:
    """A number with one decimal and a true minus."""
    return rounded(value, 1).replace("-", "\u2212")


def _ratio(row, analysis: Analysis) -> str:
    if row.status == SUPPRESSED:
        return "Hazard ratio suppressed"
    if pd.isna(row.estimate):
        return "There is no hazard ratio"
    adjusted = "Adjusted hazard ratio" if analysis.adjustment == "covariates" else "Hazard ratio"
    test = f"; p {p_value(row.p_value)}, {row.p_test}" if row.p_test else ""
    return f"{adjusted} {rounded(row.estimate, 2)} (95 % CI {_span(row, 2)}{test})"


def _span(row, digits: int) -> str:
    low, high = (
        "not reached" if pd.isna(limit) else rounded(limit, digits)
        for limit in (row.ci_low, row.ci_high)
    )
    return f"{low} to {high}"


def _events(lead: Analysis, own: list, main: MainResult) -> str:
    """How many events there are, and how large a ratio they could have shown."""
    events = [row for row in own if row.statistic == "events"]
    sizes = {row.arm: row.estimate for row in own if row.statistic == "n"}
    if not events or any(pd.isna(row.estimate) for row in events):
        return ""
    count, persons = sum(row.estimate for row in events), sum(sizes.values())
    said = f"{rounded(count, 0)} of {rounded(persons, 0)} {main.event_words}"
    if not lead.comparator_cohort_id or not count:
        return f"{said} during follow-up."
    share = next(iter(sizes.values())) / persons
    ratio = least_ratio(count, share)
    said += (
        f". With {100 * POWER:g} % power that detects only a hazard ratio below "
        f"{rounded(ratio, 2)} or above {rounded(1 / ratio, 2)} (Schoenfeld 1983)."
    )
    one = first(own, "hazard_ratio")
    if one is not None and one.ci_low < 1 < one.ci_high:
        said += " The confidence interval includes 1."
    return said


def _imbalance(study: Study, lead: Analysis, results: Results) -> str:
    """How many characteristics still differ between the arms."""
    if not lead.comparator_cohort_id:
        return ""
    for one in study.analyses:
        if one.treated_cohort_id != lead.treated_cohort_id:
            continue
        rows = [
            row for row in results.own_rows(one.analysis_id)
            if row.statistic == "standardized_difference" and row.population == one.population
            and pd.notna(row.estimate)
        ]  # fmt: skip
        if not rows:
            continue
        worst = max(rows, key=lambda row: abs(row.estimate))
        apart = sum(abs(row.estimate) > BALANCED for row in rows)
        if not apart:
            return f"All {len(rows)} characteristics differ by at most {BALANCED:g} SD."
        after = " after matching" if one.population == "matched" else " before adjustment"
        return (
            f"{apart} of {len(rows)} characteristics differ{'s' if apart == 1 else ''} by more "
            f"than {BALANCED:g} standard deviations{after} (largest: {worst.row_label}, "
            f"{rounded(abs(worst.estimate), 2)})."
        )
    return ""


def _gates(rows: list, own: list) -> str:
    """The gates of the study that the arms, or the main endpoint, do not pass."""
    of_arms = [row for row in rows if pd.isna(row.endpoint)]
    failed = [
        name for row in [*of_arms, *own]
        if row.statistic == NOT_PASSED and row.status and row.status != SUPPRESSED
        for name in row.status.split("; ")
    ]  # fmt: skip
    named = (LABELS[name][0].lower() + LABELS[name][1:] for name in failed)
    return f"Does not pass gates of the study: {'; '.join(named)}." if failed else ""


def _unknown(main: MainResult, results: Results) -> str:
    """Of how many persons a share is not known."""
    rows = results.own_rows(main.analysis_id)
    share = next(
        (row for row in rows if row.endpoint == main.measure_id and row.statistic == "percent"),
        None,
    )
    if main.curve_analysis_id or share is None or not share.n_missing > 0:
        return ""
    return f"Unknown in {rounded(share.n_missing, 0)} persons: {main.event_words}."


def _sizes_of_flow(study: Study, lead: Analysis, results: Results) -> str:
    """How many persons reach the end of the flow of each arm of an analysis."""
    last: dict[str, str] = {}
    flows = [one for one in study.analyses if one.treated_cohort_id == lead.treated_cohort_id]
    for row in (row for one in flows for row in results.own_rows(one.analysis_id)):
        if row.statistic == "persons_after" and row.arm:
            last[row.arm] = _count(row)
    return " and ".join(f"{count} ({arm})" for arm, count in last.items()) or "nobody"

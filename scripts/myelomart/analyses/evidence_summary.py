"""What others printed, as it stands; pooled over trials; a cohort of ours beside each benchmark.

A benchmark is met by the covariate or endpoint of its row in `published_places`, in the cohort that
the row names, else in that of the analysis: a yes-or-no covariate meets a percent, a number a
median, an endpoint a median survival, a median follow-up, a rate, or the percent who had it. How
alike the populations are is said by the same comparison of what they were at the start. What
nothing of ours can stand beside bears the reason of its row in `unanswered_statements`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.grouping import grouped
from myelomart.display.numbers import NOT_REACHED, NOTHING, count_of, in_words, rounded, with_limits
from myelomart.display.table import Table
from myelomart.errors import NoData, StatisticsError
from myelomart.estimates.curves import DAYS_PER_MONTH
from myelomart.estimates.proportions import add_percent
from myelomart.estimates.spread import median_of
from myelomart.matching.balance import proportion_difference
from myelomart.meta_analysis import pool, proportions
from myelomart.population.members import followed, members
from myelomart.results import Results
from myelomart.study import Analysis, Covariate, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import kaplan_meier, reverse_kaplan_meier
from myelomart.tables import miettinen_nurminen

PRINTED, OURS, POOLED = "as printed", "this warehouse", "pooled by us"
SHARES = ("percent", "pooled_proportion")
OVERLAP = "overlap of populations"
LINES_BEFORE, EXPOSED = "prior_lines", "triple_class_exposed"  # what trials ask for


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add the cited numbers, their pools, and our value and the difference beside each."""
    cited = data.published[data.published["result_origin"] == "cited"]
    if not len(cited):
        raise NoData("no cited number has a place in this study (seeds/evidence/published_places)")
    for row in cited.itertuples():
        _printed(analysis, row, results)
    _pools(analysis, cited, results)
    try:
        persons = members(study, analysis, data)
    except NoData as nobody:
        results.warnings.append(f"{analysis.output_id}: no value of ours: {nobody}.")
        return
    _overlaps(analysis, cited, persons, results)
    cohorts: dict[str, _Ours | None] = {}
    unmet = []
    for row in cited.itertuples():
        if _is_said(row.unanswered_reason):
            continue
        cohort_id = row.cohort_id if _is_said(row.cohort_id) else analysis.treated_cohort_id
        if cohort_id not in cohorts:
            cohorts[cohort_id] = _ours(study, analysis, data, cohort_id, results)
        ours = cohorts[cohort_id]
        if ours is not None and not _beside(analysis, row, ours, results):
            unmet.append(row.endpoint)
    names = list(dict.fromkeys(name.replace("_", " ") for name in unmet if _is_said(name)))
    if names:
        results.warnings.append(
            f"{analysis.output_id}: this warehouse has nothing beside the cited {', '.join(names)}."
        )


def _common(row) -> dict:
    """Where a cited number stands: its study, its arm and population, its endpoint."""
    return {
        "row_group": row.endpoint, "row_label": _joined(_arm(row), row.population),
        "endpoint": row.endpoint, "timepoint_months": row.timepoint_months,
        "time_anchor": row.time_anchor if _is_said(row.time_anchor) else None,
    }  # fmt: skip


def _arm(row) -> str:
    """The study, its year and the arm of a cited number."""
    year = getattr(row, "cited_year", np.nan)
    printed = f"{year:.0f}" if pd.notna(year) else None
    against = f"against {row.comparator}" if _is_said(row.comparator) else None
    return _joined(row.cited_study, printed, row.arm_or_group, against)


def _joined(*words) -> str:
    return ", ".join(one for one in words if _is_said(one))


def _is_said(words) -> bool:
    return isinstance(words, str) and words != ""


def _printed(analysis: Analysis, row, results: Results) -> None:
    results.add(
        analysis.output_id, row.statistic, population=PRINTED, arm=row.row_id,
        estimate=row.estimate, ci_low=row.ci_low, ci_high=row.ci_high, p_value=row.p_value,
        range_low=row.range_low, range_high=row.range_high,
        numerator=row.numerator, denominator=row.denominator, unit=row.unit,
        status=row.estimate_status, **_common(row),
    )  # fmt: skip


def _pools(analysis: Analysis, cited: pd.DataFrame, results: Results) -> None:
    """Shares of one endpoint over the trials of a pool; those of unknown size are left out."""
    shares = cited[(cited["statistic"] == "percent") & cited["estimate"].notna()]
    for (name, endpoint), own in shares.groupby(["pool", "endpoint"], sort=True):
        size = own["denominator"].fillna(own["pool_patients"])
        known = own[size.notna()]
        size = size[known.index]
        counts = known["numerator"].fillna((known["estimate"] * size / 100).round())
        common = {
            "population": POOLED, "row_group": endpoint, "endpoint": endpoint, "unit": "%",
            "row_label": f"{name}, {len(known)} of {len(own)} trials (of known size)",
        }  # fmt: skip
        try:
            sizes = proportions(counts.to_numpy(), size.to_numpy(), study=known["cited_study"])
            made = pool(sizes, method="glmm")
        except StatisticsError:
            results.add(
                analysis.output_id, "pooled_proportion", status="fewer_than_three_trials",
                numerator=counts.sum(), denominator=size.sum(), **common,
            )  # fmt: skip
            continue
        results.add(
            analysis.output_id, "pooled_proportion", estimate=100 * made.estimate,
            ci_low=100 * made.ci_low, ci_high=100 * made.ci_high,
            range_low=100 * made.prediction_low, range_high=100 * made.prediction_high,
            numerator=counts.sum(), denominator=size.sum(), p_value=made.q_p,
            p_test="heterogeneity", **common,
        )  # fmt: skip
        results.add(
            analysis.output_id, "i_squared", estimate=made.i2, p_value=made.q_p,
            p_test="heterogeneity", **common,
        )  # fmt: skip


def _overlaps(analysis: Analysis, cited: pd.DataFrame, persons: pd.DataFrame, results) -> None:
    """How many of ours a cited study would have taken: by lines before and exposure."""
    if LINES_BEFORE not in persons or "cited_min_prior_lines" not in cited:
        return
    lines = pd.to_numeric(persons[LINES_BEFORE])
    for one in cited.drop_duplicates("cited_study").itertuples():
        low, high = one.cited_min_prior_lines, one.cited_max_prior_lines
        if pd.isna(low) and pd.isna(high):
            continue
        known = lines.notna()
        taken = (lines >= low if pd.notna(low) else known) & (
            lines <= high if pd.notna(high) else known
        )
        words = f"{low:.0f} lines or more" if pd.isna(high) else f"{low:.0f} to {high:.0f} lines"
        needs = one.cited_needs_triple_class
        if pd.notna(needs) and bool(needs) and EXPOSED in persons:
            exposed = pd.to_numeric(persons[EXPOSED])
            known, taken = known & exposed.notna(), taken & (exposed == 1)
            words += ", triple-class exposed"
        add_percent(
            results, analysis.output_id, int((taken & known).sum()), int(known.sum()),
            population=OVERLAP, row_group="Would the study have taken these patients?",
            row_label=f"{one.cited_study}: {words}", n_missing=int((~known).sum()),
            comparator=one.cited_status if _is_said(one.cited_status) else None,
        )  # fmt: skip


def _ours(study, analysis, data, cohort_id: str, results: Results) -> _Ours | None:
    """What a cohort of ours has; None, and a warning, where nobody is in it."""
    try:
        persons = members(study, replace(analysis, treated_cohort_id=cohort_id), data)
    except NoData as nobody:
        results.warnings.append(f"{analysis.output_id}: no value of ours: {nobody}.")
        return None
    return _Ours(study, data, persons, study.cohort(cohort_id).label)


class _Ours:
    """A cohort's own value of what a benchmark measures; each is computed once."""

    def __init__(self, study: Study, data: StudyData, persons: pd.DataFrame, label: str):
        self.label = label
        self.covariates = {one.covariate_id: one for one in study.covariates}
        self.endpoints = {one.endpoint_id: one for one in study.endpoints}
        self.data, self.persons, self.curves = data, persons, {}

    def share(self, name) -> tuple[int, int, int] | None:
        """Count, known and unknown of a yes-or-no covariate."""
        one: Covariate | None = self.covariates.get(name)
        if one is None or one.value_kind != "binary":
            return None
        known = pd.to_numeric(self.persons[name]).dropna()
        return int(known.sum()), len(known), len(self.persons) - len(known)

    def numbers(self, name) -> pd.Series | None:
        """The known values of a number."""
        one: Covariate | None = self.covariates.get(name)
        if one is None or one.value_kind != "number":
            return None
        return pd.to_numeric(self.persons[name]).dropna()

    def followed(self, name) -> pd.DataFrame | None:
        """The persons with what followed of an endpoint, or None."""
        one: Endpoint | None = self.endpoints.get(name)
        if one is None:
            return None
        try:
            return followed(self.persons, self.data, one)
        except NoData:
            return None

    def curve(self, name, estimator=kaplan_meier):
        """The survival curve of an endpoint in months, or that of the follow-up; or None."""
        if (name, estimator) not in self.curves:
            rows = self.followed(name)
            self.curves[name, estimator] = None if rows is None else estimator(
                rows["time_days"] / DAYS_PER_MONTH, rows["event"] == 1
            )  # fmt: skip
        return self.curves[name, estimator]

    def had(self, name) -> tuple[int, int, int] | None:
        """How many had the event of an endpoint at any time, of how many."""
        rows = self.followed(name)
        return None if rows is None else (int((rows["event"] == 1).sum()), len(rows), 0)


def _beside(analysis: Analysis, row, ours: _Ours, results: Results) -> bool:
    """Add our value and the difference to one cited number; False where we have none."""
    common = _common(row) | {"arm": row.row_id, "comparator": ours.label}
    found = None
    if row.statistic in SHARES:
        found = ours.share(row.covariate_id) or ours.had(row.endpoint_id)
    if found:
        _share(analysis, row, found, common, results)
        return True
    numbers = ours.numbers(row.covariate_id)
    if row.statistic == "median" and numbers is not None:
        own = median_of(numbers)
        results.add(
            analysis.output_id, "median", population=OURS, denominator=len(numbers),
            status=None if own else "no_data", **own, **common,
        )  # fmt: skip
        if own and pd.notna(row.estimate):
            results.add(analysis.output_id, "difference", population=OURS, unit=row.unit,
                        estimate=own["estimate"] - row.estimate, **common)  # fmt: skip
        return True
    is_follow_up = row.endpoint == "follow_up"
    curve = ours.curve(row.endpoint_id, reverse_kaplan_meier if is_follow_up else kaplan_meier)
    if curve is not None and row.statistic in ("median", "pooled_median", "rate_at_time"):
        _survival(analysis, row, curve, common, results)
        return True
    return False


def _share(analysis, row, found, common, results) -> None:
    count, known, unknown = found
    add_percent(results, analysis.output_id, count, known, population=OURS, n_missing=unknown,
                **common)  # fmt: skip
    if not known or pd.isna(row.estimate):
        return
    low = high = None
    if pd.notna(row.denominator):
        theirs = row.numerator
        if pd.isna(theirs):
            theirs = round(row.estimate * row.denominator / 100)
        low, high = (
            100 * limit
            for limit in miettinen_nurminen(count, known, int(theirs), int(row.denominator))
        )
    results.add(
        analysis.output_id, "difference", population=OURS, unit="percentage points",
        estimate=100 * count / known - row.estimate, ci_low=low, ci_high=high, **common,
    )  # fmt: skip
    results.add(
        analysis.output_id, "standardized_difference", population=OURS,
        estimate=proportion_difference(count / known, row.estimate / 100), **common,
    )  # fmt: skip


def _survival(analysis, row, curve, common, results) -> None:
    if row.statistic == "rate_at_time":
        at = curve.at([row.timepoint_months]).iloc[0]
        value, low, high = (100 * at[name] for name in ("survival", "ci_low", "ci_high"))
        unit = "percentage points"
    else:
        value, (low, high), unit = curve.median, curve.median_ci, "months"
    is_known = bool(np.isfinite(value))
    results.add(
        analysis.output_id, row.statistic, population=OURS, estimate=value if is_known else None,
        ci_low=low, ci_high=high, denominator=curve.n, numerator=curve.events,
        status=None if is_known else "not_reached", unit=row.unit, **common,
    )  # fmt: skip
    if is_known and pd.notna(row.estimate):
        results.add(analysis.output_id, "difference", population=OURS, unit=unit,
                    estimate=value - row.estimate, **common)  # fmt: skip


def table(estimates: list, title: str, published: pd.DataFrame) -> Table:
    """A row per cited number, under its study and arm; our pools and the overlaps below."""
    told = {one.row_id: one for one in published.itertuples()}
    at = grouped(estimates, "population", "arm")
    rows: dict[str, list[list[str]]] = {}
    for one in (e for e in estimates if e.population == PRINTED):
        row = told[one.arm]
        what = _joined(_measure(one.endpoint), row.population)
        beside = _cells_beside(at.get((OURS, one.arm), []), row.unanswered_reason)
        cells = [f"{what} ({one.arm})", _printed_cell(one, row), *beside]
        rows.setdefault(_arm(row), []).append(cells)
    spread = {(e.endpoint, e.row_label): e for e in estimates if e.statistic == "i_squared"}
    for one in (e for e in estimates if e.statistic == "pooled_proportion"):
        if one.population != POOLED:
            continue
        pooled = "not pooled: fewer than three trials of known size"
        if pd.notna(one.estimate):
            pooled = f"{with_limits(one.estimate, one.ci_low, one.ci_high)} %"
            pooled += f", I² {rounded(spread[one.endpoint, one.row_label].estimate, 0)} %"
        cells = [f"{_measure(one.endpoint)}: {one.row_label}", pooled, "", "", "", ""]
        rows.setdefault("Pooled by us", []).append(cells)
    for one in (e for e in estimates if e.population == OVERLAP):
        cells = [one.row_label, one.comparator or "", ""]
        cells += [count_of(one.numerator, one.denominator), "", ""]
        rows.setdefault(one.row_group, []).append(cells)
    columns = [
        "",
        "printed",
        "patients of this warehouse",
        "this warehouse",
        "difference (95 % CI)",
        "standardized difference",
    ]
    return Table(
        title, columns, [row for group, own in rows.items() for row in ([group], *own)],
        "Cited numbers are shown as printed and feed no result. Read a difference with "
            "the populations in mind: the rows on patients at the start show how similar they "
            "are.",
    )  # fmt: skip


def _measure(endpoint: str) -> str:
    words = in_words(endpoint)
    return words[0].upper() + words[1:]


def _printed_cell(one, printed) -> str:
    unit = {"%": " %", "months": " months"}.get(one.unit, "")
    if pd.isna(one.estimate) and pd.notna(one.range_low):
        return f"{one.range_low:g}–{one.range_high:g}{unit}"
    if pd.isna(one.estimate):
        return str(one.status).replace("_", " ")
    name = "hazard ratio " if one.statistic == "hazard_ratio" else ""
    p = ""
    if pd.notna(one.p_value):
        p = f", p {printed.p_operator or '='} {one.p_value:g}"
    at = f" at {one.timepoint_months:g} months" if pd.notna(one.timepoint_months) else ""
    low = ""
    if pd.notna(one.ci_low):
        high = NOT_REACHED if pd.isna(one.ci_high) else rounded(one.ci_high, 1)
        low = f" ({rounded(one.ci_low, 1)}–{high})"
    return f"{name}{one.estimate:g}{unit}{at}{low}{p}"


def _cells_beside(ours: list, unanswered) -> list[str]:
    if not ours:
        reason = f"not answerable: {unanswered}" if _is_said(unanswered) else NOTHING
        return [reason, NOTHING, NOTHING, NOTHING]
    value, gap, alike = NOTHING, NOTHING, NOTHING
    for one in ours:
        if one.statistic == "difference":
            gap = rounded(one.estimate, 1)
            if pd.notna(one.ci_low):
                gap = with_limits(one.estimate, one.ci_low, one.ci_high)
        elif one.statistic == "standardized_difference":
            alike = rounded(one.estimate, 2)
        elif one.statistic == "percent":
            value = count_of(one.numerator, one.denominator)
        elif one.statistic == "median" and pd.notna(one.iqr_low):
            spread = f"IQR {rounded(one.iqr_low, 1)}–{rounded(one.iqr_high, 1)}"
            value = f"{rounded(one.estimate, 1)} ({spread})"
        else:
            value = with_limits(one.estimate, one.ci_low, one.ci_high)
    return [ours[0].comparator, value, gap, alike]


def says(words: Words) -> str:
    """The method in words."""
    return (
        "Cited results as printed, pooled by a binomial-normal model where three or more trials "
        f"report them; beside each, {words.of}, or the cohort of similar patients that the row "
        "names"
    )


ANALYSIS = AnalysisType("evidence_summary", make, table, says, holds_printed=True)

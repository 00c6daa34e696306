"""How far each hazard ratio can be trusted: one row per question and endpoint.

What would explain it away (E-value); whether it hangs on the order of matching; what death as a
competing event changes; what TriNetX's arithmetic would print; and, for outcomes that need a test,
the ratio among the tested and after thinning the events of the arm that was tested more.
"""

import numpy as np
import pandas as pd
from scipy.stats import norm

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import hidden_word, ratio_of
from myelomart.display.grouping import first, grouped
from myelomart.display.numbers import NOTHING, ratio, rounded, tests_made
from myelomart.display.table import Table
from myelomart.errors import StatisticsError
from myelomart.estimates.ratios import WALD, Ratio, first_ratio
from myelomart.matching import match_nearest
from myelomart.population.comparison import Comparison, compare, endpoint_rows
from myelomart.results import Results
from myelomart.sensitivity import e_value
from myelomart.sensitivity.e_value import RARE
from myelomart.study import Analysis, Endpoint, Study
from myelomart.study_data import StudyData
from myelomart.survival import cause_specific_regression, cox_regression, fine_gray
from myelomart.survival.many_fits import hazard_ratios_of_samples
from myelomart.trinetx_arithmetic import compare_outcomes, measures_of_association

SAMPLES = 200  # random orders, and thinnings


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add the rows of every endpoint of ``analysis``."""
    comparison = compare(study, analysis, data)
    persons = comparison.compared
    orders = _orders(analysis, comparison) if analysis.population == "matched" else None
    arms = study.arms_of(analysis)
    for endpoint in study.endpoints_of(analysis):
        rows = endpoint_rows(persons, data, endpoint)
        rows = rows[~rows["had_prior_event"].astype(bool)]
        add = _Writer(results, analysis, endpoint, arms, rows)
        events = rows.groupby("treated")["event"].apply(lambda event: (event == 1).sum())
        if len(events) < 2 or not events.sum():
            continue  # no arm has an event: no ratio to judge
        is_one_sided = events.min() == 0
        try:
            if is_one_sided:
                _penalised(add, rows)
            else:
                _ratios(add, rows)
                _platform(add, rows)
            if endpoint.tested_event_group:
                _testing(add, rows, data.testing, analysis)
        except StatisticsError as refusal:
            results.warnings.append(f"{endpoint.label}: {refusal}.")
        if orders is not None and not is_one_sided:
            everyone = endpoint_rows(comparison.persons, data, endpoint)
            _over_orders(add, everyone, orders)


class _Writer:
    """Adds rows of one endpoint, with what they have in common."""

    def __init__(self, results, analysis, endpoint: Endpoint, arms: dict, rows: pd.DataFrame):
        self.results, self.output_id = results, analysis.output_id
        self.common = {
            "population": analysis.population, "row_group": endpoint.row_group,
            "row_label": endpoint.label, "endpoint": endpoint.endpoint_id,
            "timepoint_months": endpoint.horizon_months, "time_anchor": "index",
            "numerator": int((rows["event"] == 1).sum()), "denominator": len(rows), **arms,
        }  # fmt: skip

    def __call__(self, statistic: str, unit: str = "ratio", **values) -> None:
        self.results.add(self.output_id, statistic, **(self.common | {"unit": unit} | values))

    def ratio(self, statistic: str, found: Ratio, **values) -> None:
        """The ratio of a Cox model."""
        self(statistic, **found.values(), **values)

    def term(self, statistic: str, row: pd.Series, ratio: str = "hr", **values) -> None:
        """The first term of a model."""
        self(
            statistic, estimate=row[ratio], ci_low=row["ci_low"], ci_high=row["ci_high"],
            **({"p_value": row["p"], "p_test": WALD} | values),
        )  # fmt: skip


def _ratios(add: _Writer, rows: pd.DataFrame) -> None:
    """Cause-specific ratio with its E-values; the subdistribution's where events compete."""
    time, code = rows["time_days"].to_numpy(float), rows["event"].to_numpy()
    arm = pd.DataFrame({"treated": rows["treated"].to_numpy(float)})
    found = first_ratio(cause_specific_regression(time, code, arm))
    add.ratio("hazard_ratio_cause_specific", found)
    _e_values(add, found, code)
    if (code == 2).any():
        add.term("hazard_ratio_subdistribution", fine_gray(time, code, arm).table().iloc[0], "shr")


def _penalised(add: _Writer, rows: pd.DataFrame) -> None:
    """Where one arm has no event: Firth's ratio with its E-values."""
    time, code = rows["time_days"].to_numpy(float), rows["event"].to_numpy()
    arm = pd.DataFrame({"treated": rows["treated"].to_numpy(float)})
    found = first_ratio(cox_regression(time, code == 1, arm, penalty="firth"))
    if not found.is_bounded:
        raise StatisticsError("no E-value, for the two arms do not overlap in time")
    add.ratio("hazard_ratio_cause_specific", found, status="firth")
    _e_values(add, found, code)


def _e_values(add: _Writer, found: Ratio, code: np.ndarray) -> None:
    """What an unmeasured confounder would need to explain a ratio, and its nearer limit, away."""
    share = (code == 1).mean()
    strength = e_value(
        found.estimate, found.ci_low, found.ci_high, measure="hr", rare=bool(share < RARE)
    )
    add("e_value", estimate=strength.estimate)
    add("e_value_limit", estimate=strength.limit)


def _platform(add: _Writer, rows: pd.DataFrame) -> None:
    """What the platform would print of the same persons; death does not compete there."""
    event = (rows["event"] == 1).to_numpy()
    treated = rows["treated"].to_numpy(bool)
    # it censors on the day after the last fact
    time = rows["time_days"].to_numpy(float) + ~event
    outcome = compare_outcomes(time, event, treated.astype(int))
    add.term("platform_hazard_ratio", outcome.cox.table().iloc[0])
    counts = [number for arm in (treated, ~treated) for number in (event[arm].sum(), arm.sum())]
    risks = measures_of_association(*(int(number) for number in counts))
    status = "count_floored" if risks.is_floored else None
    status = "cannot_be_told" if risks.cannot_tell else status
    for statistic, effect in (
        ("platform_risk_difference", risks.risk_difference),
        ("platform_risk_ratio", risks.risk_ratio),
        ("platform_odds_ratio", risks.odds_ratio),
    ):
        add(
            statistic, unit="ratio" if "ratio" in statistic else "proportion",
            estimate=effect.estimate, ci_low=effect.ci_low, ci_high=effect.ci_high,
            p_value=risks.p, p_test="pooled z",
            status=status,
        )  # fmt: skip


def _testing(add: _Writer, rows: pd.DataFrame, testing: pd.DataFrame, analysis: Analysis) -> None:
    """The ratio among the tested, and with the better-tested arm's events thinned.

    Each event of the arm with more tested persons is kept with the ratio of the two shares, else
    censored on its day: as if that arm had been tested as seldom. A bound, since a later test might
    have found the event again.
    """
    keys = ["cohort_id", "person_id"]
    days = testing.loc[testing["endpoint"] == add.common["endpoint"], [*keys, "tested_days"]]
    tested = (rows.merge(days, on=keys, how="left")["tested_days"] > 0).to_numpy()
    treated = rows["treated"].to_numpy(bool)
    event = (rows["event"] == 1).to_numpy()
    time = rows["time_days"].to_numpy(float)
    _among(add, time[tested], event[tested], treated[tested])
    if not (event[treated].any() and event[~treated].any()):
        add("hazard_ratio_thinned", status="not_estimable")
        return
    shares = np.array([tested[~treated].mean(), tested[treated].mean()])
    if not shares.min() > 0:
        return
    chance = np.where(shares[treated.astype(int)] == shares.max(), shares.min() / shares.max(), 1.0)
    draws = np.random.default_rng(analysis.seed or 0).random((SAMPLES, len(time))) < chance
    everyone = np.ones((SAMPLES, len(time)), bool)
    log_ratio, se = hazard_ratios_of_samples(time, draws & event, treated, everyone)
    known = np.isfinite(log_ratio)
    if not known.any():
        return
    # the spread of the draws adds to the variance within one (Rubin's rules)
    centre = log_ratio[known].mean()
    spread = np.sqrt((se[known] ** 2).mean() + log_ratio[known].var() * (1 + 1 / known.sum()))
    low, high = np.exp(centre + norm.ppf([0.025, 0.975]) * spread)
    add(
        "hazard_ratio_thinned", estimate=np.exp(centre), ci_low=low, ci_high=high,
        p_value=2 * norm.sf(abs(centre) / spread), p_test="Wald, over thinnings",
    )  # fmt: skip


def _among(add: _Writer, time: np.ndarray, event: np.ndarray, treated: np.ndarray) -> None:
    """The ratio among those at hand; penalised where one arm has no event, else not estimable."""
    counts = {"numerator": int(event.sum()), "denominator": len(event)}
    sides = [event[arm].any() for arm in (treated, ~treated)]
    is_known = any(sides) and treated.any() and not treated.all()
    penalty = None if all(sides) else "firth"
    arm = pd.DataFrame({"treated": treated.astype(float)})
    found = first_ratio(cox_regression(time, event, arm, penalty=penalty)) if is_known else None
    if found is None or not found.is_bounded:
        add("hazard_ratio_tested_only", status="not_estimable", **counts)
        return
    add.ratio("hazard_ratio_tested_only", found, status=penalty, **counts)


def _orders(analysis: Analysis, comparison: Comparison) -> np.ndarray:
    """Who is matched in each of many random orders (samples, persons)."""
    score = comparison.persons["score"].to_numpy()
    treated = comparison.persons["treated"].to_numpy()
    known = np.isfinite(score)
    orders = np.zeros((SAMPLES, len(score)), bool)
    for seed in range(SAMPLES):
        orders[seed, known] = match_nearest(
            score[known], treated[known], caliper=analysis.caliper,
            scale=analysis.caliper_scale, order="random", seed=seed,
        ).pair_ids >= 0  # fmt: skip
    return orders


def _over_orders(add: _Writer, rows: pd.DataFrame, orders: np.ndarray) -> None:
    """Median, smallest and largest ratio over the orders; the share with p below 0.05."""
    free = ~rows["had_prior_event"].to_numpy(bool)
    log_ratio, se = hazard_ratios_of_samples(
        rows["time_days"].to_numpy(float)[free], (rows["event"] == 1).to_numpy()[free],
        rows["treated"].to_numpy()[free], orders[:, free],
    )  # fmt: skip
    known = np.isfinite(log_ratio)
    if not known.any():
        return
    ratio = np.exp(log_ratio[known])
    significant = 2 * norm.sf(np.abs(log_ratio[known]) / se[known]) < 0.05
    add(
        "hazard_ratio_over_orders", estimate=np.median(ratio), range_low=ratio.min(),
        range_high=ratio.max(),
    )  # fmt: skip
    add(
        "percent_of_orders_significant", unit="%", estimate=100 * significant.mean(),
        numerator=int(significant.sum()), denominator=int(known.sum()),
    )  # fmt: skip


SHOWN = {
    "hazard_ratio_cause_specific": "HR (95 % CI), death censored",
    "hazard_ratio_subdistribution": "HR (95 % CI), death competing",
    "platform_hazard_ratio": "HR (95 % CI), TriNetX's arithmetic",
    "platform_risk_ratio": "Risk ratio (95 % CI), TriNetX's arithmetic",
    "hazard_ratio_tested_only": "HR (95 % CI), the tested alone",
    "hazard_ratio_thinned": "HR (95 % CI), testing made equal",
}


def table(estimates: list, title: str) -> Table:
    """One row per endpoint."""
    present = {one.statistic for one in estimates}
    shown = {name: words for name, words in SHOWN.items() if name in present}
    columns = [
        "",
        "E-value (of the limit)",
        "HR over 200 orders (range); p < 0.05",
        *shown.values(),
    ]
    if "hazard_ratio_over_orders" not in present:
        columns.pop(2)
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            cells = [label, _e_value_cell(own)]
            if "hazard_ratio_over_orders" in present:
                cells.append(_orders_cell(own))
            rows.append([*cells, *(ratio_of(first(own, name)) for name in shown)])
    note = (
        "E-value: the risk ratio that an unmeasured confounder would need with both "
        "treatment and outcome to explain away the estimate (in brackets: the limit "
        "nearer to 1); 1 where the interval includes 1. "
        "‡ a count of 1–10 was taken as 10, as the platform does. ¶ an arm has fewer persons "
        "than the smallest count that the platform shows: what "
        "it would compute is not known. § no event in "
        "one arm: Firth's penalised estimate, with limits of its profile likelihood. "
    )
    note += tests_made(estimates)
    return Table(title, columns, rows, note)


def _e_value_cell(own: list) -> str:
    point, limit = first(own, "e_value"), first(own, "e_value_limit")
    if point is None:
        return NOTHING
    return hidden_word(point) or f"{rounded(point.estimate, 2)} ({rounded(limit.estimate, 2)})"


def _orders_cell(own: list) -> str:
    row, share = first(own, "hazard_ratio_over_orders"), first(own, "percent_of_orders_significant")
    if row is None:
        return NOTHING
    spread = f"{ratio(row.estimate, row.range_low, row.range_high)}"
    return hidden_word(row) or f"{spread}; {rounded(share.estimate, 0)} %"


def says(words: Words) -> str:
    """The method in words."""
    said = [f"{words.of}: robustness of each hazard ratio{words.left_out}; E-values"]
    if words.row.population == "matched":
        said.append(f"{SAMPLES} random orders of matching")
    if words.competing:
        said.append("Fine-Gray regression where events compete")
    said.append("the estimate as TriNetX computes it")
    if any(one.tested_event_group for one in words.endpoints):
        said.append(
            "for outcomes that need a test, the ratio among the tested and weighted for testing"
        )
    return ", ".join(said)


ANALYSIS = AnalysisType("robustness", make, table, says)

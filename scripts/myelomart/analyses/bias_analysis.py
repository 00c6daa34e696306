"""What bias could have made of each ratio: imperfect codes, and a confounder nobody measured.

Sensitivity and specificity of the codes of an outcome are rows of the study (`outcome_validity`).
The array tells the hazard ratio that would be left, had a confounder the named ratio with the
outcome and the named shares in the arms (Lin, Psaty and Kronmal 1998).
"""

import numpy as np
import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import hidden_word, ratio_of
from myelomart.display.grouping import first, grouped
from myelomart.display.numbers import NOTHING, rounded
from myelomart.display.table import Table
from myelomart.errors import StatisticsError
from myelomart.estimates.ratios import ratio_of_arms
from myelomart.population.comparison import compare, endpoint_rows
from myelomart.results import Results
from myelomart.sensitivity import adjusted_ratio, e_value, tipping_strength
from myelomart.sensitivity.e_value import RARE
from myelomart.sensitivity.misclassification import (
    Corrected,
    Validity,
    corrected_risks,
    probable_risks,
)
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData

STRENGTHS = (1.5, 2.0, 3.0, 5.0)  # ratios of the confounder with the outcome
SHARES = ((0.4, 0.2), (0.2, 0.4), (0.6, 0.2), (0.2, 0.6))  # of the treated, of the controls
BOTH = "both"
RATIO = "hazard_ratio_cause_specific"
ARRAY = "Hazard ratio without a confounder that nobody measured"
CODES = "Codes that find an outcome imperfectly"


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add corrected risks where the codes' validity is known, and the array of confounders."""
    comparison = compare(study, analysis, data)
    persons = comparison.compared
    arms = study.arms_of(analysis)
    for endpoint in study.endpoints_of(analysis):
        rows = endpoint_rows(persons, data, endpoint)
        rows = rows[~rows["had_prior_event"].astype(bool)]
        event, treated = (rows["event"] == 1).to_numpy(), rows["treated"].to_numpy(bool)
        common = {
            "population": analysis.population, "row_label": endpoint.label,
            "endpoint": endpoint.endpoint_id, "timepoint_months": endpoint.horizon_months,
            "time_anchor": "index", "numerator": int(event.sum()), "denominator": len(rows),
            "unit": "ratio", **arms,
        }  # fmt: skip
        known = validity_of(data, endpoint.endpoint_id)
        if known is not None and treated.any() and not treated.all():
            _codes(analysis, event, treated, known, common, results)
        _confounders(analysis, rows["time_days"].to_numpy(), event, treated, common, results)


def validity_of(data: StudyData, endpoint_id: str) -> tuple[Validity, Validity | None] | None:
    """Validity among the treated and, where it differs, among controls; None without a row."""
    rows = data.rows["validity"]
    if not len(rows):
        return None
    own = rows[rows["endpoint_id"] == endpoint_id].set_index("arm")
    if not len(own):
        return None
    ours, control = ("treated", "comparator") if "treated" in own.index else (BOTH, None)
    return _validity(own, ours), None if control is None else _validity(own, control)


def _validity(own: pd.DataFrame, arm: str) -> Validity:
    if arm not in own.index:
        raise StatisticsError(f"outcome_validity has no row of the arm {arm}: give both arms, or "
                              f"one row of {BOTH}")  # fmt: skip
    row = own.loc[arm]
    return Validity(
        *(tuple(row[f"{name}_{end}"] for end in ("least", "likely", "most"))
          for name in ("sensitivity", "specificity"))
    )  # fmt: skip


def _codes(analysis, event, treated, known, common, results: Results) -> None:
    """Risk ratio and difference as found, corrected, and over draws of the errors."""
    events = int(event[treated].sum()), int(event[~treated].sum())
    sizes = int(treated.sum()), int((~treated).sum())
    perfect = Validity.known(1.0, 1.0)
    for name, found in (
        ("found", corrected_risks(events, sizes, perfect)),
        ("corrected", corrected_risks(events, sizes, *known)),
        ("probable", probable_risks(events, sizes, *known, seed=analysis.seed or 0)),
    ):
        _add_risks(analysis, name, found, common, results)


def _add_risks(analysis, name: str, found: Corrected, common: dict, results: Results) -> None:
    shared = common | {"row_group": CODES}
    for what, unit in (("ratio", "ratio"), ("difference", "proportion")):
        value = getattr(found, what)
        results.add(
            analysis.output_id, f"risk_{what}_{name}", estimate=value,
            ci_low=getattr(found, f"{what}_low"), ci_high=getattr(found, f"{what}_high"),
            status=None if np.isfinite(value) else "not_estimable", **(shared | {"unit": unit}),
        )  # fmt: skip


def _confounders(analysis, time, event, treated, common, results: Results) -> None:
    """E-value, tipping point, and the ratio left by each confounder of the array."""
    shared = common | {"row_group": ARRAY}
    found, penalty = ratio_of_arms(time, event, treated)
    if found is None:
        results.add(analysis.output_id, RATIO, status="not_estimable", **shared)
        return
    limits = found.estimate, found.ci_low, found.ci_high
    strength = e_value(*limits, measure="hr", rare=bool(event.mean() < RARE))
    results.add(analysis.output_id, RATIO, status=penalty, **found.values(), **shared)
    results.add(analysis.output_id, "e_value", estimate=strength.estimate, **shared)
    results.add(analysis.output_id, "e_value_limit", estimate=strength.limit, **shared)
    nearer = found.ci_high if found.estimate < 1 else found.ci_low
    for shares in SHARES:
        for ratio in STRENGTHS:
            left, low, high = adjusted_ratio(*limits, ratio, *shares)
            results.add(
                analysis.output_id, _named(ratio, shares), estimate=left, ci_low=low,
                ci_high=high, **shared,
            )  # fmt: skip
        if not found.ci_low <= 1 <= found.ci_high:
            tips = tipping_strength(nearer, *shares)
            results.add(
                analysis.output_id, _tip(shares), estimate=tips,
                status=None if tips > 1 else "not_estimable", **shared,
            )  # fmt: skip


def _named(ratio: float, shares: tuple[float, float]) -> str:
    return f"hazard_ratio_confounder_{ratio:g}_{100 * shares[0]:.0f}_{100 * shares[1]:.0f}"


def _tip(shares: tuple[float, float]) -> str:
    return f"tipping_strength_{100 * shares[0]:.0f}_{100 * shares[1]:.0f}"


def table(estimates: list, title: str) -> Table:
    """Per endpoint what the codes hide, in words; below, the array: a row per pair of shares."""
    heads = [f"confounder with ratio {ratio:g}" for ratio in STRENGTHS]
    columns = ["", *heads, "ratio that tips the limit"]
    rows: list[list[str]] = []
    for label, own in grouped(estimates, "row_label").items():
        ratio = first(own, RATIO)
        is_known = ratio is not None and ratio.status != "not_estimable"
        told = [f"HR {ratio_of(ratio)}" + (f"; {_strength(own)}" if is_known else "")]
        if first(own, "risk_ratio_found") is not None:
            told.append(_codes_in_words(own))
        rows.append([f"{label}: {'; '.join(told)}"])
        for shares in SHARES if is_known else ():
            tip = first(own, _tip(shares))
            told = NOTHING if tip is None or np.isnan(tip.estimate) else rounded(tip.estimate, 2)
            words = f"in {100 * shares[0]:.0f} % of treated, {100 * shares[1]:.0f} % of controls"
            cells = [ratio_of(first(own, _named(strength, shares))) for strength in STRENGTHS]
            is_real = tip is not None and tip.status is None
            rows.append([words, *cells, hidden_word(tip) or (told if is_real else NOTHING)])
    note = (
        "Codes: shares of persons with the outcome, times and pairs left aside: as found, "
        "corrected for the most likely sensitivity and specificity, and medians and limits over "
        "draws of both and of chance; their ranges are rows of the study (outcome_validity). "
        "Confounder: the hazard ratio that would be left, had it this ratio with the outcome and "
        "these shares in the arms; the last column tells which ratio would bring the nearer limit "
        "to 1, and nothing where the limits include 1 or no ratio above 1 does."
    )
    return Table(title, columns, rows, note)


def _codes_in_words(own: list) -> str:
    """The risk ratio as found, corrected, and over draws; the difference of the draws."""
    found, corrected, probable = (
        ratio_of(first(own, f"risk_ratio_{way}")) for way in ("found", "corrected", "probable")
    )
    gap = _difference(first(own, "risk_difference_probable"))
    return (
        f"risk ratio {found} as the codes find it, {corrected} corrected, {probable} over draws of "
        f"their errors; risk difference over draws {gap} % points"
    )


def _strength(own: list) -> str:
    point, limit = first(own, "e_value"), first(own, "e_value_limit")
    told = f"{rounded(point.estimate, 2)} (of the limit {rounded(limit.estimate, 2)})"
    return f"E-value {hidden_word(point) or told}"


def _difference(one) -> str:
    if one is None or np.isnan(one.estimate):
        return hidden_word(one) or "not estimable"
    parts = [rounded(100 * value, 1) for value in (one.estimate, one.ci_low, one.ci_high)]
    return hidden_word(one) or f"{parts[0]} ({parts[1]} to {parts[2]})".replace("-", "−")


def says(words: Words) -> str:
    """The method in words."""
    return (
        f"{words.of}: for each endpoint{words.left_out}, an array of confounders that nobody "
        "measured, with tipping points and E-values; where the study names the validity of the "
        "codes, risks corrected for misclassification of the outcome (Rogan 1978), with errors as "
        "known and drawn from their ranges (Fox 2005)"
    )


ANALYSIS = AnalysisType("bias_analysis", make, table, says)

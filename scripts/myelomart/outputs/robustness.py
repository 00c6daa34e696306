"""How far a hazard ratio can be trusted: what else the same persons say about the same question.

Beside each ratio of two arms: death as a competing event, those who were tested alone, the strength
of an unmeasured confounder that would explain it away, the arithmetic of the platform that printed
such ratios, subgroups with the test of interaction, and, for the first endpoint, what another order
of matching would have given.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.matching.order_instability import order_instability
from myelomart.outputs.comparison import Comparison, StudyData
from myelomart.results import Results
from myelomart.sensitivity import e_value
from myelomart.sensitivity.e_value import RARE
from myelomart.sensitivity.subgroups import subgroup_hazard_ratios
from myelomart.study import Analysis, Endpoint
from myelomart.survival import cox_regression, fine_gray
from myelomart.trinetx_arithmetic import measures_of_association

FEWEST_EVENTS = 10  # below it a subgroup's ratio is noise
ORDERS = 20  # of matching; the spread is seen long before it is known to the second digit


def add_robustness(
    analysis: Analysis, endpoint: Endpoint, kept: pd.DataFrame, data: StudyData, ratio: dict,
    compared: dict, results: Results,
) -> None:  # fmt: skip
    """Add what the persons of ``kept`` say besides; each that cannot be estimated is left out."""
    _competing(analysis, kept, compared, results)
    _tested_only(analysis, endpoint, kept, data, compared, results)
    _e_value(analysis, kept, ratio, compared, results)
    _platform(analysis, kept, compared, results)
    _subgroups(analysis, kept, data, compared, results)


def _competing(analysis, kept, compared, results) -> None:
    if not (kept["event"] == 2).any():
        return
    model = pd.DataFrame({"treated": kept["treated"].astype(float)})
    try:
        one = fine_gray(kept["time_days"], kept["event"], model).table().iloc[0]
    except (StatisticsError, np.linalg.LinAlgError):
        return
    results.add(
        analysis.output_id, "subdistribution_hazard_ratio", estimate=one["shr"],
        ci_low=one["ci_low"], ci_high=one["ci_high"], p_value=one["p"], p_test="Wald, Fine-Gray",
        unit="ratio", numerator=int((kept["event"] == 2).sum()), denominator=len(kept), **compared,
    )  # fmt: skip


def _tested_only(analysis, endpoint, kept, data, compared, results) -> None:
    """The ratio among those with any usable value of the test that the endpoint depends on."""
    if not endpoint.tested_event_group:
        return
    rows = data.testing[data.testing["endpoint"] == endpoint.endpoint_id]
    keys = ["cohort_id", "person_id"]
    own = kept.merge(rows.loc[rows["tested_days"] > 0, keys], on=keys)
    _cox(analysis, "hazard_ratio_tested_only", own, compared, results)


def _cox(analysis, statistic: str, own: pd.DataFrame, compared: dict, results: Results) -> None:
    try:
        model = pd.DataFrame({"treated": own["treated"].astype(float)})
        event = own["event"] == 1
        one = cox_regression(own["time_days"], event, model).table().iloc[0]
    except StatisticsError:
        results.add(
            analysis.output_id, statistic, status="not_estimable", denominator=len(own), **compared
        )
        return
    results.add(
        analysis.output_id, statistic, estimate=one["hr"], ci_low=one["ci_low"],
        ci_high=one["ci_high"], p_value=one["p"], p_test="Wald", unit="ratio",
        numerator=int(event.sum()), denominator=len(own), **compared,
    )  # fmt: skip


def _e_value(analysis, kept, ratio, compared, results) -> None:
    if not np.isfinite(ratio.get("hr", np.nan)):
        return
    is_rare = (kept["event"] == 1).mean() < RARE
    found = e_value(ratio["hr"], ratio["ci_low"], ratio["ci_high"], measure="hr", rare=is_rare)
    results.add(
        analysis.output_id, "e_value", estimate=found.estimate, ci_low=found.limit, unit="ratio",
        **compared,
    )  # fmt: skip


def _platform(analysis, kept, compared, results) -> None:
    """The risk ratio as TriNetX computes it: counts of 1 to 10 taken as 10."""
    treated, event = kept["treated"].to_numpy(), (kept["event"] == 1).to_numpy()
    sizes = int(treated.sum()), int((~treated).sum())
    counts = int(event[treated].sum()), int(event[~treated].sum())
    if min(sizes) < max(*counts, 11) or min(counts) == 0:
        return
    found = measures_of_association(counts[0], sizes[0], counts[1], sizes[1])
    effect = found.risk_ratio
    results.add(
        analysis.output_id, "risk_ratio_trinetx", estimate=effect.estimate, ci_low=effect.ci_low,
        ci_high=effect.ci_high, p_value=found.p, p_test="z, as TriNetX", unit="ratio",
        numerator=sum(counts), denominator=sum(sizes),
        status="small_counts_floored" if found.is_floored else None, **compared,
    )  # fmt: skip


def _subgroups(analysis, kept, data, compared, results) -> None:
    """The ratio in each subgroup and outside it, and the test whether they differ."""
    if not len(data.strata) or (kept["event"] == 1).sum() < FEWEST_EVENTS:
        return
    for label, own in data.strata.groupby("label", sort=False):
        keys = ["cohort_id", "person_id"]
        rows = kept.merge(own[[*keys, "is_in_stratum"]].dropna(), on=keys)
        inside = rows["is_in_stratum"].astype(bool)
        if inside.nunique() < 2:
            continue
        names = np.where(inside, label, f"not: {label}")
        try:
            found = subgroup_hazard_ratios(
                rows["time_days"], rows["event"] == 1, rows["treated"].astype(int), names
            )
        except StatisticsError:
            continue
        p = found.interaction.p if found.interaction else None
        for one in found.levels.itertuples():
            results.add(
                analysis.output_id, "hazard_ratio_subgroup", estimate=one.hr, ci_low=one.ci_low,
                ci_high=one.ci_high, p_value=p, p_test="interaction, likelihood ratio",
                unit="ratio", numerator=one.events, denominator=one.n,
                status=None if np.isfinite(one.hr) else "not_estimable",
                **compared | {"population": one.level},
            )  # fmt: skip


def add_order_instability(
    analysis: Analysis, endpoint: Endpoint, comparison: Comparison, rows: pd.DataFrame,
    compared: dict, results: Results,
) -> None:  # fmt: skip
    """Match in other orders and say how far the ratio of the endpoint moves."""
    try:
        found = order_instability(
            comparison.persons["score"].to_numpy(), comparison.persons["treated"].to_numpy(),
            rows["time_days"].to_numpy(float), (rows["event"] == 1).to_numpy(), orders=ORDERS,
            caliper=analysis.caliper, scale=analysis.caliper_scale, cluster=False,
        ).summary  # fmt: skip
    except StatisticsError:
        return
    results.add(
        analysis.output_id, "hazard_ratio_matching_orders", estimate=found["hr_median"],
        range_low=found["hr_min"], range_high=found["hr_max"], denominator=found["orders"],
        unit="ratio", **compared,
    )  # fmt: skip
    results.warnings.append(
        f"{endpoint.label}: in {found['orders']} random orders of matching its hazard ratio goes "
        f"from {found['hr_min']:.2f} to {found['hr_max']:.2f}, and p is below 0.05 in "
        f"{100 * found['share_significant']:.0f} % of them."
    )

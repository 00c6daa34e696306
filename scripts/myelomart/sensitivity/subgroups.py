"""Hazard ratios in subgroups, with the test of interaction that they need.

A subgroup's own p says nothing about whether it differs from the others (Assmann SF et al. Lancet
2000;355:1064): the interaction is tested by the likelihood ratio of models with and without it,
both with the subgroup as a main effect.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown
from myelomart.survival.cox import Test, cox_regression
from myelomart.survival.inputs import event_flags, event_times, two_or_more_groups

COLUMNS = ("hr", "ci_low", "ci_high", "p")


@dataclass(frozen=True)
class SubgroupAnalysis(Shown):
    """One row per level (level, n, events, hr, ci_low, ci_high, p) and the interaction test."""

    levels: pd.DataFrame
    interaction: Test | None  # None when some level gives no estimate


def subgroup_hazard_ratios(
    time: ArrayLike, event: ArrayLike, treatment: ArrayLike, subgroup: ArrayLike, **options: object
) -> SubgroupAnalysis:
    """HR of ``treatment`` (n,) 0/1 in each level of ``subgroup`` (n,); NaN where not estimable.

    >>> rng = np.random.default_rng(1)
    >>> time, treated, sex = rng.exponential(10, 80), rng.integers(0, 2, 80), ["f", "m"] * 40
    >>> result = subgroup_hazard_ratios(time, time < 20, treated, sex)
    >>> result.levels[["level", "n"]].values.tolist()
    [['f', 40], ['m', 40]]
    """
    times, _ = event_times(time)
    events = event_flags(event, times)
    treated = event_flags(pd.Series(treatment, name="treatment"), times).astype(float)
    codes, labels = two_or_more_groups(subgroup, times)
    rows = []
    for code, name in enumerate(labels):
        chosen = codes == code
        row = {"level": str(name), "n": int(chosen.sum()), "events": int(events[chosen].sum())}
        try:
            arm = pd.DataFrame({"treatment": treated[chosen]})
            part = {key: np.asarray(value)[chosen] for key, value in options.items()}
            term = cox_regression(times[chosen], events[chosen], arm, **part).table().iloc[0]
            row |= {key: float(term[key]) for key in COLUMNS}
        except StatisticsError:
            row |= dict.fromkeys(COLUMNS, float("nan"))
        rows.append(row)
    levels = pd.DataFrame(rows)
    return SubgroupAnalysis(levels, _interaction(times, events, treated, codes, levels, options))


def _interaction(times, events, treated, codes, levels, options) -> Test | None:
    """Likelihood-ratio test of equal hazard ratios."""
    if levels["hr"].isna().any():
        return None
    main = pd.DataFrame({"treatment": treated})
    for code in range(1, len(levels)):
        main[f"level_{code}"] = (codes == code).astype(float)
    products = {f"product_{code}": treated * (codes == code) for code in range(1, len(levels))}
    without = cox_regression(times, events, main, **options)
    with_products = cox_regression(times, events, main.assign(**products), **options)
    gain = 2 * (with_products.log_likelihood - without.log_likelihood)
    return Test.of(max(gain, 0.0), len(products))

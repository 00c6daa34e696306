"""How far does a result hang on the order of matching? The hazard ratio over many random orders.

Greedy matching in random order, as some platforms do it, gives another pairing at each run, and so
another estimate; printing one of them says nothing about the others.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from myelomart.errors import StatisticsError
from myelomart.matching.nearest import match_nearest
from myelomart.results_shown import Shown
from myelomart.survival.cox import cox_regression

ORDERS = 200


@dataclass(frozen=True)
class OrderInstability(Shown):
    """One row per random order (seed, pairs, hr, ci_low, ci_high, p), and their spread."""

    runs: pd.DataFrame

    @property
    def summary(self) -> dict[str, float]:
        """Median, 2.5 and 97.5 percentile, range of the HR; share of orders with p below 0.05."""
        ratio = self.runs["hr"]
        low, high = np.quantile(ratio, [0.025, 0.975])
        return {
            "orders": len(ratio),
            "hr_median": float(ratio.median()),
            "hr_low": float(low),
            "hr_high": float(high),
            "hr_min": float(ratio.min()),
            "hr_max": float(ratio.max()),
            "share_significant": float((self.runs["p"] < 0.05).mean()),
        }


def order_instability(
    score: ArrayLike,
    treatment: ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    *,
    orders: int = ORDERS,
    caliper: float | None = 0.1,
    scale: str = "probability",
    cluster: bool = True,
) -> OrderInstability:
    """Match in ``orders`` random orders (seeds 0 …) and fit a Cox model of treatment to each.

    ``cluster`` uses the matched pairs for a robust variance. Orders in which an arm has no event
    give no estimate; when none does, StatisticsError.

    >>> rng = np.random.default_rng(1)
    >>> treated, time = np.arange(60) % 3 == 0, rng.exponential(10, 60)
    >>> spread = order_instability(rng.uniform(0.3, 0.6, 60), treated, time, time < 15, orders=5)
    >>> spread.summary["orders"]
    5
    """
    treated = np.asarray(treatment, float)
    times, events = np.asarray(time, float), np.asarray(event, float)
    rows = []
    for seed in range(orders):
        matched = match_nearest(
            score, treatment, caliper=caliper, scale=scale, order="random", seed=seed
        )
        kept = np.concatenate([matched.treated, matched.control])
        pairs = matched.pair_ids[kept] if cluster else None
        arm = pd.DataFrame({"treatment": treated[kept]})
        try:
            fit = cox_regression(times[kept], events[kept], arm, cluster=pairs)
        except StatisticsError:
            continue
        term = fit.table().iloc[0]
        values = {name: float(term[name]) for name in ("hr", "ci_low", "ci_high", "p")}
        rows.append({"seed": seed, "pairs": len(matched.treated), **values})
    if not rows:
        raise StatisticsError(f"none of {orders} orders gave an estimate: too few pairs or events")
    return OrderInstability(pd.DataFrame(rows))

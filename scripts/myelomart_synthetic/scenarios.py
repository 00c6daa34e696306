"""Scenarios are rows: what each plants, and what a correct analysis of it should find."""

from dataclasses import dataclass

import numpy as np

from myelomart.errors import MyelomartError
from myelomart_synthetic.constants import column, position, rows

NEGATIVE_CONTROL = "negative_control"  # the kind of an outcome that no treatment causes


@dataclass(frozen=True)
class Scenario:
    """One row of scenarios.csv, with the log hazard ratio of every outcome."""

    name: str
    log_ratio: np.ndarray
    from_decision: bool
    era_log_ratio: float
    testing_ratio: float
    lost_before_event: float
    waiting_hazard: float
    crossover_share: float


def scenario_named(name: str) -> Scenario:
    """The scenario of that name; an unknown name lists the known ones."""
    known = position("scenarios", "scenario")
    if name not in known:
        raise MyelomartError(
            f"There is no scenario '{name}'. Known scenarios: {', '.join(known)} "
            "(rows of scenarios.csv)."
        )
    row = rows("scenarios")[known[name]]
    printed = np.log(column("outcomes", "hazard_ratio"))
    given = row["hazard_ratio"]
    ratio = printed if given == "printed" else np.full(len(printed), np.log(float(given)))
    is_control = [one["kind"] == NEGATIVE_CONTROL for one in rows("outcomes")]
    ratio = np.where(is_control, 0.0, ratio)
    return Scenario(
        name=name,
        log_ratio=ratio,
        from_decision=row["clock"] == "decision",
        era_log_ratio=float(row["era_log_ratio_per_year"]),
        testing_ratio=float(row["testing_ratio"]),
        lost_before_event=float(row["lost_before_event"]),
        waiting_hazard=float(row["waiting_hazard"]),
        crossover_share=float(row["crossover_share"]),
    )

"""Do negative controls mend what matching cannot? Coverage before and after calibration.

    python bench/calibration.py --replicates 200 --patients 3000

Each replicate of a scenario is analysed by the design that the scenario misleads: laboratory values
as they were recorded (`surveillance`), all calendar years (`era`), and, where nothing misleads, the
usual one (`null`, `published`). Its negative controls give the systematic error, by which the other
outcomes are calibrated. Printed are the mean ratio and the coverage of the truth by 95 % intervals,
before and after, and how much longer the intervals are.
"""

import argparse

import numpy as np
import pandas as pd

from myelomart.sensitivity import error_posterior
from myelomart.sensitivity.negative_controls import FEWEST_CONTROLS
from myelomart_synthetic.constants import rows
from myelomart_synthetic.estimands import effect_table
from myelomart_synthetic.recovery import DESIGNS, FEWEST_EVENTS, NORMAL_95, hazard_ratios
from myelomart_synthetic.scenarios import NEGATIVE_CONTROL, scenario_named

OUTCOMES = {
    "surveillance": ["crp_ge_10_mg_l", "ldh_gt_250_u_l"],
    "era": ["all_cause_mortality", "neutropenia"],
    "null": ["all_cause_mortality", "neutropenia"],
    "published": ["all_cause_mortality", "neutropenia"],
}
CONTROLS = [row["outcome"] for row in rows("outcomes") if row["kind"] == NEGATIVE_CONTROL]


def calibrated(found: list[dict]) -> list[dict]:
    """The outcomes of one replicate with their calibrated limits; none where controls are few."""
    known = [one for one in found if one["smaller"]]
    controls = [one for one in known if one["outcome"] in CONTROLS]
    if len(controls) < FEWEST_CONTROLS:
        return []
    error = error_posterior([one["log_hr"] for one in controls], [one["se"] for one in controls])
    return [
        one | {"error": error.mean, "limits": np.log(error.calibrated(one["log_hr"], one["se"]))}
        for one in known
        if one["outcome"] not in CONTROLS and one["smaller"] >= FEWEST_EVENTS
    ]


def table_of(found: list[dict], truth: dict[str, float]) -> pd.DataFrame:
    """One row per outcome."""
    lines = []
    for outcome, own in pd.DataFrame(found).groupby("outcome", sort=False):
        true = np.log(truth[outcome])
        centre, low, high = np.stack(own["limits"]).T
        half = NORMAL_95 * own["se"]
        lines.append(
            {
                "outcome": outcome,
                "true_hr": truth[outcome],
                "replicates": len(own),
                "mean_hr": np.exp(own["log_hr"].mean()),
                "coverage": ((own["log_hr"] - true).abs() <= half).mean(),
                "mean_hr_calibrated": np.exp(centre.mean()),
                "coverage_calibrated": ((low <= true) & (true <= high)).mean(),
                "length": ((high - low) / (2 * half)).mean(),
                "error_as_ratio": np.exp(own["error"].mean()),
            }
        )
    return pd.DataFrame(lines)


def main() -> None:
    """Print one table a scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--patients", type=int, default=3_000, help="myeloma patients a replicate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", action="append", choices=list(OUTCOMES))
    given = parser.parse_args()
    for scenario in given.scenario or list(OUTCOMES):
        effects = effect_table(scenario_named(scenario), given.seed, 200_000).to_pandas()
        truth = dict(zip(effects["outcome"], effects["marginal_hazard_ratio"], strict=True))
        if scenario != "published":
            truth = dict.fromkeys(truth, 1.0)
        design = DESIGNS[scenario][1]
        found = []
        for one in range(given.replicates):
            first = 1 + one * given.patients
            wanted = [*CONTROLS, *OUTCOMES[scenario]]
            found += calibrated(
                hazard_ratios(first, given.patients, given.seed, scenario, design, wanted)
            )
        print(f"\n{scenario}: {design}, {given.replicates} replicates of {given.patients}")
        print(table_of(found, truth).round(3).to_string(index=False))


if __name__ == "__main__":
    main()

"""The scenarios before the records: the correct design unbiased, the other one biased.

    python bench/scenarios.py --replicates 200 --patients 3000

Replicates of every scenario are simulated without records; each is analysed by the project's own
matching and Cox regression, once by the design that the scenario calls for and once by the design
that it misleads. Bias is that of the log hazard ratio; coverage that of the 95 % interval.
"""

import argparse

import numpy as np
import pandas as pd

from myelomart_synthetic.effects import outcome_names
from myelomart_synthetic.estimands import effect_table
from myelomart_synthetic.recovery import DESIGNS, coverage, hazard_ratios
from myelomart_synthetic.scenarios import scenario_named

LABS = ["crp_ge_10_mg_l", "ldh_gt_250_u_l"]


def main() -> None:
    """Print one table a scenario and design."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--patients", type=int, default=3_000, help="myeloma patients a replicate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", action="append", choices=list(DESIGNS))
    given = parser.parse_args()
    for scenario in given.scenario or list(DESIGNS):
        effects = effect_table(scenario_named(scenario), given.seed, 200_000).to_pandas()
        truth = dict(zip(effects["outcome"], effects["marginal_hazard_ratio"], strict=True))
        if set(scenario_named(scenario).log_ratio) == {0.0}:
            truth = dict.fromkeys(truth, 1.0)
        outcomes = outcome_names() if scenario in ("null", "published") else ["all_cause_mortality"]
        outcomes = LABS if scenario == "surveillance" else outcomes
        for design in dict.fromkeys(DESIGNS[scenario]):
            found = []
            for one in range(given.replicates):
                first = 1 + one * given.patients
                found += hazard_ratios(
                    first, given.patients, given.seed, scenario, design, outcomes
                )
            table = coverage(pd.DataFrame(found), truth)
            print(f"\n{scenario}: {design}, {given.replicates} replicates of {given.patients}")
            print(table.round(3).to_string(index=False))
            print(f"mean coverage {np.average(table['coverage'], weights=table['replicates']):.3f}")


if __name__ == "__main__":
    main()

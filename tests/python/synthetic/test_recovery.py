"""A short recovery run: few replicates, wide bounds; bench/scenarios.py is the long one."""

import numpy as np
import pandas as pd

from myelomart_synthetic.estimands import effect_table
from myelomart_synthetic.recovery import DESIGNS, hazard_ratios
from myelomart_synthetic.scenarios import scenario_named

REPLICATES, PATIENTS = 6, 3_000
MORTALITY, NEUTROPENIA = "all_cause_mortality", "neutropenia"


def found(scenario, design, outcomes=(MORTALITY,)):
    rows = []
    for one in range(REPLICATES):
        first = 1 + one * PATIENTS
        rows += hazard_ratios(first, PATIENTS, 5, scenario, design, list(outcomes))
    return pd.DataFrame(rows)


def z(table, truth):
    """The mean log hazard ratio against the truth, in standard errors of that mean."""
    weights = 1 / table["se"] ** 2
    return (np.average(table["log_hr"], weights=weights) - np.log(truth)) * np.sqrt(weights.sum())


def test_no_effect_is_found_where_none_is_planted():
    table = found("null", "matched", (MORTALITY, NEUTROPENIA))
    assert table["pairs"].min() > 80
    for outcome in (MORTALITY, NEUTROPENIA):
        assert abs(z(table[table["outcome"] == outcome], 1.0)) < 4


def test_the_planted_ratio_is_found():
    table = found("published", "matched", (MORTALITY, NEUTROPENIA))
    assert abs(z(table[table["outcome"] == MORTALITY], 0.63)) < 4
    assert abs(z(table[table["outcome"] == NEUTROPENIA], 1.94)) < 4


def test_the_wrong_design_is_biased_and_the_right_one_is_not():
    for scenario in ("immortal_time", "era", "informative_censoring"):
        right, wrong = (found(scenario, design) for design in DESIGNS[scenario])
        assert abs(z(right, 1.0)) < 4, scenario
        assert z(wrong, 1.0) < -3, scenario


def test_whoever_crosses_over_hides_an_effect_and_censoring_there_finds_it():
    effects = effect_table(scenario_named("crossover"), 5, 60_000).to_pandas().set_index("outcome")
    truth = effects.loc[MORTALITY, "marginal_hazard_ratio"]
    right, wrong = (found("crossover", design) for design in DESIGNS["crossover"])
    assert abs(z(right, truth)) < 4
    hidden = wrong["log_hr"] - right["log_hr"]  # of the same patients
    assert hidden.mean() > 2 * hidden.std(ddof=1) / np.sqrt(REPLICATES)

"""The planted effects are what the truth says they are."""

import numpy as np
import pytest

from myelomart_synthetic.constants import rows
from myelomart_synthetic.estimands import effect_table, log_hazard_ratio
from myelomart_synthetic.scenarios import scenario_named


def fitted_by_lifelines(frame):
    from lifelines import CoxPHFitter

    return CoxPHFitter().fit(frame, "day", "event").params_["arm"]


def test_cox_from_daily_counts_equals_lifelines():
    import pandas as pd

    draws = np.random.default_rng(5)
    arm = np.repeat([0, 1], 400)
    time = np.ceil(draws.exponential(np.where(arm, 60, 120))).astype(int)
    frame = pd.DataFrame({"arm": arm, "day": np.minimum(time, 200), "event": time <= 200})
    counts = np.zeros((2, 2, 201))
    for row in frame.itertuples():
        counts[0 if row.event else 1, row.arm, row.day] += 1
    assert log_hazard_ratio(*counts)[0] == pytest.approx(fitted_by_lifelines(frame), abs=1e-4)


def test_null_has_no_effect_and_published_has_the_printed_one():
    null = effect_table(scenario_named("null"), 1, 60_000).to_pandas()
    z = np.log(null["marginal_hazard_ratio"]) / null["marginal_log_se"]
    assert z.abs().max() < 4
    published = effect_table(scenario_named("published"), 1, 60_000).to_pandas()
    printed = [float(row["hazard_ratio"]) for row in rows("outcomes")]
    assert np.allclose(published["conditional_hazard_ratio"], printed)
    z = np.log(published["marginal_hazard_ratio"] / published["conditional_hazard_ratio"])
    assert (z / published["marginal_log_se"]).abs().max() < 4


@pytest.mark.parametrize("row", rows("scenarios"), ids=lambda row: row["scenario"])
def test_every_scenario_runs(row, tmp_path):
    from myelomart_synthetic.network import make_network

    make_network(60, 4, 2, tmp_path / "cdm", myeloma_share=1.0, scenario=row["scenario"])
    assert (tmp_path / "cdm.truth" / "effects.parquet").exists()

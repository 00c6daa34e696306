"""The planted effects are what the truth says they are."""

import numpy as np
import pytest

from myelomart_synthetic.constants import rows
from myelomart_synthetic.effects import NEVER, plant
from myelomart_synthetic.estimands import effect_table, log_hazard_ratio
from myelomart_synthetic.scenarios import scenario_named
from myelomart_synthetic.streams import Streams


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


def test_from_the_crossover_on_the_hazard_is_that_of_the_other_arm():
    count, day = 40_000, 100
    scenario = scenario_named("crossover")
    streams = Streams(3, np.arange(count))
    planted = plant(streams, np.full(count, 66.0), np.ones(count), scenario)
    year, crossed = np.full(count, 2021.0), np.full(count, day)
    stays, changes = (
        planted.days(np.zeros(count), year, crossing)[:, 0] for crossing in (None, crossed)
    )
    early = np.minimum(stays, changes) <= day
    assert np.array_equal(stays[early], changes[early])
    assert (changes[~early] > day).all()
    treated = planted.days(np.ones(count), year)[:, 0]

    def yearly_hazard(days):  # events after the day by days at risk of them
        late = days[days > day]
        return (late <= 365).sum() / (np.minimum(late, 365) - day).sum()

    assert yearly_hazard(changes) == pytest.approx(yearly_hazard(treated), rel=0.1)
    assert yearly_hazard(changes) < 0.5 * yearly_hazard(stays)
    nobody = np.full(count, NEVER)
    assert np.array_equal(planted.days(np.zeros(count), year, nobody)[:, 0], stays)

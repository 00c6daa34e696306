"""Many samples at once equal one Cox model after the other."""

import numpy as np
import pandas as pd
import pytest

from myelomart.survival import cox_regression
from myelomart.survival.many_fits import hazard_ratios_of_samples


def rows(n=150, seed=0):
    rng = np.random.default_rng(seed)
    treated = rng.integers(0, 2, n)
    time = np.ceil(rng.exponential(8 * np.exp(0.4 * treated), n))
    return rng, time, rng.random(n) < 0.6, treated


def test_each_sample_equals_its_own_cox_model():
    rng, time, event, treated = rows()
    kept = rng.random((40, 150)) < 0.4
    log_ratio, se = hazard_ratios_of_samples(time, event, treated, kept)
    for sample, ratio, error in zip(kept, log_ratio, se, strict=True):
        arm = pd.DataFrame({"treated": treated[sample]})
        fit = cox_regression(time[sample], event[sample], arm)
        assert ratio == pytest.approx(fit.coefficients[0], rel=1e-8)
        assert error == pytest.approx(fit.se[0], rel=1e-8)


def test_samples_may_differ_in_their_events():
    rng, time, event, treated = rows(seed=1)
    events = event & (rng.random((10, 150)) < 0.5)
    log_ratio, _ = hazard_ratios_of_samples(time, events, treated, np.ones((10, 150), bool))
    arm = pd.DataFrame({"treated": treated})
    expected = [cox_regression(time, one, arm).coefficients[0] for one in events]
    assert log_ratio.tolist() == pytest.approx(expected, rel=1e-8)


def test_a_sample_without_a_ratio_has_none():
    _, time, event, treated = rows()
    kept = np.ones((2, 150), bool)
    kept[0, (treated == 1) & event] = False
    log_ratio, se = hazard_ratios_of_samples(time, event, treated, kept)
    assert np.isnan(log_ratio[0])
    assert np.isfinite([log_ratio[1], se[1]]).all()

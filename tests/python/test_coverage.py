"""Monte Carlo: 95 % intervals hold the truth as often as they say, within binomial error.

Each bound is 4.5 standard errors of the share wide, so a correct interval fails one run in 150,000;
the seeds are fixed.
"""

import numpy as np
import pandas as pd
import pytest

from myelomart.matching import inverse_probability_weights, weighted_risk_difference
from myelomart.meta_analysis import from_intervals, pool
from myelomart.survival import (
    cox_regression,
    cumulative_incidence,
    fine_gray,
    kaplan_meier,
    mean_cumulative_count,
    restricted_mean,
    restricted_mean_difference,
)
from myelomart.tables import clopper_pearson_interval, miettinen_nurminen, wilson_interval

RUNS = 400


def covers(interval, truth):
    low, high = interval
    return low <= truth <= high


def assert_share(hits, nominal=0.95, slack=0.0):
    share, error = np.mean(hits), np.sqrt(nominal * (1 - nominal) / len(hits))
    assert abs(share - nominal) < 4.5 * error + slack, f"{share:.3f} of {len(hits)}"


def exponential(rng, n, rate=0.1, censoring=25):
    life, censored = rng.exponential(1 / rate, n), rng.uniform(0, censoring, n)
    return np.minimum(life, censored), life <= censored


@pytest.mark.parametrize("conf_type", ["log-log", "log", "plain"])
def test_kaplan_meier_at_a_time(conf_type):
    rng = np.random.default_rng(1)
    hits = []
    for _ in range(RUNS):
        row = kaplan_meier(*exponential(rng, 150), conf_type=conf_type).at([7]).iloc[0]
        hits.append(covers((row["ci_low"], row["ci_high"]), np.exp(-0.7)))
    assert_share(hits, slack=0.01)


def test_median():
    rng = np.random.default_rng(2)
    hits = [
        covers(
            np.nan_to_num(kaplan_meier(*exponential(rng, 150)).median_ci, nan=np.inf),
            np.log(2) / 0.1,
        )
        for _ in range(RUNS)
    ]
    assert_share(hits, slack=0.01)


def test_restricted_mean_difference_of_equal_groups():
    rng = np.random.default_rng(3)
    hits = []
    for _ in range(RUNS):
        means = [restricted_mean(kaplan_meier(*exponential(rng, 120)), 12) for _ in range(2)]
        contrast = restricted_mean_difference(*means)
        hits.append(covers((contrast.ci_low, contrast.ci_high), 0))
    assert_share(hits)


def test_cox_with_and_without_clusters():
    rng = np.random.default_rng(4)
    plain, robust = [], []
    for _ in range(RUNS // 2):
        arm = rng.integers(0, 2, 200)
        time, event = exponential(rng, 200, 0.1 * np.exp(0.5 * arm))
        frame = pd.DataFrame({"arm": arm})
        for cluster, hits in ((None, plain), (np.arange(200), robust)):
            row = cox_regression(time, event, frame, cluster=cluster).table().iloc[0]
            hits.append(covers((row["ci_low"], row["ci_high"]), np.exp(0.5)))
    assert_share(plain)
    assert_share(robust)


def test_incidence_and_fine_gray():
    rng = np.random.default_rng(5)
    incidence, model = [], []
    for _ in range(RUNS // 2):
        # subdistribution hazard ratio exp(0.5): Fine and Gray 1999, section 5
        arm = rng.integers(0, 2, 300)
        ratio, p = np.exp(0.5 * arm), 0.5
        first = rng.random(300) < 1 - (1 - p) ** ratio
        inside = 1 - rng.random(300) * (1 - (1 - p) ** ratio)
        life = -np.log(1 - (1 - inside ** (1 / ratio)) / p)
        time = np.where(first, life, rng.exponential(1 / ratio))
        censored = rng.uniform(0.2, 4, 300)
        code = np.where(time <= censored, np.where(first, 1, 2), 0)
        observed = np.minimum(time, censored)
        row = fine_gray(observed, code, pd.DataFrame({"arm": arm})).table().iloc[0]
        model.append(covers((row["ci_low"], row["ci_high"]), np.exp(0.5)))
        curve = cumulative_incidence(observed[arm == 0], code[arm == 0])[1].at([1]).iloc[0]
        incidence.append(covers((curve["ci_low"], curve["ci_high"]), p * (1 - np.exp(-1))))
    assert_share(model)
    assert_share(incidence, slack=0.01)


def test_mean_cumulative_count():
    rng = np.random.default_rng(6)
    hits = []
    for _ in range(RUNS // 2):
        death, end = rng.exponential(10, 80), rng.uniform(2, 8, 80)
        last = np.minimum(death, end)
        counts = rng.poisson(0.5 * last)
        person = np.concatenate([np.arange(80), np.repeat(np.arange(80), counts)])
        times = np.concatenate([last, rng.random(counts.sum()) * np.repeat(last, counts)])
        kind = np.concatenate([np.where(death <= end, 2, 0), np.ones(counts.sum())])
        result = mean_cumulative_count(person, times, kind)
        at = np.searchsorted(result.time, 4, side="right") - 1
        truth = 0.5 * 10 * (1 - np.exp(-0.4))
        hits.append(covers((result.ci_low[at], result.ci_high[at]), truth))
    assert_share(hits, slack=0.015)


def test_hartung_knapp_with_few_studies():
    rng = np.random.default_rng(7)
    hits = []
    for _ in range(RUNS):
        se = rng.uniform(0.1, 0.3, 6)
        log_ratio = rng.normal(-0.3, np.sqrt(se**2 + 0.04))
        limits = np.exp(log_ratio[:, None] + np.outer(se, [-1.959964, 1.959964]))
        sizes = from_intervals(np.exp(log_ratio), limits[:, 0], limits[:, 1], "hr")
        result = pool(sizes, hartung_knapp=True)
        hits.append(covers((result.ci_low, result.ci_high), np.exp(-0.3)))
    assert_share(hits, slack=0.015)


def test_proportions():
    rng = np.random.default_rng(8)
    # Wilson's interval holds its level on average over p; Clopper-Pearson's never falls below it
    shares = rng.uniform(0.05, 0.95, 2000)
    events = rng.binomial(40, shares)
    pairs = list(zip(events, shares, strict=True))
    assert_share([covers(wilson_interval(count, 40), p) for count, p in pairs], slack=0.01)
    assert np.mean([covers(clopper_pearson_interval(count, 40), p) for count, p in pairs]) > 0.94
    differences = [
        covers(miettinen_nurminen(one, 60, zero, 50), 0.15)
        for one, zero in zip(rng.binomial(60, 0.35, 500), rng.binomial(50, 0.2, 500), strict=True)
    ]
    assert_share(differences, slack=0.01)


def test_overlap_weighted_risk_difference():
    rng = np.random.default_rng(9)
    hits = []
    for _ in range(RUNS):
        x = rng.normal(size=400)
        chance = 1 / (1 + np.exp(-x))
        treated = rng.random(400) < chance
        outcome = rng.random(400) < 1 / (1 + np.exp(1 - x))
        weights = inverse_probability_weights(chance, treated, estimand="overlap").weights
        result = weighted_risk_difference(outcome, treated, weights)
        hits.append(covers((result["ci_low"], result["ci_high"]), 0))
    assert_share(hits, slack=0.01)

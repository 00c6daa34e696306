"""Monte Carlo: 95 % intervals hold the truth as often as they say, within binomial error.

The bound is that of the binomial distribution alone: a correct interval leaves it one time in
50,000 a side. An interval one eighth too short, or one fifth too long, does not pass in RUNS runs
(the first test shows it). The seeds are fixed.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm

from myelomart.matching import (
    inverse_probability_weights,
    weighted_hazard_ratio,
    weighted_risk_difference,
)
from myelomart.meta_analysis import from_intervals, pool, profile_interval, proportions
from myelomart.sensitivity import calibrated_estimate, fit_systematic_error
from myelomart.survival import (
    adjusted_curves,
    cox_regression,
    cumulative_incidence,
    fine_gray,
    kaplan_meier,
    mean_cumulative_count,
    restricted_mean,
    restricted_mean_difference,
    restricted_mean_ratio,
)
from myelomart.survival.firth import profile_limits
from myelomart.tables import clopper_pearson_interval, miettinen_nurminen, wilson_interval
from myelomart.trinetx_arithmetic import measures_of_association

RUNS = 2000
CHANCE = 2e-5  # of a correct interval beyond either bound


def covers(interval, truth):
    low, high = interval
    return low <= truth <= high


def assert_share(hits, nominal=0.95):
    low, high = binom.ppf([CHANCE, 1 - CHANCE], len(hits), nominal)
    assert low <= np.sum(hits) <= high, f"{np.mean(hits):.4f} of {len(hits)}"


@pytest.mark.parametrize("factor", [0.88, 1.2])
def test_a_wrong_interval_does_not_pass(factor):
    values = np.random.default_rng(0).normal(size=RUNS)
    with pytest.raises(AssertionError):
        assert_share(np.abs(values) <= factor * norm.ppf(0.975))
    assert_share(np.abs(values) <= norm.ppf(0.975))


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
    assert_share(hits)


def test_median():
    rng = np.random.default_rng(2)
    hits = [
        covers(
            np.nan_to_num(kaplan_meier(*exponential(rng, 150)).median_ci, nan=np.inf),
            np.log(2) / 0.1,
        )
        for _ in range(RUNS)
    ]
    assert_share(hits)


def test_restricted_means():
    rng = np.random.default_rng(3)
    difference, ratio = [], []
    truth = [(1 - np.exp(-rate * 12)) / rate for rate in (0.1, 0.06)]
    for _ in range(RUNS):
        means = [
            restricted_mean(kaplan_meier(*exponential(rng, 150, rate)), 12) for rate in (0.1, 0.06)
        ]
        for contrast, hits, true in (
            (restricted_mean_difference(*means), difference, truth[1] - truth[0]),
            (restricted_mean_ratio(*means), ratio, truth[1] / truth[0]),
        ):
            hits.append(covers((contrast.ci_low, contrast.ci_high), true))
    assert_share(difference)
    assert_share(ratio)


def test_cox_with_and_without_clusters_and_its_curve():
    rng = np.random.default_rng(4)
    plain, robust, curve = [], [], []
    for _ in range(RUNS // 2):
        arm = rng.integers(0, 2, 300)
        time, event = exponential(rng, 300, 0.1 * np.exp(0.5 * arm))
        frame = pd.DataFrame({"arm": arm})
        for cluster, hits in ((None, plain), (np.arange(300), robust)):
            fit = cox_regression(time, event, frame, cluster=cluster)
            row = fit.table().iloc[0]
            hits.append(covers((row["ci_low"], row["ci_high"]), np.exp(0.5)))
        rows = adjusted_curves(fit, {"arm": 1})
        at = rows.iloc[np.searchsorted(rows["time"], 4, side="right") - 1]
        curve.append(covers((at["ci_low"], at["ci_high"]), np.exp(-0.4 * np.exp(0.5))))
    assert_share(plain)
    assert_share(robust)
    assert_share(curve)


def test_firths_profile_limits():
    rng = np.random.default_rng(10)
    hits = []
    for _ in range(400):
        arm = np.arange(60) % 2
        time, event = exponential(rng, 60, 0.05 * np.exp(-0.7 * arm), censoring=12)
        if event.sum() < 2:
            continue
        fit = cox_regression(time, event, pd.DataFrame({"arm": arm}), penalty="firth")
        hits.append(covers(profile_limits(fit, 0), -0.7))
    assert len(hits) > 390
    assert_share(hits)


def test_incidence_and_fine_gray():
    rng = np.random.default_rng(5)
    incidence, model = [], []
    for _ in range(RUNS):
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
    assert_share(incidence)


def test_mean_cumulative_count():
    rng = np.random.default_rng(6)
    hits = []
    for _ in range(RUNS // 2):
        death, end = rng.exponential(10, 150), np.ceil(rng.uniform(2, 8, 150))
        last = np.minimum(death, end)
        counts = rng.poisson(0.5 * last)
        person = np.concatenate([np.arange(150), np.repeat(np.arange(150), counts)])
        times = np.concatenate([last, rng.random(counts.sum()) * np.repeat(last, counts)])
        kind = np.concatenate([np.where(death <= end, 2, 0), np.ones(counts.sum())])
        result = mean_cumulative_count(person, times, kind)
        at = np.searchsorted(result.time, 4, side="right") - 1
        truth = 0.5 * 10 * (1 - np.exp(-0.4))
        hits.append(covers((result.ci_low[at], result.ci_high[at]), truth))
    assert_share(hits)


def random_effects(rng, k, runs, largest_se):
    """Log hazard ratios about -0.3 with a spread of 0.2, as studies print them."""
    for _ in range(runs):
        se = rng.uniform(largest_se / 3, largest_se, k)
        effect = rng.normal(-0.3, np.sqrt(se**2 + 0.04))
        limits = np.exp(effect[:, None] + np.outer(se, norm.ppf([0.025, 0.975])))
        yield from_intervals(np.exp(effect), limits[:, 0], limits[:, 1], "hr")


def test_hartung_knapp_with_few_studies():
    rng = np.random.default_rng(7)
    hits = []
    for sizes in random_effects(rng, 6, RUNS, 0.15):
        result = pool(sizes, hartung_knapp=True)
        hits.append(covers((result.ci_low, result.ci_high), np.exp(-0.3)))
    assert_share(hits)


@pytest.mark.parametrize("method", ["reml", "dl"])
def test_pooling_and_prediction_with_many_studies(method):
    rng = np.random.default_rng(11)
    pooled, predicted = [], []
    for sizes in random_effects(rng, 80, RUNS, 0.15):
        result = pool(sizes, method=method)
        pooled.append(covers((result.ci_low, result.ci_high), np.exp(-0.3)))
        next_study = np.exp(rng.normal(-0.3, 0.2))
        predicted.append(covers((result.prediction_low, result.prediction_high), next_study))
    assert_share(pooled)
    assert_share(predicted)


def test_binomial_normal_model_and_its_profile():
    rng = np.random.default_rng(12)
    wald, profile = [], []
    truth = 1 / (1 + np.exp(1))
    for run in range(RUNS // 8):
        n = rng.integers(20, 80, 40)
        sizes = proportions(rng.binomial(n, 1 / (1 + np.exp(1 - rng.normal(0, 0.5, 40)))), n)
        result = pool(sizes, method="glmm")
        wald.append(covers((result.ci_low, result.ci_high), truth))
        if run % 2 == 0:
            profile.append(covers(profile_interval(sizes), truth))
    assert_share(wald)
    assert_share(profile)


def test_proportions():
    rng = np.random.default_rng(8)
    # Wilson's interval holds its level on average over p; Clopper-Pearson's never falls below it
    shares = rng.uniform(0.05, 0.95, 4 * RUNS)
    events = rng.binomial(400, shares)
    pairs = list(zip(events, shares, strict=True))
    assert_share([covers(wilson_interval(count, 400), p) for count, p in pairs])
    exact = np.sum([covers(clopper_pearson_interval(count, 400), p) for count, p in pairs])
    assert exact >= binom.ppf(CHANCE, len(pairs), 0.95)
    assert exact <= binom.ppf(1 - CHANCE, len(pairs), 0.97)  # and is not needlessly wide


def test_differences_and_ratios_of_risks():
    rng = np.random.default_rng(13)
    hits = {"score": [], "risk_difference": [], "risk_ratio": [], "odds_ratio": []}
    truth = {"risk_difference": 0.15, "risk_ratio": 1.75, "odds_ratio": (0.35 * 0.8) / (0.65 * 0.2)}
    for one, zero in zip(rng.binomial(400, 0.35, RUNS), rng.binomial(350, 0.2, RUNS), strict=True):
        hits["score"].append(covers(miettinen_nurminen(one, 400, zero, 350), 0.15))
        result = measures_of_association(one, 400, zero, 350)
        for name, true in truth.items():
            effect = getattr(result, name)
            hits[name].append(covers((effect.ci_low, effect.ci_high), true))
    for name in hits:
        assert_share(hits[name])


def test_overlap_weighted_effects():
    rng = np.random.default_rng(9)
    risk, hazard = [], []
    for _ in range(RUNS // 2):
        # a known score, no effect, and outcomes that the score does not foretell
        chance = rng.uniform(0.2, 0.8, 300)
        treated = rng.random(300) < chance
        time, event = exponential(rng, 300)
        weights = inverse_probability_weights(chance, treated, estimand="overlap").weights
        result = weighted_risk_difference(event, treated, weights)
        risk.append(covers((result["ci_low"], result["ci_high"]), 0))
        row = weighted_hazard_ratio(time, event, treated, weights).table().iloc[0]
        hazard.append(covers((row["ci_low"], row["ci_high"]), 1))
    assert_share(risk)
    assert_share(hazard)


def test_calibrated_estimates():
    rng = np.random.default_rng(14)
    hits, naive = [], []
    for _ in range(RUNS // 8):
        se = rng.uniform(0.05, 0.2, 150)
        error = fit_systematic_error(rng.normal(0.2, np.sqrt(se**2 + 0.15**2)), se)
        estimate = rng.normal(0.5 + 0.2, np.hypot(0.1, 0.15))
        _, low, high = calibrated_estimate(estimate, 0.1, error)
        hits.append(covers((low, high), np.exp(0.5)))
        naive.append(abs(estimate - 0.5) < norm.ppf(0.975) * 0.1)
    assert_share(hits)
    assert np.mean(naive) < 0.6

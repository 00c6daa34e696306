"""Propensity scores, matching, weighting and balance: worked examples, brute force, identities."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myelomart.errors import StatisticsError
from myelomart.matching import (
    balance_table,
    effective_sample_size,
    entropy_weights,
    inverse_probability_weights,
    kolmogorov_smirnov,
    match_nearest,
    match_optimal,
    mean_difference,
    order_instability,
    pooled_sd,
    propensity_score,
    proportion_difference,
    standardized_difference,
    weighted_hazard_ratio,
    weighted_risk_difference,
)
from myelomart.survival import cox_regression

M1_SCORE = np.array([0.20, 0.35, 0.50, 0.80, 0.21, 0.22, 0.34, 0.47, 0.50, 0.60])
M1_TREATED = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])


def brute_force(score, treated, limit, order, ratio, stratum, sequence):
    """The definition, with every distance: the nearest free control, ties to the lower row."""
    free, pairs, waiting = set(np.flatnonzero(~treated)), [], list(sequence)

    def candidates(row):
        return [
            (abs(score[row] - score[control]), row, control)
            for control in free
            if stratum[row] == stratum[control] and abs(score[row] - score[control]) <= limit
        ]

    for _ in range(ratio):
        matched, queue = [], list(waiting)
        while queue:
            if order == "closest":
                options = [option for row in queue for option in candidates(row)]
                if not options:
                    break
            else:
                options = candidates(queue[0])
            if not options:
                queue.pop(0)
                continue
            _, row, control = min(options)
            queue.remove(row)
            free.remove(control)
            pairs.append((row, control))
            matched.append(row)
        waiting = [row for row in waiting if row in matched]
    return sorted(pairs)


@given(
    st.integers(0, 10_000), st.sampled_from(["largest", "smallest", "closest", "random"]),
    st.integers(1, 3), st.booleans(),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_nearest_neighbours_equal_brute_force(seed, order, ratio, tied):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 40))
    treated = rng.permutation(np.arange(n) < max(2, n // 3))
    score = rng.integers(1, 24, n) / 32 if tied else rng.uniform(0.05, 0.95, n)
    stratum = rng.integers(0, 2, n)
    matched = match_nearest(
        score, treated, caliper=0.4, scale="probability", order=order, ratio=ratio, exact=stratum,
        seed=seed,
    )  # fmt: skip
    rows = np.flatnonzero(treated)
    if order == "random":
        sequence = np.random.default_rng(seed).permutation(rows)
    else:
        key = -score if order == "largest" else score
        sequence = rows[np.argsort(key[rows], kind="stable")]
    expected = brute_force(
        score, treated, matched.caliper_absolute, order, ratio, stratum, sequence
    )
    assert sorted(zip(matched.treated, matched.control, strict=True)) == expected


@given(st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_greedy_never_beats_optimal_and_both_honour_caliper_and_strata(seed):
    rng = np.random.default_rng(seed)
    treated = rng.permutation(np.arange(40) < 14)
    score, stratum = rng.uniform(0.05, 0.95, 40), rng.integers(0, 2, 40)
    greedy = match_nearest(score, treated, caliper=0.5, exact=stratum)
    optimal = match_optimal(score, treated, caliper=0.5, exact=stratum)
    assert len(optimal.treated) >= len(greedy.treated)
    if len(optimal.treated) == len(greedy.treated):
        assert optimal.distance.sum() <= greedy.distance.sum() + 1e-9
    for matched in (greedy, optimal):
        assert (stratum[matched.treated] == stratum[matched.control]).all()
        assert (matched.distance <= matched.caliper_absolute).all()
        assert len(set(matched.control)) == len(matched.control)


def test_m1_caliper_on_the_probability():
    matched = match_nearest(
        M1_SCORE, M1_TREATED, caliper=0.1, scale="probability", order="smallest"
    )
    assert pooled_sd(M1_SCORE, M1_TREATED == 1) == pytest.approx(0.2132, abs=5e-5)
    assert matched.caliper_absolute == pytest.approx(0.0213, abs=5e-5)
    assert matched.treated.tolist() == [0, 1, 2]
    assert matched.control.tolist() == [4, 6, 8]


def test_m2_caliper_on_the_logit():
    matched = match_nearest(M1_SCORE, M1_TREATED, caliper=0.2, order="smallest")
    assert matched.caliper_absolute == pytest.approx(0.1938, abs=5e-5)
    assert matched.control.tolist() == [4, 6, 8]
    assert matched.distance.tolist() == pytest.approx([0.0614, 0.0443, 0], abs=5e-5)


def test_m3_standardized_differences():
    assert proportion_difference(0.30, 0.22) == pytest.approx(0.183, abs=5e-4)
    assert mean_difference(66, 8, 64.5, 9) == pytest.approx(0.176, abs=5e-4)


def test_random_order_is_the_same_for_the_same_seed_and_another_for_another():
    rng = np.random.default_rng(0)
    score, treated = rng.uniform(0.1, 0.9, 200), np.arange(200) < 80
    first, same, other = (
        match_nearest(score, treated, order="random", seed=seed).control.tolist()
        for seed in (1, 1, 2)
    )
    assert first == same
    assert first != other


def test_with_replacement_takes_the_nearest_of_all():
    matched = match_nearest(
        M1_SCORE, M1_TREATED, caliper=None, scale="probability", replace=True, ratio=2
    )
    partners = {row: set(matched.control[matched.treated == row]) for row in range(4)}
    assert partners == {0: {4, 5}, 1: {6, 7}, 2: {7, 8}, 3: {8, 9}}
    assert matched.weights[:4].tolist() == [1, 1, 1, 1]
    assert matched.weights.sum() == pytest.approx(8)


def test_propensity_coefficients_maximise_the_likelihood():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"a": rng.normal(50, 8, 400), "b": rng.choice(["x", "y", "z"], 400)})
    treated = (rng.random(400) < 1 / (1 + np.exp(-(frame["a"] - 52) / 8))).astype(int)
    fit = propensity_score(treated, frame)
    gradient = fit.design.matrix.T @ (treated - fit.probability)
    assert gradient == pytest.approx(np.zeros(3), abs=1e-6)
    assert list(fit.coefficients) == ["(Intercept)", "a", "b[y]", "b[z]"]


def test_penalties_shrink_the_coefficients():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(200, 4)), columns=list("abcd"))
    treated = (rng.random(200) < 1 / (1 + np.exp(-frame["a"]))).astype(int)

    def slopes(penalty):
        fit = propensity_score(treated, frame, penalty=penalty, strength=20)
        return np.abs(list(fit.coefficients.values())[1:])

    sizes = {penalty: slopes(penalty) for penalty in (None, "l1", "l2")}
    assert sizes["l2"].sum() < sizes[None].sum()
    assert (sizes["l1"] == 0).any()


@pytest.mark.parametrize(
    ("frame", "treated", "sentence"),
    [
        (pd.DataFrame({"a": range(20)}), np.arange(20) >= 10, "column a: the propensity scores"),
        (
            pd.DataFrame({"a": [1] * 20}),
            np.arange(20) >= 10,
            "column a: all 20 rows hold the value 1",
        ),
        (pd.DataFrame({"a": range(20)}), np.ones(20), "all 20 rows are treated"),
        (
            pd.DataFrame({"a": range(20), "b": range(0, 40, 2)}),
            np.arange(20) % 2,
            "column b: the covariates before it determine it",
        ),
    ],
)
def test_bad_treatment_and_covariates_are_refused(frame, treated, sentence):
    with pytest.raises(StatisticsError, match=sentence):
        propensity_score(treated, frame)


def test_balance_uses_the_spread_before_matching():
    values, treated = np.array([1, 2, 3, 4, 5, 6.0]), np.array([0, 0, 0, 1, 1, 1])
    weights = np.array([0, 0, 1, 1, 0, 0])
    assert standardized_difference(values, treated) == pytest.approx(3)
    assert standardized_difference(values, treated, weights=weights) == pytest.approx(1)


def test_kolmogorov_smirnov_of_disjoint_arms_is_one():
    assert kolmogorov_smirnov([1, 2, 3, 4], [0, 0, 1, 1]) == 1


def test_effective_sample_size_of_equal_weights_is_their_number():
    assert effective_sample_size(np.full(7, 0.3)) == pytest.approx(7)


def confounded(n=2000, seed=0, effect=0.0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.integers(0, 2, n)})
    chance = 1 / (1 + np.exp(-(0.8 * frame["a"] + 0.5 * frame["b"] - 0.3)))
    treated = (rng.random(n) < chance).astype(int)
    hazard = np.exp(0.7 * frame["a"] + effect * treated)
    time = rng.exponential(1 / hazard)
    return frame, treated.to_numpy(), np.minimum(time, 2), (time < 2).astype(int)


@pytest.mark.parametrize("estimand", ["ate", "att", "overlap"])
def test_weights_balance_the_covariates(estimand):
    frame, treated, _, _ = confounded()
    score = propensity_score(treated, frame)
    weighting = inverse_probability_weights(score.probability, treated, estimand=estimand)
    table = balance_table(frame, treated, weighting.weights)
    assert table["smd_before"].abs().max() > 0.2
    assert table["smd_after"].abs().max() < (1e-6 if estimand == "overlap" else 0.06)


def test_entropy_weights_give_the_means_of_the_treated_exactly():
    frame, treated, _, _ = confounded()
    weighting = entropy_weights(treated, frame)
    assert balance_table(frame, treated, weighting.weights)["smd_after"].abs().max() < 1e-6


def test_weighting_removes_confounding_of_a_null_treatment():
    frame, treated, time, event = confounded(4000, 1)
    score = propensity_score(treated, frame)
    weights = inverse_probability_weights(score.probability, treated, estimand="overlap").weights
    crude = weighted_hazard_ratio(time, event, treated, np.ones(4000)).coefficients[0]
    fit = weighted_hazard_ratio(time, event, treated, weights)
    assert crude > 0.3
    assert abs(fit.coefficients[0]) < 2.5 * fit.robust_se[0]
    risk = weighted_risk_difference(event, treated, weights)
    assert risk["ci_low"] < 0 < risk["ci_high"]


def test_order_instability_reports_the_spread_over_orders():
    frame, treated, time, event = confounded(300, 2)
    score = propensity_score(treated, frame).probability
    spread = order_instability(score, treated, time, event, orders=12, caliper=0.2).summary
    assert spread["orders"] == 12
    assert spread["hr_min"] < spread["hr_median"] < spread["hr_max"]


def test_order_instability_is_a_robust_cox_model_of_each_order():
    frame, treated, time, event = confounded(300, 3)
    score = propensity_score(treated, frame).probability
    runs = order_instability(score, treated, time, event, orders=5, caliper=0.2).runs
    for row in runs.itertuples():
        matched = match_nearest(
            score, treated, caliper=0.2, scale="probability", order="random", seed=row.seed
        )
        kept = np.concatenate([matched.treated, matched.control])
        arm = pd.DataFrame({"treatment": treated[kept]})
        fit = cox_regression(time[kept], event[kept], arm, cluster=matched.pair_ids[kept])
        term = fit.table().iloc[0]
        expected = term[["hr", "ci_low", "ci_high", "p"]].astype(float).tolist()
        assert [row.hr, row.ci_low, row.ci_high, row.p] == pytest.approx(expected, rel=1e-7)

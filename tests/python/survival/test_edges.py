"""Where survival statistics go wrong in silence: rare events, weights, clusters, ends of curves."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myelomart.errors import StatisticsError
from myelomart.survival import (
    concordance,
    cox_regression,
    cumulative_incidence,
    gray_test,
    kaplan_meier,
    logrank_test,
    restricted_mean,
    restricted_mean_difference,
    restricted_mean_ratio,
    restricted_means,
)


def counted(time, event, risk, weight, entry, stratum):
    """C by its definition: every pair looked at."""
    kinds = np.zeros(3)  # discordant, tied, concordant
    for i in np.flatnonzero(event):
        for j in range(len(time)):
            after = time[j] > time[i] or (time[j] == time[i] and not event[j])
            if after and entry[j] < time[i] and stratum[i] == stratum[j] and i != j:
                kinds[int(np.sign(risk[i] - risk[j])) + 1] += weight[i] * weight[j]
    return kinds


@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.15, 0.6]), st.booleans(), st.booleans())
@settings(max_examples=120, deadline=None)
def test_concordance_equals_counting_pairs_whoever_has_the_events(seed, share, is_late, weighted):
    rng = np.random.default_rng(seed)
    n = 40
    time = rng.integers(1, 12, n).astype(float)
    event = rng.random(n) < share
    event[rng.integers(n)] = True
    risk = rng.integers(0, 12, n).astype(float)
    weight = rng.uniform(0.2, 3, n) if weighted else np.ones(n)
    entry = np.where(rng.random(n) < 0.4, np.floor(time / 2), 0.0) if is_late else np.zeros(n)
    stratum = rng.integers(0, 2, n)
    options = {"entry": entry, "strata": stratum, "weights": weight}

    def c(weights):
        discordant, tied, concordant = counted(time, event, risk, weights, entry, stratum)
        return (concordant + tied / 2) / (concordant + tied + discordant)

    kinds = counted(time, event, risk, weight, entry, stratum)
    result = concordance(time, event, risk, **options)
    found = [result.discordant, result.tied, result.concordant]
    assert found == pytest.approx(kinds.tolist())
    if not kinds.sum():
        assert np.isnan(result.estimate)
        return
    # the standard error: squared change of C with the weight of each row
    shift = 1e-6
    steps = shift * np.eye(n)
    change = [(c(weight + step) - c(weight - step)) / (2 * shift) for step in steps]
    assert result.se == pytest.approx(np.sqrt(((weight * change) ** 2).sum()), abs=1e-6)


def test_a_censored_row_of_the_highest_risk_is_discordant():
    assert concordance([5, 5], [1, 0], [0.1, 0.9]).estimate == 0
    # the highest ranks belong to censored rows alone: one event, nine riskier rows outlive it
    time, event = np.arange(1.0, 11), np.zeros(10)
    event[0] = 1
    result = concordance(time, event, np.arange(10.0))
    assert (result.concordant, result.discordant) == (0, 9)


def test_concordance_ties_scores_that_differ_by_rounding():
    result = concordance([2, 3, 4], [1, 1, 0], [0.3, 0.1 + 0.2, 0.1])
    assert (result.tied, result.concordant) == (1, 2)


def trial(seed=0, n=80):
    rng = np.random.default_rng(seed)
    time = np.round(rng.exponential(12, n), 1)
    arm = rng.integers(0, 2, n)
    return time, rng.random(n) < 0.6, arm, np.round(rng.uniform(0.3, 3, n), 2)


@given(st.floats(0.01, 1000))
@settings(max_examples=25, deadline=None)
def test_multiplying_all_weights_changes_neither_restricted_mean_nor_log_rank(scale):
    time, event, arm, weight = trial()
    for options in ({}, {"cluster": np.arange(80) // 2}):
        tests = [
            logrank_test(time, event, arm, weights=weights, **options)
            for weights in (weight, scale * weight)
        ]
        assert tests[1].chi2 == pytest.approx(tests[0].chi2, rel=1e-9)
        assert tests[1].observed == pytest.approx(scale * tests[0].observed)
        means = [
            list(restricted_means(time, event, arm, weights=weights, **options).values())
            for weights in (weight, scale * weight)
        ]
        one, other = (restricted_mean_difference(*pair) for pair in means)
        assert other.se == pytest.approx(one.se, rel=1e-9)
        assert other.estimate == pytest.approx(one.estimate, rel=1e-9)


def test_every_row_given_twice_with_its_id_as_cluster_changes_nothing():
    time, event, arm, weight = trial(3)
    row = np.arange(80)
    twice = [np.tile(column, 2) for column in (time, event, arm, weight, row)]
    strata = row % 3
    assert logrank_test(time, event, arm, cluster=row).p == pytest.approx(
        logrank_test(time, event, arm).p
    )
    for rho in (0, 1):
        once = logrank_test(time, event, arm, strata=strata, rho=rho)
        doubled = logrank_test(*twice[:3], strata=np.tile(strata, 2), rho=rho, cluster=twice[4])
        assert doubled.chi2 == pytest.approx(once.chi2)
    naive = logrank_test(*twice[:3])
    assert naive.p < logrank_test(time, event, arm).p / 2  # what clusters must prevent
    plain = restricted_mean_difference(*restricted_means(time, event, arm).values())
    doubled = restricted_mean_difference(*restricted_means(*twice[:3], cluster=twice[4]).values())
    assert (doubled.se, doubled.p) == pytest.approx((plain.se, plain.p))
    weighted = [
        logrank_test(time, event, arm, weights=weight, cluster=row),
        logrank_test(*twice[:3], weights=twice[3], cluster=twice[4]),
    ]
    assert weighted[0].chi2 == pytest.approx(weighted[1].chi2)


def test_the_weighted_variance_of_a_restricted_mean_is_that_of_its_influences():
    time, event, _, weight = trial(5, 40)
    tau, shift = 15.0, 1e-6

    def area(weights):
        return restricted_mean(kaplan_meier(time, event, weights=weights), tau).estimate

    change = [
        (area(weight + step) - area(weight - step)) / (2 * shift) for step in shift * np.eye(40)
    ]
    result = restricted_mean(kaplan_meier(time, event, weights=weight), tau)
    assert result.se == pytest.approx(np.sqrt(((weight * change) ** 2).sum()), rel=1e-4)


def test_clusters_that_span_both_arms_enter_a_difference_once():
    time, event, arm, _ = trial(7)
    pairs = np.arange(80) // 2
    means = restricted_means(time, event, arm, cluster=pairs)
    joint = restricted_mean_difference(*means.values())
    parts = [mean.cluster_influence for mean in means.values()]
    by_hand = parts[1].sub(parts[0], fill_value=0)
    assert joint.se == pytest.approx(np.sqrt((by_hand**2).sum()))
    assert joint.se != pytest.approx(np.hypot(*(mean.se for mean in means.values())))
    ratio = restricted_mean_ratio(*means.values())
    scaled = [part / mean.estimate for part, mean in zip(parts, means.values(), strict=True)]
    assert ratio.se == pytest.approx(np.sqrt((scaled[1].sub(scaled[0], fill_value=0) ** 2).sum()))


def test_log_rank_of_a_rarer_design_is_the_score_test_of_cox():
    # late entry, strata and weights at once: R's robust score test is Cox's at no effect
    time, event, arm, weight = trial(9)
    time = time + 1
    entry = np.floor(time / 3)
    with_weights = logrank_test(time, event, arm, entry=entry, weights=weight)
    fit = cox_regression(
        time, event, pd.DataFrame({"arm": arm}), entry=entry, weights=weight, ties="breslow"
    )
    excess = (with_weights.observed - with_weights.expected)[1]
    assert np.sign(excess) == np.sign(fit.coefficients[0])
    assert with_weights.robust


def test_times_that_differ_by_rounding_share_their_end():
    time = [0.1, 0.2, 0.3, 0.1 + 0.2, 0.1, 0.15, 0.3, 0.35]
    means = restricted_means(time, [1, 1, 0, 0, 1, 1, 0, 0], list("aaaabbbb"))
    assert [mean.tau for mean in means.values()] == [0.3, 0.3]
    assert [mean.estimate for mean in means.values()] == pytest.approx([0.225, 0.2125])
    assert [mean.se for mean in means.values()] == pytest.approx([0.04145781, 0.04463393])


def test_an_event_at_the_horizon_but_for_rounding_adds_nothing():
    at = restricted_mean(kaplan_meier([1.0, 0.1 + 0.2, 2.0], [0, 1, 1]), 0.3)
    assert (at.estimate, at.se) == (0.3, 0)


def test_one_cluster_leaves_every_robust_variance_open():
    time, event, arm, _ = trial()
    one = np.zeros(80)
    curve = kaplan_meier(time, event, cluster=one)
    assert np.isnan(curve.ci_low).all()
    assert curve.survival == pytest.approx(kaplan_meier(time, event).survival)
    mean = restricted_mean(curve, 10)
    assert np.isnan(mean.se)
    assert np.isfinite(mean.estimate)
    fit = cox_regression(time, event, pd.DataFrame({"arm": arm}), cluster=one)
    row = fit.table().iloc[0]
    assert np.isnan(row[["robust_se", "ci_low", "p"]].astype(float)).all()
    assert np.isfinite(row["hr"])
    assert np.isnan([fit.wald_test.p, fit.concordance.se]).all()
    incidence = cumulative_incidence(time, event.astype(int), cluster=one)[1]
    assert np.isnan(incidence.se).all()
    with pytest.raises(StatisticsError, match="all 80 rows are in one cluster"):
        logrank_test(time, event, arm, cluster=one)


def test_a_stratum_without_events_adds_nothing_to_grays_test():
    rng = np.random.default_rng(2)
    time, code, arm = rng.integers(1, 20, 40), rng.integers(0, 3, 40), np.arange(40) % 2
    alone = gray_test(time, code, arm, strata=np.zeros(40))
    more = ([4, 5, 6], [0, 0, 0], [0, 1, 1])
    quiet = [np.concatenate(pair) for pair in zip((time, code, arm), more, strict=True)]
    strata = np.concatenate([np.zeros(40), np.ones(3)])
    assert gray_test(*quiet, strata=strata).chi2 == pytest.approx(alone.chi2)


def test_grays_weights_are_refused_where_they_are_undefined():
    # the pooled incidence of this trial passes 1, and the root of what is left is no number
    time, code, arm = [4, 3, 4, 3, 5, 1, 4, 2], [1, 1, 1, 1, 2, 0, 1, 0], list("abababab")
    with pytest.raises(StatisticsError, match="passes 1"):
        gray_test(time, code, arm, rho=0.5)
    assert gray_test(time, code, arm).chi2 == pytest.approx(5)


def test_a_cause_that_nobody_had_has_an_incidence_of_zero():
    curves = cumulative_incidence([1, 2, 3, 4], [1, 0, 1, 0], causes=(1, 2))
    assert curves[2].incidence.tolist() == [0, 0, 0, 0]
    alone = cumulative_incidence([1, 2, 3, 4], [1, 0, 1, 0])[1]
    assert curves[1].incidence == pytest.approx(alone.incidence)
    nobody = cumulative_incidence([1, 2], [0, 0], causes=(1,))[1]
    assert nobody.at([2])["cif"].tolist() == [0]


def test_firths_rows_carry_the_profile_and_mark_walds():
    # heinze's kind of table: one arm without an event
    time, event = [5, 6, 7, 8, 2, 3, 4, 9], [0, 0, 0, 0, 1, 1, 1, 0]
    frame = pd.DataFrame({"arm": [1, 1, 1, 1, 0, 0, 0, 0]})
    fit = cox_regression(time, event, frame, penalty="firth")
    row = fit.table().iloc[0]
    beta, top = fit.coefficients[0], fit.log_likelihood
    for limit in ("ci_low", "ci_high"):
        from myelomart.survival.firth import penalized_log_likelihood

        at = penalized_log_likelihood(fit.sets, np.log([row[limit]]))
        assert 2 * (top - at) == pytest.approx(3.841458821, rel=1e-6)
    assert row["ci_low"] < np.exp(beta) < row["ci_high"]
    assert row["wald_ci_low"] == pytest.approx(np.exp(beta - 1.959963985 * fit.se[0]))
    assert (row["p"] < 0.05) != (row["ci_low"] < 1 < row["ci_high"])
    assert np.isnan(row["z"])
    assert fit.table(terms=1).equals(fit.table())


def test_firths_profile_takes_no_clusters():
    time, event, arm, _ = trial(1)
    fit = cox_regression(
        time, event, pd.DataFrame({"arm": arm}), penalty="firth", cluster=np.arange(80) // 2
    )
    row = fit.table().iloc[0]
    assert np.isnan([row["ci_low"], row["p"]]).all()
    assert np.isfinite([row["wald_ci_low"], row["wald_p"]]).all()


@pytest.mark.parametrize("rho", [np.inf, np.nan])
def test_a_rho_that_is_no_number_is_refused(rho):
    time, event, arm, _ = trial()
    for test in (
        lambda: logrank_test(time, event, arm, rho=rho),
        lambda: gray_test(time, event.astype(int), arm, rho=rho),
    ):
        with pytest.raises(StatisticsError, match="finite number"):
            test()


def test_a_covariate_that_varies_by_rounding_alone_is_constant():
    frame = pd.DataFrame({"x": [0.3, 0.1 + 0.2] * 40})
    time, event, _, _ = trial()
    with pytest.raises(
        StatisticsError, match="column x: all 80 rows vary by rounding alone from the value 0.3"
    ):
        cox_regression(time, event, frame)


def test_a_covariate_named_twice_is_refused():
    time, event, arm, _ = trial()
    frame = pd.DataFrame(np.column_stack([arm, arm]), columns=["arm", "arm"])
    with pytest.raises(StatisticsError, match="column arm: it is named twice"):
        cox_regression(time, event, frame)

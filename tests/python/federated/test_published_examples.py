"""Pooled profiles and ODACH give what R and the published examples give.

Ten sites with 1 to 5 events each are those of OHDSI EvidenceSynthesis; its own numbers come from
Cyclops and from MCMC. Three sites of lung are those of pda. `tests/fixtures/federated` says more.
"""

import json

import numpy as np
import pandas as pd
import pytest

from myelomart.errors import StatisticsError
from myelomart.federated.likelihood_profile import likelihood_profile, maximum
from myelomart.federated.odach import (
    AdjustedModel,
    common_start,
    derivatives_at,
    one_step,
    surrogate,
)
from myelomart.federated.random_effects import likeliest, posterior, surface
from myelomart.project import project_root
from myelomart.survival import cox_regression

FIXTURES = project_root() / "tests" / "fixtures" / "federated"
EXPECTED = json.loads((FIXTURES / "expected.json").read_text())
LUNG = EXPECTED["lung"]


@pytest.fixture(scope="module")
def profiles():
    rows = pd.read_csv(FIXTURES / "evidence_synthesis.csv")
    return {
        str(site): likelihood_profile(
            own["time"], own["event"], own["treated"], strata=own["stratum"], weights=own["weight"]
        )
        for site, own in rows.groupby("site")
    }


@pytest.fixture(scope="module")
def lung():
    rows = pd.read_csv(FIXTURES / "lung_sites.csv")
    return {site: own for site, own in rows.groupby("site")}


def sent(own, start):
    names = tuple(LUNG["names"])
    return derivatives_at(own["time"], own["status"], own[list(names)].to_numpy(), names, start)


def test_each_profile_is_the_log_likelihood_of_its_site(profiles):
    grid = np.array(EXPECTED["grid"])
    for site, expected in EXPECTED["profiles"].items():
        found = profiles[site].at(grid)
        apart = found - np.array(expected)
        assert np.ptp(apart) < 1e-3, site  # a profile is known up to a constant


def test_the_sum_of_the_profiles_is_the_stratified_model_of_all_rows(profiles):
    found, expected = maximum(list(profiles.values())), EXPECTED["fixed"]
    assert found.estimate == pytest.approx(expected["log_ratio"], abs=2e-4)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (expected["ci_low"], expected["ci_high"]), abs=2e-4
    )
    assert found.se == pytest.approx(expected["se"], rel=5e-3)
    assert found.p_value == pytest.approx(expected["p"], rel=1e-3)


def test_the_published_fixed_effect(profiles):
    found, published = maximum(list(profiles.values())), EXPECTED["published"]["fixed"]
    assert found.estimate == pytest.approx(published["log_ratio"], abs=5e-4)
    assert found.ci_low == pytest.approx(published["ci_low"], abs=5e-4)
    assert found.ci_high == pytest.approx(published["ci_high"], abs=5e-4)


def test_the_likelihood_of_mean_and_deviation_is_that_of_r(profiles):
    given = surface(list(profiles.values()))

    def at(one):
        row = int(np.argmin(abs(given.means - one["mu"])))
        column = int(np.argmin(abs(given.deviations - one["tau"])))
        return given.log_likelihood[row, column]

    apart = [at(one) - one["log_likelihood"] for one in EXPECTED["surface"]]
    assert np.ptp(apart) < 2e-3


def test_the_published_random_effects_within_the_error_of_their_sampling(profiles):
    found, published = posterior(surface(list(profiles.values()))), EXPECTED["published"]["random"]
    assert found.mean == pytest.approx(published["mu"], abs=0.02)
    assert found.se == pytest.approx(published["mu_se"], abs=0.02)
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (published["mu_low"], published["mu_high"]), abs=0.06
    )
    assert found.tau == pytest.approx(published["tau"], abs=0.03)
    assert found.tau_high == pytest.approx(published["tau_high"], abs=0.06)


def test_an_arm_without_events_has_no_estimate_and_still_a_limit():
    time, event = np.arange(1.0, 41), np.tile([1, 0, 0, 0], 10)
    treated = np.tile([0, 1], 20)  # those with an event are all of the other arm
    found = maximum([likelihood_profile(time, event, treated)])
    assert not found.is_finite
    assert found.estimate == -np.inf
    assert -2 < found.ci_high < 0
    assert found.ci_low == -np.inf


def test_arms_that_are_never_at_risk_together_and_nobody_with_an_event_are_refused():
    with pytest.raises(StatisticsError, match="one arm alone"):
        likelihood_profile([1, 2, 3, 4], [0, 0, 1, 1], [0, 0, 1, 1])
    with pytest.raises(StatisticsError, match="nobody had the event"):
        likelihood_profile([1, 2], [0, 0], [0, 1])


def test_a_profile_over_covariates_has_the_adjusted_estimate_at_its_top():
    rng = np.random.default_rng(4)
    age, sex = rng.normal(size=300), rng.integers(0, 2, 300)
    treated = (rng.random(300) < 1 / (1 + np.exp(-age))).astype(int)
    time = rng.exponential(1 / np.exp(0.5 * age - 0.4 * treated))
    event = rng.random(300) < 0.6
    frame = pd.DataFrame({"treated": treated, "age": age, "sex": sex})
    fit = cox_regression(time, event, frame)
    found = maximum([likelihood_profile(time, event, treated, frame[["age", "sex"]].to_numpy())])
    assert found.estimate == pytest.approx(fit.coefficients[0], abs=1e-4)
    assert found.se == pytest.approx(fit.se[0], rel=5e-3)


def test_likelihood_and_posterior_see_sites_that_differ(profiles):
    alike = surface(list(profiles.values()))
    far = [likelihood_profile(*_arms(ratio, seed)) for seed, ratio in enumerate((0.2, 1.0, 5.0))]
    apart = surface(far)
    assert likeliest(apart).tau > likeliest(alike).tau
    assert posterior(apart).tau > 0.4
    found = posterior(apart)
    assert found.prediction_low < found.ci_low < found.mean < found.ci_high < found.prediction_high


def _arms(ratio: float, seed: int):
    rng = np.random.default_rng(seed)
    treated = np.repeat([0, 1], 200)
    return rng.exponential(1 / np.where(treated, ratio, 1.0)), np.ones(400), treated


def test_one_step_and_surrogate_are_those_of_odach(lung):
    own = {}
    for site, rows in lung.items():
        fit = cox_regression(rows["time"], rows["status"], rows[LUNG["names"]])
        own[site] = AdjustedModel(fit.names, fit.coefficients, fit.variance)
    start = common_start(list(own.values()))
    assert list(start.values()) == pytest.approx(LUNG["start"], rel=1e-6)
    sites = {site: sent(rows, list(start.values())) for site, rows in lung.items()}
    step = one_step(list(sites.values()))
    assert step.coefficients == pytest.approx(LUNG["one_step"], rel=1e-6)
    assert step.coefficients == pytest.approx(LUNG["pooled"], rel=5e-4)
    assert step.se == pytest.approx(LUNG["pooled_se"], rel=5e-3)
    for lead, expected in LUNG["surrogate"].items():
        rows = lung[lead]
        found = surrogate(
            list(sites.values()), sites[lead], rows["time"], rows["status"],
            rows[LUNG["names"]].to_numpy(),
        )  # fmt: skip
        assert found.coefficients == pytest.approx(expected, rel=1e-4), lead
        assert found.coefficients == pytest.approx(LUNG["pooled"], rel=5e-4), lead


def test_a_column_that_does_not_vary_at_a_site_is_left_to_the_others(lung):
    women_only = {site: rows for site, rows in lung.items()}
    women_only["site1"] = women_only["site1"][women_only["site1"]["sex"] == 1]
    sites = [sent(rows, [0.0, 0.0]) for rows in women_only.values()]
    assert sites[0].information[1, 1] == pytest.approx(0, abs=1e-9)
    without = [
        derivatives_at(rows["time"], rows["status"], rows[["age"]].to_numpy(), ("age",), [0.0])
        if site == "site1" else sent(rows, [0.0, 0.0])
        for site, rows in women_only.items()
    ]  # fmt: skip
    assert one_step(sites).coefficients == pytest.approx(one_step(without).coefficients)


def test_different_starts_are_refused(lung):
    rows = list(lung.values())
    with pytest.raises(StatisticsError, match="different starts"):
        one_step([sent(rows[0], [0.0, 0.0]), sent(rows[1], [0.01, 0.0])])

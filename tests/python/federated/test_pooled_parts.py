"""Sums, curves, rates and the rows of a study: what is pooled, and what is said where it is not."""

import numpy as np
import pandas as pd
import pytest

from myelomart.disclosure.coarsening import coarsened
from myelomart.disclosure.policies import below
from myelomart.display.cells import SUPPRESSED
from myelomart.errors import MyelomartError, StatisticsError
from myelomart.federated.likelihood_profile import LikelihoodProfile, likelihood_profile, maximum
from myelomart.federated.pooled_curves import level_at, median_of, pooled_curve
from myelomart.federated.pooled_page import ratio_table
from myelomart.federated.pooled_ratios import adjusted_start, adjusted_step, pooled_ratios
from myelomart.federated.pooled_sums import AT_LEAST, add_sums
from myelomart.federated.profile_rules import withheld
from myelomart.federated.rates import pooled_rate
from myelomart.federated.study_rows import TABLES, differences, hash_of
from myelomart.results import Results
from myelomart.survival import kaplan_meier


def site(name: str, count: int, known: int, mean: float = 60.0, sd: float = 10.0) -> pd.DataFrame:
    """The released rows of a site: one share of one arm, one mean."""
    results = Results("made_up", analysis_id="one")
    common = {"population": "all", "arm": "All"}
    results.add("OUT-1", "percent", row_group="Sex", row_label="Female", numerator=count,
                denominator=known, estimate=100 * count / known, unit="%", n_missing=0,
                **common)  # fmt: skip
    results.add("OUT-1", "count", row_group="Size", row_label="Persons", estimate=known,
                unit="persons", **common)  # fmt: skip
    for statistic, value in (("mean", mean), ("sd", sd)):
        results.add("OUT-1", statistic, row_group="Age", row_label="Age", estimate=value,
                    denominator=known, **common)  # fmt: skip
    return coarsened(results.estimate_frame(), below(11)).assign(site=name)


def pooled(*sites: pd.DataFrame) -> pd.DataFrame:
    results = Results("made_up", analysis_id="one")
    add_sums(pd.concat(sites, ignore_index=True), results)
    return results.estimate_frame().set_index("statistic")


def test_counts_and_shares_are_sums_and_moments_those_of_all():
    rng = np.random.default_rng(1)
    one, two = rng.normal(60, 10, 200), rng.normal(70, 5, 100)
    made = pooled(site("A", 100, 200, one.mean(), one.std(ddof=1)),
                  site("B", 20, 100, two.mean(), two.std(ddof=1)))  # fmt: skip
    assert made.loc["count", "estimate"] == 300
    assert made.loc["percent", ["numerator", "denominator"]].tolist() == [120, 300]
    assert made.loc["percent", "estimate"] == pytest.approx(40)
    both = np.concatenate([one, two])
    assert made.loc["mean", "estimate"] == pytest.approx(both.mean(), abs=0.05)
    assert made.loc["sd", "estimate"] == pytest.approx(both.std(ddof=1), rel=0.01)


def test_steps_of_a_flow_stay_in_the_order_of_each_arm():
    results = Results("made_up", analysis_id="one")
    for arm, steps in (("x", ("first", "second")), ("y", ("second", "first"))):
        for step in steps:
            results.add("OUT-1", "persons_after", population="source", row_group="Flow", arm=arm,
                        row_label=step, estimate=40, numerator=40, denominator=60,
                        unit="persons")  # fmt: skip
    rows = results.estimate_frame().assign(site="A")
    made = pooled(rows, rows.assign(site="B"))
    assert made[["arm", "row_label", "estimate"]].to_numpy().tolist() == [
        ["x", "first", 80], ["x", "second", 80], ["y", "second", 80], ["y", "first", 80],
    ]  # fmt: skip


def test_a_count_that_a_site_hides_makes_the_sum_the_least_it_can_be():
    small = site("B", 4, 60)
    assert (small["status"] == SUPPRESSED).any()
    made = pooled(site("A", 100, 200), small)
    assert made.loc["percent", "row_label"] == "Female (not all sites)"
    assert made.loc["percent", ["numerator", "denominator"]].tolist() == [100, 200]
    matched = site("A", 100, 200).assign(population="matched")  # hidden nowhere: the same row
    both = pooled(site("A", 100, 200), small, matched).loc["percent"]
    assert both["row_label"].tolist() == ["Female (not all sites)"] * 2
    hidden = site("A", 100, 200).assign(
        estimate=lambda rows: rows["estimate"].mask(rows["statistic"] == "count"),
        status=lambda rows: rows["status"].mask(rows["statistic"] == "count", SUPPRESSED),
    )
    made = pooled(hidden, site("B", 30, 60))
    assert made.loc["count", "estimate"] == 60
    assert made.loc["count", "status"] == AT_LEAST
    assert pooled(hidden, hidden.assign(site="B")).loc["count", "status"] == SUPPRESSED


def curve(seed: int, persons: int, hazard: float) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """A site's curve at whole months, and its rows."""
    rng = np.random.default_rng(seed)
    failed, censored = rng.exponential(1 / hazard, persons), rng.uniform(10, 60, persons)
    time, event = np.minimum(failed, censored), failed <= censored
    at = kaplan_meier(time, event).at(np.arange(0.0, 49, 2))
    return (
        pd.DataFrame({"time_months": at["time"], "n_risk": at["n_risk"],
                      "survival": at["survival"]}),
        time, event,
    )  # fmt: skip


def test_a_pooled_curve_is_that_of_the_rows():
    sites = [curve(1, 300, 0.03), curve(2, 200, 0.01), curve(3, 500, 0.05)]
    made = pooled_curve([one for one, _, _ in sites])
    time, event = (np.concatenate([part[k] for part in sites]) for k in (1, 2))
    whole = kaplan_meier(time, event)
    months = [6.0, 12.0, 24.0, 36.0]
    assert level_at(made, months) == pytest.approx(whole.at(months)["survival"], abs=0.01)
    assert median_of(made)[0] == pytest.approx(whole.median, rel=0.03)
    low, high = (level_at(made, months, name) for name in ("ci_low", "ci_high"))
    assert low == pytest.approx(whole.at(months)["ci_low"], abs=0.015)
    assert high == pytest.approx(whole.at(months)["ci_high"], abs=0.015)


def test_a_pooled_curve_ends_where_most_persons_have_none_and_rises_where_events_compete():
    long, short = curve(1, 100, 0.02)[0], curve(2, 400, 0.02)[0].iloc[:7]
    made = pooled_curve([long, short])
    assert made["time_months"].max() == short["time_months"].max()
    assert np.isnan(level_at(made, [40.0])[0])
    rising = long.assign(survival=1 - long["survival"])
    up = pooled_curve([rising, rising])
    assert up["survival"].to_numpy() == pytest.approx(rising["survival"].to_numpy())
    assert not len(pooled_curve([]))


def test_rates_take_sites_without_events_and_want_three():
    found = pooled_rate([0, 4, 9], [40, 50, 60])
    assert 0 < found.ci_low < found.estimate < found.ci_high < found.prediction_high < 1
    assert pooled_rate([3, 4], [40, 50]) is None
    assert pooled_rate([0, 0, 0], [40, 50, 60]) is None
    assert pooled_rate([np.nan, 4, 9, 3], [40, 50, 60, 30]).sites == 3


def test_rules_for_profiles():
    policy = below(11)
    assert withheld("allowed", policy, (90, 90), (20, 0)) is None
    assert "an arm has fewer events" in withheld("allowed", policy, (90, 90), (20, 3))
    assert withheld("total", policy, (90, 90), (9, 3)) is None
    assert "fewer persons had the event" in withheld("total", policy, (90, 90), (5, 3))
    assert "fewer persons than" in withheld("total", policy, (9, 90), (9, 3))
    assert withheld("all", policy, (9, 90), (1, 0)) is None
    assert withheld("all", policy, (90, 90), (0, 0)) == "nobody had the event"
    with pytest.raises(MyelomartError, match="allowed, total, all"):
        withheld("most", policy, (90, 90), (20, 20))


def test_the_slopes_of_a_profile_tell_the_events_of_each_arm():
    """Why a profile is as small as the counts behind it."""
    rng = np.random.default_rng(3)
    treated = np.repeat([1, 0], 300)
    event = np.zeros(600, int)
    event[:4], event[300:313] = 1, 1
    profile = likelihood_profile(rng.permutation(np.arange(1.0, 601)), event, treated)
    assert round(profile.slope[0]) == 4
    assert round(-profile.slope[-1]) == 13


def test_sites_without_an_estimate_count_in_profiles_and_not_in_normal_pools():
    point = np.linspace(-6, 6, 25)
    bent = LikelihoodProfile(point, -2 * point**2, -4 * point)
    falling = LikelihoodProfile(point, -np.log1p(np.exp(point)), -1 / (1 + np.exp(-point)))
    falling = LikelihoodProfile(point, falling.value - falling.value.max(), falling.slope)
    sites = {"A": bent, "B": bent, "C": bent, "D": falling}
    found = pooled_ratios(sites)
    assert not found.sites["D"].is_finite
    assert found.normal.k == 3
    assert found.normal.effect == pytest.approx(0, abs=1e-6)
    assert found.fixed.estimate < -0.01
    assert pooled_ratios({"A": bent}).random is None
    with pytest.raises(StatisticsError, match="no site"):
        maximum([])


def rows(**tables) -> dict:
    return {table: [] for table in TABLES} | tables


def test_rows_that_differ_are_named_with_both_values():
    here = rows(
        endpoints=[{"endpoint_id": "death", "horizon_days": 365}],
        cohort_criteria=[{"cohort_id": "c", "step": 1, "label": "Adult", "value_number": 18}],
    )
    there = rows(endpoints=[{"endpoint_id": "death", "horizon_days": None}])
    said = differences(here, there, ("A", "B"))
    assert said == [
        "cohort_criteria, row c, 1, Adult: A has it and B has not.",
        "endpoints, row death: horizon_days is 365 at A and empty at B.",
    ]
    assert differences(here, here, ("A", "B")) == []
    assert hash_of(here) != hash_of(there)
    twice = rows(endpoint_rules=[{"endpoint_id": "death", "role": "event", "event_group": None,
                                  "priority": k} for k in (1, 2)])  # fmt: skip
    changed = rows(endpoint_rules=[*twice["endpoint_rules"][:1],
                                   twice["endpoint_rules"][1] | {"priority": 3}])  # fmt: skip
    assert len(differences(twice, changed, ("A", "B"))) == 1


def test_adjusted_models_meet_at_the_mean_and_take_one_step():
    key = {"analysis_id": "a", "endpoint": "e"}
    own = pd.DataFrame({**{name: [value] * 2 for name, value in key.items()},
                        "term": ["treated", "age"], "estimate": [0.4, 0.1], "se": [0.2, 0.1],
                        "start": np.nan, "gradient": np.nan})  # fmt: skip
    start = adjusted_start({"A": own, "B": own.assign(estimate=[0.8, 0.3])}, key)
    assert start == pytest.approx({"treated": 0.6, "age": 0.2})
    assert adjusted_step({"A": own}, {"A": own}, key) is None
    terms = ["treated", "stage=I", "stage=II"]
    sent = pd.DataFrame({**{name: [value] * 3 for name, value in key.items()}, "term": terms,
                         "start": [0.6, 0, 0], "gradient": [2.0, 1.0, -1.0]})  # fmt: skip
    bend = pd.DataFrame([{**key, "term": one, "other": two, "value": 10.0 if one == two else 0.0}
                         for k, one in enumerate(terms) for two in terms[: k + 1]])  # fmt: skip
    model = adjusted_step({"A": sent, "B": sent}, {"A": bend, "B": bend}, key)
    assert model.names == ("treated", "stage=II")
    assert model.coefficients == pytest.approx([0.8, -0.1])
    assert model.se == pytest.approx([np.sqrt(1 / 20)] * 2)


@pytest.mark.parametrize(
    ("at_site", "shown"), [(False, ["0", "–"]), (True, ["1", "not estimable"])]
)
def test_a_ratio_of_which_no_site_shares_a_profile_is_a_dash(at_site, shown):
    results = Results("made_up", analysis_id="one")
    about = {"row_group": "Outcomes", "row_label": "Death", "endpoint": "os"}
    for arm in "ab":
        for statistic in ("n", "events"):
            results.add("OUT-1", statistic, arm=arm, estimate=60, unit="persons", **about)
    names = ["hazard_ratio", "hazard_ratio_at_site"][: 1 + at_site]
    for name in names:
        results.add("OUT-1", name, arm="a", comparator="b", unit="ratio", **about)
    [_, row] = ratio_table(results.own_rows("one"), "Hazard ratios").rows
    assert row[3:5] == shown

"""Clones, their weights and what they show, on frames that can be worked by hand."""

import numpy as np
import pandas as pd
import pytest

from myelomart.errors import StatisticsError
from myelomart.survival import cox_regression
from myelomart.target_trial import (
    CONTROL,
    TREATED,
    Options,
    Protocol,
    clone_rows,
    emulate,
    followed,
    last_values,
    stacked_trials,
)
from myelomart.target_trial.initiation import initiation, waiting_rows
from myelomart.target_trial.outcome import clone_grid
from myelomart.target_trial.weights import clone_weights, truncated

# IT4 of specification comparison 9.6: A treated at 2, dies at 10; B treated on the last day of
# grace; C dies on it, untreated; D untreated; E treated after it; F dies on the day A is treated
TIME = [10.0, 14, 6, 12, 14, 2]
EVENT = [1, 0, 1, 0, 0, 1]
TREATED_AT = [2.0, 6, np.nan, np.nan, 8, np.nan]
A, B, C, D, E, F = range(6)
ROWS = followed(TIME, EVENT, TREATED_AT, horizon=12)
ONCE = Options(samples=0)


def protocol(**changed):
    return Protocol(**({"grace": 6, "horizon": 12, "period": 3} | changed))


def ends(strategy, **changed):
    """Of each person's clone: when it ends, whether by the event, whether by departing."""
    rows = clone_rows(ROWS, protocol(**changed))
    last = rows[rows["strategy"] == strategy].groupby("unit").last()
    return list(last[["stop", "event", "departs"]].itertuples(index=False, name=None))


def weights(**changed):
    one = protocol(**changed)
    model = initiation(waiting_rows(ROWS, one))
    return clone_weights(ROWS, one, model, stabilized=False)


def test_it4_clones_of_the_treated_strategy_are_censored_at_the_end_of_grace_alone():
    assert ends(TREATED) == [
        (10, True, False), (12, False, False), (6, True, False),
        (6, False, True), (6, False, True), (2, True, False),
    ]  # fmt: skip


def test_it4_clones_of_the_control_strategy_are_censored_when_treatment_begins():
    whole = [
        (2, False, True), (6, False, True), (6, True, False),
        (12, False, False), (12, False, False), (2, True, False),
    ]  # fmt: skip
    assert ends(CONTROL) == whole
    whole[E] = (8, False, True)
    assert ends(CONTROL, control="never") == whole


def test_it5_weights_of_those_treated_and_of_those_who_wait():
    found = weights()
    # p is 1/6 then 1/4; q is 4/9 then 1: all treated weigh 8/3, all who wait 2/3
    assert found.treated[A, [0, 2]] == pytest.approx([1, 8 / 3])
    assert found.treated[B] == pytest.approx([1, 2 / 3, 8 / 3])
    assert found.treated[C, :2] == pytest.approx([1, 2 / 3])
    assert found.control[D] == pytest.approx([1, 1.2, 1.6])


def test_it5_weights_of_an_even_and_of_a_natural_start():
    even, natural = weights(initiation="uniform"), weights(initiation="natural")
    assert even.treated[A, 2] == pytest.approx(3)
    assert even.treated[B] == pytest.approx([1, 0.6, 2.4])
    assert natural.treated[A, 2] == pytest.approx(1)
    assert natural.treated[B] == pytest.approx([1, 1, 4])


def test_it6_risks_of_both_strategies():
    found = emulate(TIME, EVENT, TREATED_AT, protocol(), options=ONCE)
    assert found.effects["risk_treated"].estimate == pytest.approx(1 - 5 / 6 * 7 / 8 / 2)
    assert found.effects["risk_control"].estimate == pytest.approx(1 - 5 / 6 * 3 / 4)
    assert found.strategies["departed"].tolist() == [2, 2]
    curve = found.curve(TREATED)
    assert curve.time[curve.n_event > 0].tolist() == [2, 6, 10]


def test_it7_a_trial_begins_with_those_followed_and_untreated():
    rows = stacked_trials(TIME, EVENT, TREATED_AT, starts=[6])
    assert rows["unit"].tolist() == [B, D, E]  # A was treated before, C and F are gone
    assert rows["time"].tolist() == [8, 6, 8]
    assert rows["treated_at"].fillna(-1).tolist() == [0, -1, 2]


def test_treatment_and_death_on_one_day_is_a_death_of_the_treated():
    rows = followed([4.0, 5], [1, 1], [4, np.nan], horizon=9)
    clones = clone_rows(rows, Protocol(grace=4, horizon=9, period=4))
    own = clones[clones["unit"] == 0].set_index("strategy")
    assert own["event"].to_dict() == {TREATED: True, CONTROL: False}


def test_treatment_at_time_zero_leaves_no_control_clone():
    rows = followed([4.0, 5], [1, 1], [0, np.nan], horizon=9)
    clones = clone_rows(rows, Protocol(grace=3, horizon=9, period=3))
    assert clones.loc[clones["unit"] == 0, "strategy"].tolist() == [TREATED]


def test_follow_up_ends_at_the_horizon_and_its_last_day_counts():
    rows = followed([9.0, 9.1], [1, 1], [np.nan, 9.05], horizon=9)
    assert rows.time.tolist() == [9, 9]
    assert rows.event.tolist() == [True, False]
    assert np.isinf(rows.treated_at).all()


def test_a_last_period_is_shorter_where_it_must_be():
    one = Protocol(grace=0.3, horizon=0.7, period=0.1)
    assert one.grace_periods == 3
    assert one.edges.round(9).tolist() == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]


def confounded(size=300, seed=4):
    """Whoever is worse off is treated sooner and dies sooner; treatment does nothing."""
    rng = np.random.default_rng(seed)
    worse = rng.normal(size=size)
    life = rng.exponential(30 * np.exp(-0.8 * worse))
    begins = rng.exponential(10 * np.exp(-0.8 * worse))
    return life, np.ones(size), np.where(begins < life, begins, np.nan), worse


LONG = Protocol(grace=6, horizon=24, period=1)


def test_weights_undo_confounding():
    *rows, worse = confounded(4000)
    plain = emulate(*rows, LONG, options=Options(samples=0, weighted=False))
    model = emulate(*rows, LONG, baseline=pd.DataFrame({"worse": worse}), options=ONCE)
    assert np.log(plain.effects["hazard_ratio"].estimate) > 0.2
    assert abs(np.log(model.effects["hazard_ratio"].estimate)) < 0.08
    assert abs(model.effects["risk_difference"].estimate) < 0.02
    assert abs(model.logistic.log_odds_ratio) < 0.1


def test_trials_share_persons_and_the_sums_of_the_bootstrap_are_those_of_coxs_model():
    life, event, begins, worse = confounded()
    rows = stacked_trials(life, event, begins, starts=[0, 2, 4])
    found = emulate(
        rows["time"], rows["event"], rows["treated_at"], LONG,
        baseline=pd.DataFrame({"worse": worse[rows["unit"]], "origin": rows["origin"]}),
        person=rows["unit"], trial=rows["origin"], options=Options(samples=30),
    )  # fmt: skip
    clones = found.clones[found.clones["weight"] > 0]
    fit = cox_regression(
        clones["stop"], clones["event"], clones[["strategy"]].astype(float),
        entry=clones["start"], weights=clones["weight"], cluster=clones["person"],
        strata=rows["origin"].to_numpy()[clones["unit"]], ties="breslow",
    )  # fmt: skip
    own, robust = (found.effects[name] for name in ("hazard_ratio_bootstrap", "hazard_ratio"))
    assert own.estimate == pytest.approx(fit.hazard_ratio[0], rel=1e-8)
    assert robust.ci_low == pytest.approx(fit.table()["ci_low"][0])
    assert own.ci_low < own.estimate < own.ci_high
    assert found.samples == 30


def test_the_same_seed_gives_the_same_interval():
    *rows, worse = confounded()
    model = pd.DataFrame({"worse": worse})
    one, two, other = (
        emulate(*rows, LONG, baseline=model, options=Options(samples=25, seed=seed)).effects
        for seed in (1, 1, 2)
    )
    assert one["risk_difference"] == two["risk_difference"]
    assert one["risk_difference"] != other["risk_difference"]


def test_stabilising_leaves_the_risks_and_trimming_caps_the_weights():
    *rows, worse = confounded()
    model = {"baseline": pd.DataFrame({"worse": worse})}
    steady, plain, capped = (
        emulate(*rows, LONG, **model, options=Options(samples=0, **how))
        for how in ({}, {"stabilized": False}, {"trim": 0.05})
    )
    for name in ("risk_treated", "risk_control"):
        assert steady.effects[name].estimate == pytest.approx(plain.effects[name].estimate)
    assert capped.strategies["weight_max"].max() < steady.strategies["weight_max"].max()
    assert truncated(np.array([1.0, 5.0]), None).tolist() == [1, 5]


def test_a_covariate_that_changes_is_read_when_a_period_begins():
    records = pd.DataFrame(
        {"id": [1, 1, 1, 2], "time": [-5, 3, 3.1, 0], "ldh": [10, 20, 30, 40], "ecog": list("abcd")}
    )
    found = last_values(records, pd.DataFrame({"id": [2, 1]}), [0, 3, 6])
    assert found["ldh"].tolist() == [[40, 40], [10, 20]]
    assert found["ecog"].tolist() == [["d", "d"], ["a", "b"]]
    late = last_values(records, pd.DataFrame({"id": [1]}), [0, 3, 6], origin=[3])
    assert late["ldh"].tolist() == [[20, 30]]
    with pytest.raises(StatisticsError, match="1 of 1 rows have no value at or before time zero"):
        last_values(records, pd.DataFrame({"id": [3]}), [0, 3])


def test_a_sample_without_anybody_who_begins_in_a_period_has_no_chance_there():
    waiting = waiting_rows(ROWS, protocol())
    counts = np.array([0, 2, 1, 1, 1, 1])  # A, who alone begins in the first, is not drawn
    start = initiation(waiting).coefficients
    model = initiation(waiting, counts, start)
    assert model.usual.tolist() == [0, pytest.approx(2 / 5)]
    assert model.chance[D].tolist() == [0, pytest.approx(2 / 5)]
    found = clone_weights(ROWS, protocol(), model)
    assert found.treated[A, 2] == 0
    assert found.treated[B, 2] == pytest.approx(5 / 2)
    grid = clone_grid(clone_rows(ROWS, protocol()), ROWS)
    assert grid.trials == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"grace": 0}, "--grace 0: give a time above 0"),
        ({"horizon": 6}, "--horizon 6: it lies beyond the grace period"),
        ({"period": 7}, "--period 7: the grace period"),
        ({"period": 0.001}, "12000 periods to the horizon, and 1000 at most"),
        ({"initiation": "soon"}, "--initiation soon is unknown"),
        ({"control": "soon"}, "--control soon is unknown"),
    ],
)
def test_a_protocol_that_is_no_trial_is_refused(changed, said):
    with pytest.raises(StatisticsError, match=said):
        protocol(**changed)


@pytest.mark.parametrize(
    ("rows", "changed", "said"),
    [
        (([0.0, 5], [0, 1], [np.nan, 2]), {}, "1 of 2 rows have no follow-up"),
        (([4.0, 5], [0, 1], [np.nan, -1]), {}, "1 of 2 rows are treated before time zero"),
        (([8.0, 9], [0, 1], [np.nan, 7]), {}, "nobody of 2 begins treatment by 6"),
        (([8.0, 9], [0, 1], [1, 2]), {}, "all begin treatment at once"),
        (
            ([8.0, 9, 9], [0, 1, 1], [np.nan, 2, np.nan]), {"initiation": "natural"},
            "nobody begins treatment from 3 to 6, where the strategy «natural» treats",
        ),
        (
            ([8.0, 9, 9], [1, 0, 1], [np.nan, 2, np.nan]), {},
            "nobody who follows the strategy «treated within the grace period» has the event",
        ),
    ],
)  # fmt: skip
def test_rows_that_show_no_trial_are_refused(rows, changed, said):
    with pytest.raises(StatisticsError, match=said):
        emulate(*rows, protocol(**changed), options=ONCE)

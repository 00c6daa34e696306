"""Cured shares, splines and sufficient follow-up: known answers, and what cannot be told."""

import numpy as np
import pandas as pd
import pytest

from myelomart.errors import StatisticsError
from myelomart.survival import cure_model, follow_up, kaplan_meier, spline_model
from myelomart.survival.summary import SurvivalOptions, survival_summary


def test_where_everybody_else_is_seen_to_have_the_event_the_cured_share_is_theirs():
    """Exponential times of a mean of 2 that all end by day 8, and 40 of 100 followed to day 400."""
    events = np.linspace(0.05, 8, 60)
    time, event = [*events, *[400.0] * 40], [1] * 60 + [0] * 40
    for latency in ("weibull", "exponential", "lognormal"):
        fit = cure_model(time, event, latency=latency)
        assert fit.cured == pytest.approx(0.4, abs=1e-3), latency
        # the limits are those of a share on the logit scale
        se = np.sqrt(1 / 40 + 1 / 60)
        low = 1 / (1 + np.exp(np.log(60 / 40) + 1.959964 * se))
        assert fit.ci_low == pytest.approx(low, abs=2e-3), latency
    assert cure_model(time, event, latency="exponential").coefficients[1] == pytest.approx(
        np.log(events.mean()), abs=1e-3
    )


def test_where_all_have_the_event_nobody_is_cured_and_no_limits_are_given():
    time = np.random.default_rng(1).weibull(1.5, 80) * 5
    fit = cure_model(time, np.ones(80, int))
    assert not fit.has_plateau and fit.cured == 0.0 and np.isnan(fit.ci_high)
    assert fit.likelihood_ratio_p > 0.4
    assert fit.log_likelihood == pytest.approx(fit.log_likelihood_uncured, abs=1e-3)


@pytest.mark.parametrize(
    ("time", "event", "said"),
    [
        ([0, 2, 3, 4], [1, 1, 1, 0], "a cure model needs time above 0"),
        ([1, 2, 3, 4], [1, 1, 0, 0], "2 events among 4 rows: a cure model needs 3 or more"),
    ],
)
def test_bad_input_of_a_cure_model_is_refused_in_words(time, event, said):
    with pytest.raises(StatisticsError, match=said):
        cure_model(time, event)


def test_covariates_move_the_share_that_is_not_cured():
    arm = np.repeat([0, 1], 50)
    time = [*np.linspace(1, 6, 40), *[90.0] * 10, *np.linspace(1, 6, 20), *[90.0] * 30]
    event = (np.array(time) < 90).astype(int)
    fit = cure_model(time, event, pd.DataFrame({"arm": arm}), latency="lognormal")
    odds = np.log((20 / 30) / (40 / 10))
    assert fit.names == ("uncured", "arm", "log_time", "log_scale")
    assert fit.coefficients[1] == pytest.approx(odds, abs=5e-3)
    with pytest.raises(StatisticsError, match="covariates have 99 rows where the times have 100"):
        cure_model(time, event, pd.DataFrame({"arm": arm[1:]}))


def test_follow_up_counts_what_lies_behind_the_last_event_and_the_same_stretch_before_it():
    """Last event 4, last follow-up 6: of the ten, those at 2.5, 3 and 4 fall after 2."""
    found = follow_up([1, 2, 2.5, 3, 4, 6, 5, 4, 1, 1], [1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
    assert (found.beyond, found.late_events, found.last_event, found.last_follow_up) == (2, 3, 4, 6)
    assert found.p == pytest.approx(0.7**10)
    assert not found.allows_a_statement  # p is small, but two persons are no tail
    assert "only 2 of 10 are followed beyond the last event at 4 months" in found.in_words("months")
    assert follow_up([1, 2], [0, 0]).in_words().endswith("nobody had the event.")
    assert follow_up([1, 2], [0, 1]).p == 1.0
    long = follow_up([*range(1, 31), *[200] * 12], [1] * 30 + [0] * 12)
    assert long.allows_a_statement and long.in_words().startswith("Follow-up allows a statement")


def test_a_spline_follows_the_curve_and_starts_at_one():
    rng = np.random.default_rng(2)
    time = np.minimum(np.concatenate([rng.exponential(2, 150), rng.exponential(30, 150)]), 48)
    event = (time < 48).astype(int)
    fit = spline_model(time, event, knots=3)
    months = [0.0, 1, 3, 6, 12, 24, 40]
    shown = fit.at(months)["survival"].to_numpy()
    assert shown[0] == 1.0
    assert shown[1:] == pytest.approx(
        kaplan_meier(time, event).at(months[1:])["survival"].to_numpy(), abs=0.03
    )
    assert fit.aic < spline_model(time, event, knots=0).aic  # no Weibull's, by far
    for given, said in (
        (([0, 1, 2], [1, 1, 1]), "the model needs time above 0"),
        (([1, 1, 2], [1, 1, 1]), "2 distinct event times: a spline with 2 inner knots needs 4"),
        (([1, 1, 1, 1, 1, 2, 3, 4], [1] * 8), "event times coincide at a knot"),
    ):
        with pytest.raises(StatisticsError, match=said):
            spline_model(*given, knots=2)


def test_the_command_says_what_follow_up_allows_and_leaves_out_what_cannot_be_fitted():
    frame = pd.DataFrame(
        {"t": [*range(1, 31), *[200] * 12, 5, 9, 12, 14], "e": [1] * 30 + [0] * 12 + [1, 1, 0, 0],
         "arm": ["a"] * 42 + ["b"] * 4}
    )  # fmt: skip
    said = survival_summary(frame, SurvivalOptions("t", "e", group="arm", cure="weibull", knots=1))
    first, second = said["plateau"]
    assert first["allows_a_statement"] and first["cured"] == pytest.approx(12 / 42, abs=0.01)
    assert second["cured"] is None and not second["allows_a_statement"]
    assert [row["group"] for row in said["spline"]] == ["a"]
    assert any(note.startswith("no cure model of b: 2 events among 4") for note in said["notes"])
    assert any(note.startswith("no spline of b: 2 distinct event times") for note in said["notes"])
    with pytest.raises(StatisticsError, match="--cure gamma is unknown"):
        survival_summary(frame, SurvivalOptions("t", "e", cure="gamma"))
    with pytest.raises(StatisticsError, match="--cure and --knots take no --entry"):
        survival_summary(frame.assign(s=0), SurvivalOptions("t", "e", cure="weibull", entry="s"))

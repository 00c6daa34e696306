"""Wins by hand: ties, unknown values, shared follow-up, pairs, empty arms; rates and risks."""

import numpy as np
import pandas as pd
import pytest

from myelomart.errors import StatisticsError
from myelomart.survival import (
    CountTier,
    NumberTier,
    TimeTier,
    number_needed,
    rate_ratio,
    rate_rows,
    risk_difference,
    win_statistics,
)
from myelomart.survival.wins_summary import WinOptions, wins_summary

ARM = [1, 1, 1, 0, 0, 0]
# two treated (1, 2) and one control (5) live; the others die or leave early
DEATH = TimeTier.of("death", [12, 12, 6, 6, 4, 12], [0, 0, 1, 1, 0, 0])
STAYS = CountTier.of(
    "stays", [12, 12, 6, 6, 4, 12], [0, 0, 1, 4, 5], [3, 9, 10, 2, 9], [2, 4, 1, 3, 5]
)


def test_the_first_tier_that_tells_two_apart_decides():
    """Of nine couples death decides 0 and 1 against 3 (won), 2 against 5 (lost); 4 left at 4."""
    found = win_statistics(ARM, [DEATH, STAYS])
    assert found.tiers["wins"].tolist() == [2, 4]
    assert found.tiers["losses"].tolist() == [1, 1]
    # days by the shared end: 0-4: 2 against 3; 0-5: 6 against 5 (lost); 1-4: 0 against 3;
    # 1-5: 1 against 5; 2-4: 0 against 3; 2-3: 0 each
    assert found.tiers["undecided"].tolist() == [6, 1]
    assert (found.wins, found.losses, found.ties) == (6, 2, 1)
    assert found.win_ratio.estimate == 3.0
    assert found.win_odds.estimate == pytest.approx(6.5 / 2.5)
    assert found.net_benefit.estimate == pytest.approx(4 / 9)


def test_the_variance_is_that_of_the_means_by_person():
    found = win_statistics(ARM, [DEATH, STAYS])
    won = np.array([[1, 1, 0], [1, 1, 1], [0, 1, 0]])
    lost = np.array([[0, 0, 1], [0, 0, 0], [0, 0, 1]])
    net = won - lost
    se = np.sqrt(net.mean(axis=1).var(ddof=1) / 3 + net.mean(axis=0).var(ddof=1) / 3)
    low = max(found.net_benefit.estimate - 1.959964 * se, -1)
    assert found.net_benefit.ci_low == pytest.approx(low, rel=1e-6)


def test_on_one_day_an_event_comes_before_the_end_of_follow_up_and_two_events_tie():
    tier = TimeTier.of("death", [5, 5, 5], [1, 0, 1])
    assert tier.compared(np.array([1, 0, 0]), np.array([0, 1, 2])).tolist() == [1, -1, 0]


def test_an_unknown_number_decides_nothing_and_is_no_loss():
    tier = NumberTier.of("days", [np.nan, 3, 0, 1], more_is_better=False)
    found = win_statistics([1, 1, 0, 0], [tier])
    assert (found.wins, found.losses, found.ties) == (0, 2, 2)
    assert np.isnan(found.win_ratio.estimate)  # no win: no ratio; the odds count ties
    assert found.win_odds.estimate == pytest.approx(1 / 3)


def test_pairs_are_compared_within_and_the_interval_is_that_of_the_share_of_wins():
    wins = [1] * 30 + [-1] * 15 + [0] * 5
    value = np.array([[win, 0] for win in wins], float).ravel()
    tier = NumberTier.of("score", value, more_is_better=True)
    found = win_statistics([1, 0] * 50, [tier], pair=np.repeat(np.arange(50), 2))
    assert (found.wins, found.losses, found.ties, found.is_matched) == (30, 15, 5, True)
    share, half = 2 / 3, 1.959964 * np.sqrt(2 / 9 / 45)
    limits = [(share + side * half) / (1 - share - side * half) for side in (-1, 1)]
    assert [found.win_ratio.ci_low, found.win_ratio.ci_high] == pytest.approx(limits, rel=1e-6)
    assert found.test is None


def test_what_is_no_pair_is_refused_and_rows_of_none_are_left_out():
    tier = NumberTier.of("score", [1.0, 0, 0, 1, 5], more_is_better=True)
    found = win_statistics([1, 0, 1, 0, 1], [tier], pair=[1, 1, 2, 2, np.nan])
    named = win_statistics([1, 0, 1, 0, 1], [tier], pair=["1", "1", "b", "b", None])
    assert named.couples == found.couples == 2  # a name that is a number is a name
    assert (found.wins, found.losses) == (1, 1)
    with pytest.raises(StatisticsError, match="1 of 2 pairs are not one treated person"):
        win_statistics([1, 0, 1, 1, 1], [tier], pair=[1, 1, 2, 2, np.nan])
    with pytest.raises(StatisticsError, match="one arm is empty"):
        win_statistics([1] * 5, [tier])
    with pytest.raises(StatisticsError, match="5 persons where the arms have 4"):
        win_statistics([1, 0, 1, 0], [tier])


def test_nobody_with_an_event_leaves_everything_undecided():
    found = win_statistics([1, 0], [TimeTier.of("death", [3, 4], [0, 0])])
    assert (found.wins, found.losses, found.ties) == (0, 0, 1)
    assert found.net_benefit.estimate == 0 and np.isnan(found.win_ratio.ci_low)


def test_the_command_counts_what_it_leaves_out():
    frame = pd.DataFrame(
        {"arm": [1, 1, 0, 0, 0], "days": [9, 8, 3, 9, None], "died": [0, 1, 1, 0, 1],
         "stay": [1, None, 2, 2, 2], "pair": ["a", None, "a", None, None]}
    )  # fmt: skip
    said = wins_summary(frame, WinOptions("arm", ("days/died", "fewer:stay"), "pair"))
    assert (said["n"], said["n_dropped"], said["dropped"]) == (4, 1, {"days": 1})
    assert [row["wins"] for row in said["tiers"]] == [2, 1]
    assert said["matched"]["couples"] == 1
    assert said["notes"] == [
        "rows without stay: 1; that tier decides nothing of them",
        "rows in no pair: 2; matched leaves them out",
    ]
    for tier in ("days", "best:days", "days/", "fewer:"):
        with pytest.raises(StatisticsError, match="write it as TIME/EVENT"):
            wins_summary(frame, WinOptions("arm", (tier,)))
    with pytest.raises(StatisticsError, match="column visits: the file has no such column"):
        wins_summary(frame, WinOptions("arm", ("fewer:visits",)))


def test_rates_take_a_row_up_to_each_event_and_the_rest():
    """Events of one day are one, one on the last day needs no row after it, day 0 has no time."""
    rows = rate_rows([7, 7, 7, 7, 8, 9], [2, 2, 5, 5, 0, 3], [1, 1, 1, 0, 0, 2])
    assert rows.to_numpy().tolist() == [[7, 0, 2, 1], [7, 2, 5, 1], [9, 0, 3, 0]]
    with pytest.raises(StatisticsError, match="1 of 1 persons do not have exactly one row"):
        rate_rows([1], [2], [1])


def test_pairs_change_the_error_of_a_ratio_of_rates_and_not_the_ratio():
    """Everybody is followed to day 9; events 3 of 4 persons against 9 of 4: a ratio of 3."""
    events = {0: [1], 2: [2], 4: [3], 6: [], 1: [1, 2, 3], 3: [4, 5], 5: [6, 7, 8], 7: [4]}
    rows = [(one, day, 1) for one, days in events.items() for day in days]
    rows = pd.DataFrame([*rows, *((one, 9, 0) for one in events)], columns=["who", "day", "kind"])
    arm = pd.DataFrame({"arm": np.arange(8) % 2})
    pair = pd.Series(np.arange(8) // 2)
    alone = rate_ratio(rows["who"], rows["day"], rows["kind"], arm)
    paired = rate_ratio(rows["who"], rows["day"], rows["kind"], arm, cluster=pair)
    assert alone.hazard_ratio[0] == pytest.approx(3.0) == paired.hazard_ratio[0]
    assert alone.robust_se[0] != pytest.approx(paired.robust_se[0], rel=1e-3)
    with pytest.raises(StatisticsError, match="rows are of persons without covariates"):
        rate_ratio(rows["who"], rows["day"], rows["kind"], arm.iloc[:7])


def test_the_number_needed_runs_through_infinity_where_the_difference_crosses_zero():
    """Altman 1998: 10 % (-5 to 25 %) is NNTB 10 (NNTH 20 to ∞ to NNTB 4)."""
    assert number_needed(-0.1, -0.25, 0.05).in_words() == "NNTB 10.0 (NNTH 20.0 to ∞ to NNTB 4.0)"
    assert number_needed(0.1, 0.05, 0.25).in_words() == "NNTH 10.0 (4.0 to 20.0)"
    assert number_needed(-0.1, -0.2, 0.0).in_words() == "NNTB 10.0 (∞ to NNTB 5.0)"
    assert number_needed(0.0, -0.2, 0.1).in_words() == "∞ (NNTH 10.0 to ∞ to NNTB 5.0)"
    assert number_needed(*[float("nan")] * 3).in_words() == "not estimable"
    with pytest.raises(StatisticsError, match="between its limits"):
        number_needed(0.3, -0.1, 0.2)


def test_a_risk_difference_with_competing_death_and_beyond_follow_up():
    time, code = [1, 2, 3, 4, 1, 2, 3, 4], [1, 2, 1, 0, 2, 2, 1, 0]
    found = risk_difference(time, code, [0] * 4 + [1] * 4, at=3)
    assert (found.first.estimate, found.second.estimate) == (0.5, 0.25)
    assert found.number_needed.estimate == pytest.approx(4.0)
    assert np.isnan(risk_difference(time, code, [0] * 4 + [1] * 4, at=9).estimate)
    assert np.isnan(risk_difference(time, code, [0] * 8, at=3).estimate)  # nobody in the second

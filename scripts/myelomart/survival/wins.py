"""Win ratio, win odds and net benefit of a hierarchy of outcomes.

Every treated person is compared with every control, or within matched pairs, on the first tier that
tells them apart (Pocock SJ et al. Eur Heart J 2012;33:176). Unmatched: wins and losses are
U-statistics, whose variance is that of the means by treated person and by control (Luo X et al.
Biometrics 2015;71:139; Bebu I, Lachin JM. Biostatistics 2016;17:178); the test beside them is
Finkelstein and Schoenfeld's (Stat Med 1999;18:1341). Matched: Pocock's interval from the share of
wins among the decided pairs. Win odds count a tie as half a win and half a loss (Brunner E et al.
Stat Med 2021;40:3367); the net benefit is the share of wins less that of losses (Buyse M. Stat Med
2010;29:3245).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown
from myelomart.survival.win_tiers import Tier

CHUNK = 2_000_000  # couples compared at once


@dataclass(frozen=True)
class WinEstimate(Shown):
    """A statistic of wins with its interval and p of no difference; NaN where there is none."""

    estimate: float
    ci_low: float
    ci_high: float
    p: float


@dataclass(frozen=True)
class Wins(Shown):
    """Wins of the treated over the controls; ``tiers``: tier, wins, losses, left undecided."""

    n_treated: int
    n_control: int
    couples: int
    wins: int
    losses: int
    ties: int
    tiers: pd.DataFrame
    win_ratio: WinEstimate
    win_odds: WinEstimate
    net_benefit: WinEstimate
    test: WinEstimate | None  # Finkelstein and Schoenfeld's z with its p; None for pairs
    is_matched: bool

    def table(self) -> pd.DataFrame:
        """A row per statistic: statistic, estimate, ci_low, ci_high, p."""
        rows = []
        for name in ("win_ratio", "win_odds", "net_benefit"):
            found = getattr(self, name)
            rows.append({"statistic": name, **vars(found)})
        return pd.DataFrame(rows)


def win_statistics(
    treated: ArrayLike, tiers: Sequence[Tier], *, pair: ArrayLike | None = None,
    conf_level: float = 0.95,
) -> Wins:  # fmt: skip
    """Compare by ``tiers``, the most important first; ``treated`` (n,), ``pair`` (n,) or None.

    Rows of no pair have a missing or negative ``pair`` and are left out.

    >>> from myelomart.survival.win_tiers import TimeTier
    >>> death = TimeTier.of("death", [9, 8, 3, 2, 9, 7], [0, 1, 1, 1, 1, 1])
    >>> found = win_statistics([1, 1, 1, 0, 0, 0], [death])
    >>> found.wins, found.losses, found.ties, found.win_ratio.estimate
    (6, 3, 0, 2.0)
    """
    arm = np.asarray(treated).astype(bool)
    if not tiers:
        raise StatisticsError("a hierarchy has one tier or more")
    for tier in tiers:
        if len(tier) != len(arm):
            raise StatisticsError(
                f"tier {tier.name}: {len(tier)} persons where the arms have {len(arm)}"
            )
    if pair is not None:
        return _matched(*_couples(arm, pair), tiers, conf_level)
    ones, zeros = np.flatnonzero(arm), np.flatnonzero(~arm)
    if not len(ones) or not len(zeros):
        raise StatisticsError("a win ratio needs treated persons and controls: one arm is empty")
    return _unmatched(ones, zeros, tiers, conf_level)


def _unmatched(ones, zeros, tiers, conf_level) -> Wins:
    everyone = np.concatenate([ones, zeros])
    n, m, total = len(ones), len(zeros), len(everyone)
    by_tier = np.zeros((len(tiers), 2))
    won, lost = np.zeros((2, n)), np.zeros((2, m))  # wins, losses by treated, by control
    scores = np.zeros(total)
    step = max(1, CHUNK // total)
    for start in range(0, total, step):
        rows = everyone[start : start + step]
        decided = np.zeros((len(rows), total), np.int8)
        within = max(0, min(n - start, len(rows)))  # rows of treated persons
        for position, tier in enumerate(tiers):
            open_ = decided == 0
            found = np.where(open_, tier.compared(rows[:, None], everyone[None, :]), 0)
            part = found[:within, n:]
            by_tier[position] += (part == 1).sum(), (part == -1).sum()
            decided += found.astype(np.int8)
        scores[start : start + len(rows)] = decided.sum(axis=1)
        part = decided[:within, n:]
        for position, sign in enumerate((1, -1)):
            is_so = part == sign
            won[position, start : start + within] = is_so.sum(axis=1)
            lost[position] += is_so.sum(axis=0)
    wins, losses = by_tier.sum(axis=0)
    variance = _variance(won / m) / n + _variance(lost / n) / m
    rank_sum, spread = scores[:n].sum(), n * m / (total * (total - 1)) * (scores**2).sum()
    z = float(rank_sum / np.sqrt(spread)) if spread else float("nan")
    test = WinEstimate(z, float("nan"), float("nan"), float(2 * norm.sf(abs(z))))
    named = [tier.name for tier in tiers]
    statistics = _statistics(wins, losses, n * m, variance, conf_level)
    return _wins(n, m, n * m, by_tier, named, statistics, test, is_matched=False)


def _variance(means: np.ndarray) -> np.ndarray:
    """Covariance (2, 2) of the shares of wins and losses of single persons."""
    if means.shape[1] < 2:
        return np.full((2, 2), np.nan)
    return np.cov(means)


def _statistics(
    wins: float, losses: float, couples: int, variance: np.ndarray, conf_level: float
) -> tuple[WinEstimate, WinEstimate, WinEstimate]:
    """Win ratio, win odds and net benefit by the delta method."""
    half = norm.ppf(0.5 + conf_level / 2)
    won, lost, net = (float(one) / couples for one in (wins, losses, wins - losses))
    net_se = float(np.sqrt(np.maximum(variance[0, 0] + variance[1, 1] - 2 * variance[0, 1], 0)))
    better = (1 + net) / 2
    odds_se = net_se / 2 / (better * (1 - better)) if 0 < better < 1 else float("nan")
    ratio_se = float("nan")
    if won > 0 and lost > 0:
        slope = np.array([1 / won, -1 / lost])
        ratio_se = float(np.sqrt(slope @ variance @ slope))
    return (
        _log_ratio(won, lost, ratio_se, half),
        _log_ratio(better, 1 - better, odds_se, half),
        WinEstimate(
            net, max(net - half * net_se, -1.0), min(net + half * net_se, 1.0), _p(net, net_se)
        ),
    )


def _log_ratio(above: float, below: float, se: float, half: float) -> WinEstimate:
    """A ratio with the interval of its logarithm; NaN where one side is empty."""
    if not (above > 0 and below > 0):
        return WinEstimate(*[float("nan")] * 4)
    log = float(np.log(above / below))
    low, high = np.exp([log - half * se, log + half * se])
    return WinEstimate(above / below, float(low), float(high), _p(log, se))


def _p(value: float, se: float) -> float:
    return float(2 * norm.sf(abs(value) / se)) if se > 0 else float("nan")


def _couples(arm: np.ndarray, pair: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of the treated and of their controls, pair by pair."""
    named = pd.Series(np.asarray(pair))
    is_number = pd.api.types.is_numeric_dtype(named)
    of_pair = (named if is_number else pd.Series(pd.factorize(named)[0])).to_numpy(float)
    kept = np.flatnonzero(of_pair >= 0)
    rows = pd.DataFrame({"pair": of_pair[kept], "arm": arm[kept], "row": kept})
    counts = rows.groupby("pair")["arm"].agg(["size", "sum"])
    wrong = (counts["size"] != 2) | (counts["sum"] != 1)
    if wrong.any() or not len(rows):
        raise StatisticsError(
            f"{int(wrong.sum())} of {len(counts)} pairs are not one treated person and one control"
        )
    rows = rows.sort_values(["pair", "row"])
    return rows.loc[rows["arm"], "row"].to_numpy(), rows.loc[~rows["arm"], "row"].to_numpy()


def _matched(ones, zeros, tiers, conf_level) -> Wins:
    decided = np.zeros(len(ones), np.int8)
    by_tier = []
    for tier in tiers:
        found = np.where(decided == 0, tier.compared(ones, zeros), 0)
        by_tier.append(((found == 1).sum(), (found == -1).sum()))
        decided += found.astype(np.int8)
    by_tier = np.array(by_tier, float)
    count = len(ones)
    shares = by_tier.sum(axis=0) / count
    variance = (np.diag(shares) - np.outer(shares, shares)) / count
    _, odds, net = _statistics(*by_tier.sum(axis=0), count, variance, conf_level)
    named = [tier.name for tier in tiers]
    statistics = (_pocock(*by_tier.sum(axis=0), conf_level), odds, net)
    return _wins(count, count, count, by_tier, named, statistics, None, is_matched=True)


def _pocock(wins: float, losses: float, conf_level: float) -> WinEstimate:
    """Matched win ratio: the interval of the share of wins among decided pairs, as odds."""
    if not (wins > 0 and losses > 0):
        return WinEstimate(*[float("nan")] * 4)
    share = wins / (wins + losses)
    se = np.sqrt(share * (1 - share) / (wins + losses))
    half = norm.ppf(0.5 + conf_level / 2) * se
    low, high = max(share - half, 0.0), min(share + half, 1.0)
    top = high / (1 - high) if high < 1 else float("nan")
    return WinEstimate(
        float(wins / losses), float(low / (1 - low)), float(top), _p(share - 0.5, se)
    )


def _wins(n, m, couples, by_tier, named, statistics, test, *, is_matched) -> Wins:
    """All of it in one object, counts as whole numbers."""
    counts = by_tier.astype(int)
    left = couples - np.cumsum(counts.sum(axis=1))
    tiers = pd.DataFrame(
        {"tier": named, "wins": counts[:, 0], "losses": counts[:, 1], "undecided": left}
    )
    wins, losses = (int(one) for one in counts.sum(axis=0))
    return Wins(
        n, m, couples, wins, losses, couples - wins - losses, tiers, *statistics, test, is_matched
    )

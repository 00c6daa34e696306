"""An attacker who runs the code on networks of his own: which hidden small counts can he tell?

    python bench/attack_learned.py TRUE SHOWN --own OWN … [--below 11]

TRUE and SHOWN are those of `attack_release.py`; each OWN is a folder of `myelomart study run` of
the same studies on a network of the attacker's making (other seeds, other sizes), whose numbers he
knows in full. What holds in all of them is what the code makes hold: counts that are equal, a count
that is the sum of two others, or of all rows that differ in one word, one that is never above
another. Of the release he knows the pattern of what is hidden and what rounds to a shown count.
The least and the most of each hidden count are two programmes over whole numbers (scipy's HiGHS).

Two readings: `anything`, in which a hidden count may have any size, and `few`, in which it is
hidden because it, or the rest of its row, is below the limit, but for as few exceptions as fit
(Wong et al. 2007, VLDB: a reader who knows that no more is hidden than must be). TRUE is read to
keep the score: of each rule how often it holds, of what is told how much is right.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from attack_release import (
    COUNTED,
    Guesses,
    base_of,
    read,
    told_by_levels,
    told_by_ratios,
    told_by_tests,
    unpacked,
)
from own_networks import NAMES, Rule, counts, learn, own_counts
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

LEARNED = ("equal", "sum of two")  # kinds of rules of which some are chance
SECONDS = 5.0  # of one programme
TOLD = 2  # width of an interval that tells a count to within one
NO_0_BELOW = 6  # limits under which a column of few persons shows no 0 but at risk
AT_RISK = ("survival", "cumulative_incidence", "rate_at_time", "risk_at_horizon")


@dataclass
class Release:
    """Counts of a release: their words, what is shown of them (NaN: hidden), what they may be."""

    words: pd.DataFrame
    shown: np.ndarray
    hidden: np.ndarray
    low: np.ndarray
    high: np.ndarray
    limit: int


def read_release(shown: pd.DataFrame, own: pd.DataFrame, limit: int) -> Release:
    """What anybody knows of each count of ``own``; a row that is not listed counts nobody."""
    base, given = base_of(shown), counts(shown)
    listed = own.index.isin(given.index)
    is_x = own.index.get_level_values("name") == "x"
    public = given.reindex(own.index).where(listed | ~is_x, 0.0)
    words = public.index.to_frame(index=False)
    value = public.to_numpy()
    low, high = value - base // 2, value + (base - 1) // 2
    if base > 1:
        low = np.maximum(low, limit)
    low, high = np.where(value == 0, 0, low), np.where(value == 0, 0, high)
    stands = own.notna().any(axis=1).groupby(level=["analysis_id", "statistic", "name"])
    hidden = np.isnan(value) & listed & stands.transform("any").to_numpy()
    n_of = words[words["name"] == "n"].drop(columns="name").assign(n=value[words["name"] == "n"])
    size = words.drop(columns="name").merge(n_of, how="left")["n"].to_numpy()
    is_share = words["statistic"].isin(COUNTED) | words["statistic"].str.startswith("percent")
    is_some = words["name"].ne("x").to_numpy() | (is_share.to_numpy() & (size > 0))
    if limit < NO_0_BELOW:
        column = [words[name] for name in ("study_id", "analysis_id", "population", "arm")]
        is_shown = pd.Series(value > 0).groupby(column).transform("any").to_numpy()
        is_some &= is_shown | words["statistic"].isin(AT_RISK).to_numpy()
    low = np.where(hidden, is_some & (base > 1), low)  # none is shown, unless with its row
    most = 2 * np.nanmax(high)  # of any count of the release
    low, high = np.where(np.isnan(low), 0, low), np.where(np.isnan(high), most, high)
    return Release(words, value, hidden, low, high, limit)


def with_rests(release: Release, true: np.ndarray) -> tuple[Release, np.ndarray, list[Rule]]:
    """The release and the true counts with the rest of each row whose numerator is hidden."""
    row = [name for name in release.words.columns if name != "name"]
    rules, added, rest, most = [], [], [], []
    for members in release.words.groupby(row, sort=False).indices.values():
        of = {release.words["name"].iat[k]: int(k) for k in members}
        if {"x", "n"} <= of.keys() and release.hidden[of["x"]]:
            size = len(true) + len(added)
            rules.append(Rule("within its row", {of["x"]: 1, size: 1, of["n"]: -1}))
            added.append(of["x"])
            most.append(release.high[of["n"]])
            rest.append(true[of["n"]] - true[of["x"]])
    count = len(added)
    words = pd.concat([release.words, release.words.iloc[added].assign(name="c")])
    more = Release(
        words.reset_index(drop=True), np.append(release.shown, np.full(count, np.nan)),
        np.append(release.hidden, np.ones(count, bool)), np.append(release.low, np.zeros(count)),
        np.append(release.high, most), release.limit,
    )  # fmt: skip
    return more, np.append(true, rest), rules


def narrow(release: Release, rules: list[Rule]) -> list[Rule]:
    """Narrow ``release`` by every rule; the rules that its numbers do not disprove."""
    low, high = release.low, release.high
    places: dict[int, set[int]] = defaultdict(set)
    for k, rule in enumerate(rules):
        for cell in rule.terms:
            places[cell].add(k)
    waiting, wrong = dict.fromkeys(range(len(rules))), set()
    while waiting:
        k, _ = waiting.popitem()
        if k in wrong:
            continue
        rule = rules[k]
        ends = {c: sorted((f * low[c], f * high[c])) for c, f in rule.terms.items()}
        least, most = (sum(end[side] for end in ends.values()) for side in (0, 1))
        if least > rule.high or most < rule.low:
            wrong.add(k)
            continue
        for cell, factor in rule.terms.items():
            room = rule.low - (most - ends[cell][1]), rule.high - (least - ends[cell][0])
            room = sorted((room[0] / factor, room[1] / factor))
            new = max(low[cell], np.ceil(room[0] - 1e-9)), min(high[cell], np.floor(room[1] + 1e-9))
            if new != (low[cell], high[cell]) and new[0] <= new[1]:
                low[cell], high[cell] = new
                waiting |= dict.fromkeys(places[cell])
    return [rule for k, rule in enumerate(rules) if k not in wrong]


def narrow_by_other_numbers(release: Release, shown: pd.DataFrame, true: np.ndarray) -> None:
    """Bounds from levels of curves, tests made and ratios, as `attack_release` reads them."""
    shown = shown[shown["statistic"] != "change"]
    index = counts(shown).index
    at = pd.MultiIndex.from_frame(release.words).get_indexer(index)
    cells = [(row, name) for name in NAMES for row in shown.index]
    guesses = Guesses(shown, release.limit)
    for told in (told_by_levels, told_by_tests, told_by_ratios):
        for cell, k in zip(cells, at.tolist(), strict=True):
            guesses.low[cell], guesses.high[cell] = release.low[k], release.high[k]
        told(shown, guesses)
        right = []
        for cell, k in zip(cells, at.tolist(), strict=True):
            new = guesses.low[cell], guesses.high[cell]
            if new != (release.low[k], release.high[k]):
                right.append(new[0] <= true[k] <= new[1])
                release.low[k], release.high[k] = new
        print(f"  {told.__name__}: {len(right)}, of which {np.mean(right or [1]):.1%} hold")


def parts(release: Release, rules: list[Rule]) -> Iterator[tuple[list[int], list[Rule]]]:
    """Counts that are no single number yet and hang together, with the rules between them."""
    free = release.low < release.high
    group: dict[int, int] = {}

    def root(cell: int) -> int:
        while group.setdefault(cell, cell) != cell:
            group[cell] = group[group[cell]]
            cell = group[cell]
        return cell

    for rule in rules:
        own = [cell for cell in rule.terms if free[cell]]
        for cell in own[1:]:
            group[root(cell)] = root(own[0])
    cells, of = defaultdict(list), defaultdict(list)
    for cell in np.flatnonzero(free).tolist():
        cells[root(cell)].append(cell)
    for rule in rules:
        if own := [cell for cell in rule.terms if free[cell]]:
            of[root(own[0])].append(rule)
    for key, own in cells.items():
        yield own, of[key]


class Programme:
    """Whole numbers that fit rules; with ``few``, hidden counts are few but for few exceptions."""

    def __init__(self, release: Release, cells: list[int], rules: list[Rule], few: bool) -> None:
        self.place = {cell: k for k, cell in enumerate(cells)}
        self.low, self.high = release.low[cells].tolist(), release.high[cells].tolist()
        self.rows: list[tuple[dict[int, float], float, float]] = []
        for rule in rules:
            fixed = sum(f * release.low[c] for c, f in rule.terms.items() if c not in self.place)
            terms = {self.place[c]: f for c, f in rule.terms.items() if c in self.place}
            self.rows.append((terms, rule.low - fixed, rule.high - fixed))
        self.exceptions: list[int] = []
        self.most = 4 * release.high.max()
        self.whole = 1  # 0 where whole numbers take too long: what any numbers leave is wider
        if self.solve([], 1.0) is None:
            self.whole = 0
            if self.solve([], 1.0) is None:
                self._without_the_wrong(rules)
                self.whole = int(self.solve([], 1.0) is not None)
        if few:
            self._say_few(release, cells)

    def _without_the_wrong(self, rules: list[Rule]) -> None:
        """Leave out the rules that fail, where as few as can be must fail for anything to fit."""
        kept, fails = [*self.rows], {}
        for k, (terms, low, high) in enumerate(kept):
            if rules[k].kind in LEARNED:
                fails[k] = self._new()
                self.rows.append((terms | {fails[k]: self.most}, low, np.inf))
                self.rows.append((terms | {fails[k]: -self.most}, -np.inf, high))
                self.rows[k] = ({}, -np.inf, np.inf)
        answer = self.solve([*fails.values()], 1.0)
        failed = {k for k, at in fails.items() if answer is None or answer[0][at] > 0.5}
        self.rows = [row for k, row in enumerate(kept) if k not in failed]

    def _new(self) -> int:
        self.low.append(0)
        self.high.append(1)
        return len(self.low) - 1

    def _say_few(self, release: Release, cells: list[int]) -> None:
        most = release.limit - 1
        beside = rests(release)
        for cell in cells:
            at = self.place[cell]
            if not release.hidden[cell] or release.words["name"].iat[cell] == "c":
                continue
            whole, own = beside.get(cell), self._new()
            self.rows.append(({at: 1, own: -self.most}, -np.inf, most))
            if whole is None:
                self.exceptions.append(own)
                continue
            rest, both = self._new(), self._new()
            self.exceptions.append(both)
            terms, size = {at: -1, rest: -self.most}, 0.0
            if whole in self.place:
                terms[self.place[whole]] = 1
            else:
                size = release.low[whole]
            self.rows.append((terms, -np.inf, most - size))
            self.rows.append(({own: 1, rest: 1, both: -1}, -np.inf, 1))
        if self.exceptions and self.whole:
            fewest = self.solve(self.exceptions, 1.0)
            if fewest is not None:
                needed = float(np.rint(fewest[0][self.exceptions].sum()))
                self.rows.append((dict.fromkeys(self.exceptions, 1), -np.inf, needed))

    def solve(self, wanted: Iterable[int], sign: float) -> tuple[np.ndarray, float] | None:
        """Numbers with the least (sign 1) or the most of ``wanted``, and a bound on it."""
        goal = np.zeros(len(self.low))
        goal[[*wanted]] = sign
        index = [(k, at, f) for k, (terms, *_) in enumerate(self.rows) for at, f in terms.items()]
        limits = ()
        if index:
            k, at, f = zip(*index, strict=True)
            table = csr_array((f, (k, at)), (len(self.rows), len(goal)), dtype=float)
            limits = LinearConstraint(table, *([row[side] for row in self.rows] for side in (1, 2)))
        answer = milp(
            goal, constraints=limits, bounds=Bounds(self.low, self.high),
            integrality=np.full(len(goal), self.whole), options={"time_limit": SECONDS},
        )  # fmt: skip
        if answer.x is None:
            return None
        if not self.whole:
            return answer.x, sign * answer.fun
        return np.rint(answer.x), sign * float(answer.mip_dual_bound)


def rests(release: Release) -> dict[int, int]:
    """Hidden numerators beside a shown denominator: hidden for them, or for their rest."""
    row = [name for name in release.words.columns if name != "name"]
    found = {}
    for members in release.words.groupby(row, sort=False).indices.values():
        of = {release.words["name"].iat[k]: int(k) for k in members}
        if {"x", "n"} <= of.keys() and release.hidden[of["x"]] and release.shown[of["n"]] > 0:
            found[of["x"]] = of["n"]
    return found


def told(release: Release, rules: list[Rule], few: bool) -> dict[int, tuple[float, float]]:
    """Hidden counts that can be told to within one, with what they may be."""
    found, unsolved = {}, 0
    for cells, own in parts(release, rules):
        asked = [cell for cell in cells if release.hidden[cell]]
        if not asked:
            continue
        programme = Programme(release, cells, own, few)
        at = [programme.place[cell] for cell in asked]
        seen = [np.full(len(at), np.inf), np.full(len(at), -np.inf)]
        for here in ([*range(len(at))], *([k] for k in range(len(at)))):
            wanted, ends = [at[k] for k in here], []
            for sign in (1.0, -1.0):
                if (seen[1][here] - seen[0][here] > TOLD).all():
                    break
                answer = programme.solve(wanted, sign)
                if answer is None:
                    break
                seen = [np.minimum(seen[0], answer[0][at]), np.maximum(seen[1], answer[0][at])]
                ends.append(answer[1])
            if len(ends) < 2 and np.isinf(seen[0]).any():
                unsolved += 1
                break
            if len(here) == 1 and len(ends) == 2:
                low, high = np.ceil(ends[0] - 1e-6), np.floor(ends[1] + 1e-6)
                if high - low <= TOLD:
                    found[asked[here[0]]] = low, high
    for cell in np.flatnonzero(release.hidden & (release.low == release.high)).tolist():
        found[cell] = release.low[cell], release.high[cell]
    if unsolved:
        print(f"  groups of counts in which nothing fits: {unsolved}")
    return found


def holds(rule: Rule, true: np.ndarray) -> bool | None:
    """Whether a rule holds of the true counts; None where one of them is missing."""
    total = sum(factor * true[cell] for cell, factor in rule.terms.items())
    return None if np.isnan(total) else bool(rule.low <= total <= rule.high)


def say_rules(rules: list[Rule], true: np.ndarray) -> None:
    by = defaultdict(list)
    for rule in rules:
        by[rule.kind].append(holds(rule, true))
    for kind, all_of in by.items():
        known = [one for one in all_of if one is not None]
        print(f"  {kind}: {len(all_of)}, of which {np.mean(known) if known else np.nan:.1%} hold")


def score(release: Release, true: np.ndarray, found: dict) -> str:
    """Hidden small counts, how many are told, and how many of all that is told is right."""
    is_rest = release.words["name"].eq("c").to_numpy()
    small = release.hidden & (true > 0) & (true < release.limit)
    right = {cell for cell, (low, high) in found.items() if low <= true[cell] <= high}
    claims = [cell for cell in found if not np.isnan(true[cell])]
    said = []
    for what, own in (("hidden small counts", ~is_rest), ("small rests of hidden", is_rest)):
        within = [cell for cell in right if (small & own)[cell]]
        exactly = [cell for cell in within if found[cell][0] == found[cell][1]]
        said.append(f"{what} {(small & own).sum()}: exactly {len(exactly)}, to one {len(within)}")
    none = sum(true[cell] == 0 for cell in right)
    large = sum(true[cell] >= release.limit for cell in right)
    said.append(f"told in all {len(claims)}, right {len(right)} ({none} none, {large} not small)")
    return "; ".join(said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("true", type=Path)
    parser.add_argument("shown", type=Path)
    parser.add_argument("--own", type=Path, nargs="+", required=True)
    parser.add_argument("--below", type=int, default=11)
    parser.add_argument("--list", action="store_true", help="print what is told, count by count")
    given = parser.parse_args()
    shown = read(unpacked(given.shown))
    frames = [read(one) for one in given.own]
    frames = [one[one["study_id"].isin(set(shown["study_id"]))] for one in frames]
    own = own_counts(frames, shown)
    release = read_release(shown, own, given.below)
    index = own.index
    true = counts(read(given.true)).reindex(index).to_numpy()
    rules = [*learn(own.to_numpy(), release.words)]
    print(f"{len(index)} counts, {len(rules)} rules learned from {len(frames)} networks")
    rules = narrow(release, rules)
    narrow_by_other_numbers(release, shown, true)
    release, true, more = with_rests(release, true)
    rules = narrow(release, rules + more)
    say_rules(rules, true)
    for few in (False, True):
        found = told(release, rules, few)
        print(f"{'few' if few else 'anything'}: {score(release, true, found)}")
        for cell, ends in found.items() if given.list else ():
            words = [word for word in release.words.iloc[cell] if word]
            print("   ", " | ".join(words), "true", true[cell], "told", ends)


if __name__ == "__main__":
    main()

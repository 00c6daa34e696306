"""An attacker with a folder of suppressed results: which hidden small counts can be rebuilt?

    python bench/attack_release.py TRUE SHOWN [--below 11] [--former FORMER]

TRUE is a folder of `myelomart study run`, and SHOWN one of the same warehouse with a policy, or a
zip of `myelomart study release`; TRUE is read to keep the score, never to guess. The attacker knows
how tables are made, not how they were hidden: this file shares no code with `myelomart.disclosure`.
Printed are the hidden counts, and how many are told exactly or to within one; FORMER is an earlier
release, whose differences from SHOWN are read too.
"""

import argparse
import json
import re
import tempfile
import zipfile
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

KEY = ["study_id", "analysis_id", "population", "row_group", "row_label", "endpoint",
       "timepoint_months", "statistic", "arm"]  # fmt: skip
COUNTS = ("estimate", "numerator", "denominator", "n_missing")
COUNTED = {"count", "n", "events", "competing_events", "removed_for_prior_outcome",
           "persons_after", "persons_excluded"}  # fmt: skip
PUBLIC = {"as printed", "pooled by us"}
PLACED = {"median": "groups", "mean": "groups", "pair": "pairs"}


def read(folder: Path) -> pd.DataFrame:
    frame = pd.concat(
        [pd.read_parquet(file) for file in sorted(folder.glob("*/estimates.parquet"))],
        ignore_index=True,
    )
    frame = frame[~frame["population"].isin(PUBLIC)]
    counted = frame["statistic"].isin(COUNTED) & frame["unit"].ne("sites").fillna(True)
    frame["x"] = frame["numerator"].where(~counted | frame["estimate"].isna(), frame["estimate"])
    frame["n"], frame["u"] = frame["denominator"], frame["n_missing"]
    frame["row_label"] = frame["row_label"].fillna("")
    frame["at"] = frame.groupby(KEY, dropna=False).cumcount()
    return frame[frame["unit"].ne("sites").fillna(True)]


def unpacked(path: Path) -> Path:
    """The folder of a release; a zip is unpacked for the time of this program."""
    if path.is_dir():
        return path
    place = tempfile.mkdtemp()
    with zipfile.ZipFile(path) as packed:
        packed.extractall(place)
    return Path(place)


def base_of(shown: pd.DataFrame) -> int:
    """What counts are rounded to, as anybody can see; 1 when they are not."""
    counts = shown[["x", "n"]].stack().dropna()
    counts = counts[counts > 0]
    return next((b for b in (10, 5) if ((counts % b) == 0).mean() > 0.99), 1)


class Guesses:
    """An interval per count, narrowed by one sum after the other until nothing moves."""

    def __init__(self, shown: pd.DataFrame, limit: int) -> None:
        base = base_of(shown)
        self.low, self.high = {}, {}
        biggest = np.nanmax(shown[["x", "n"]].to_numpy())
        for row in shown.itertuples():
            for name in ("x", "n", "u"):
                value = getattr(row, name)
                cell = row.Index, name
                if np.isfinite(value):
                    room = (0, 0) if value == 0 else (-(base // 2), (base - 1) // 2)
                    self.low[cell], self.high[cell] = value + room[0], value + room[1]
                    if value > 0:
                        self.low[cell] = max(self.low[cell], limit if base > 1 else 1)
                else:  # none is shown, so that what is hidden beside a shown whole is some
                    whole = row.n if name == "x" and np.isfinite(row.n) else biggest
                    is_some = name == "x" and np.isfinite(row.n) and row.n > 0
                    self.low[cell], self.high[cell] = int(is_some), whole + base // 2
        self.equations: list[tuple[tuple, list[tuple]]] = []

    def tie(self, whole: tuple, parts: list[tuple]) -> None:
        """Remember a sum."""
        self.equations.append((whole, parts))

    def settle(self) -> None:
        """Read every sum again until no interval moves."""
        for _ in range(30):
            moved = False
            for whole, parts in self.equations:
                low = sum(self.low[p] for p in parts)
                high = sum(self.high[p] for p in parts)
                if low > self.high[whole] or high < self.low[whole]:
                    continue  # not a sum after all
                moved |= self._narrow(whole, low, high)
                for part in parts:
                    moved |= self._narrow(
                        part,
                        self.low[whole] - (high - self.high[part]),
                        self.high[whole] - (low - self.low[part]),
                    )
            if not moved:
                break

    def _narrow(self, cell: tuple, low: float, high: float) -> bool:
        new = max(low, self.low[cell]), min(high, self.high[cell])
        if new[0] > new[1] or new == (self.low[cell], self.high[cell]):
            return False
        self.low[cell], self.high[cell] = new
        return True


def tie_tables(shown: pd.DataFrame, guesses: Guesses) -> None:
    """The sums anybody sees in a table: levels, columns, unknowns, flows, subgroups, repeats."""
    by = places(shown)
    for key, rows in by.items():
        if maker := TIES.get(key[0]):
            for whole, parts in maker(key, rows, by):
                guesses.tie(whole, parts)


def places(shown: pd.DataFrame) -> dict[tuple, list[tuple[int, str]]]:
    """Rows that stand together, by what they have in common, each with what tells it apart."""
    by = defaultdict(list)
    for row in shown.itertuples():
        head, sep, level = row.row_label.rpartition(": ")
        place = row.study_id, row.analysis_id, str(row.population), str(row.endpoint)
        study, arm, month = row.study_id, str(row.arm), str(row.timepoint_months)
        own, told = (study, row.analysis_id, arm), (row.Index, row.statistic)
        by["columns", place, row.row_label, row.statistic, month].append((row.Index, arm))
        if sep:
            by["levels", place, head, arm, row.statistic].append((row.Index, level))
        if row.statistic in ("count", "percent"):
            by["twice", study, place[2], arm, row.row_label, place[3]].append(told)
        if row.statistic in ("n", "removed_for_prior_outcome"):
            by["arm", place, arm, month].append(told)
        if row.statistic.startswith("persons_"):
            by["flow", place[:3], arm].append(told)
        if row.statistic in ("hazard_ratio_inside", "hazard_ratio_outside"):
            by["sides", study, place[3], arm, row.row_label].append(told)
        if row.statistic == "hazard_ratio":
            by["whole", study, place[3], arm].append(told)
        if str(row.row_group) == "Size" and row.row_label == "Persons":
            for population in {place[2], "all"}:
                by["size", *own, population].append(told)
        elif row.statistic in ("percent", "mean", "median"):
            by["known", *own, place[2]].append(told)
        by[PLACED.get(row.statistic, "others"), place].append((row.Index, arm, row.row_label))
    return by


def of_levels(key, rows, by):
    at = [index for index, _ in rows]
    known = [index for index, level in rows if level != "unknown"]
    for some in (at, known):
        if len(some) > 1:
            yield (some[0], "n"), [(one, "x") for one in some]
    for here, then in pairwise(known):
        yield (here, "n"), [(then, "n")]
        yield (here, "u"), [(then, "u")]


def of_columns(key, rows, by):
    for whole in [index for index, arm in rows if arm.startswith("All") and len(rows) > 2]:
        for name in ("x", "n", "u"):
            yield (whole, name), [(one, name) for one, _ in rows if one != whole]


def of_repeats(key, rows, by):
    for (here, _), (then, _) in pairwise(rows):
        yield (here, "x"), [(then, "x")]
        yield (here, "n"), [(then, "n")]


def of_arms(key, rows, by):
    of = {statistic: index for index, statistic in rows}
    if len(of) == 2:
        removed = of["removed_for_prior_outcome"]
        yield (removed, "n"), [(of["n"], "x"), (removed, "x")]


def of_flows(key, rows, by):
    after = [index for index, statistic in rows if statistic == "persons_after"]
    gone = [index for index, statistic in rows if statistic == "persons_excluded"]
    for here, left in zip(after, gone, strict=False):
        yield (here, "n"), [(here, "x"), (left, "x")]
    for here, then in pairwise(after):
        yield (then, "n"), [(here, "x")]


def of_sides(key, rows, by):
    for whole, _ in by.get(("whole", *key[1:4]), []):
        if len(rows) == 2:
            yield (whole, "x"), [(one, "x") for one, _ in rows]


def of_known(key, rows, by):
    for size, _ in by.get(("size", *key[1:]), []):
        for one, _ in rows:
            yield (size, "x"), [(one, "n"), (one, "u")]


def of_pairs(key, rows, by):
    groups = by.get(("groups", key[1]), [])
    for pair, _, label in rows:
        for first, one, _ in groups:
            for second, other, _ in groups:
                if label.endswith(f"{one} against {other}"):
                    yield (pair, "n"), [(first, "n"), (second, "n")]


TIES = {
    "levels": of_levels, "columns": of_columns, "twice": of_repeats, "arm": of_arms,
    "flow": of_flows, "sides": of_sides, "known": of_known, "pairs": of_pairs,
}  # fmt: skip


def tie_shares(shown: pd.DataFrame, guesses: Guesses) -> None:
    """A percent with more digits than its counts allow tells the numerator."""
    base = base_of(shown)
    for row in shown[shown["unit"].eq("%") & shown["estimate"].notna()].itertuples():
        if row.n and abs(row.estimate - 100 * row.x / row.n) < 1e-7 and base > 1:
            continue  # made from the rounded counts beside it
        low, high = guesses.low[row.Index, "n"], guesses.high[row.Index, "n"]
        fits = [
            (count, known)
            for known in range(int(low), int(high) + 1) if known
            for count in [round(row.estimate * known / 100)]
            if abs(100 * count / known - row.estimate) < 1e-7
        ]  # fmt: skip
        if fits:
            guesses._narrow((row.Index, "x"), min(f[0] for f in fits), max(f[0] for f in fits))
            guesses._narrow((row.Index, "n"), min(f[1] for f in fits), max(f[1] for f in fits))


def told_by_ratios(shown: pd.DataFrame, guesses: Guesses) -> None:
    """Events of an arm from the interval of a ratio: its variance is near 1/a + 1/b."""
    events = {
        (row.study_id, row.analysis_id, str(row.endpoint), str(row.arm)): row.Index
        for row in shown[shown["statistic"] == "events"].itertuples()
    }
    ratios = shown[shown["statistic"].str.startswith("hazard_ratio") & shown["ci_low"].gt(0)]
    for row in ratios.itertuples():
        pair = [
            events.get((row.study_id, row.analysis_id, str(row.endpoint), str(arm)))
            for arm in (row.arm, row.comparator)
        ]
        if None in pair or row.ci_high <= row.ci_low:
            continue
        inverse = 0.5 * 10.0 ** -_digits(row.ci_low), 0.5 * 10.0 ** -_digits(row.ci_high)
        widest = np.log((row.ci_high + inverse[1]) / max(row.ci_low - inverse[0], 1e-9))
        narrowest = np.log(max((row.ci_high - inverse[1]) / (row.ci_low + inverse[0]), 1.0001))
        variance = [(w / 3.919928) ** 2 for w in (narrowest, widest)]
        for own, other in (pair, pair[::-1]):
            few, many = guesses.low[other, "x"], guesses.high[other, "x"]
            found = [
                count for count in range(1, 400)
                if any(variance[0] * 0.9 <= 1 / count + 1 / b <= variance[1] * 1.1
                       for b in np.arange(max(few, 1), many + 1))
            ]  # fmt: skip
            if found:
                guesses._narrow((own, "x"), min(found), max(found))


def told_by_tests(shown: pd.DataFrame, guesses: Guesses) -> None:
    """Who was tested are no more than the tests: how many a year, in all persons to the horizon."""
    key = ["study_id", "analysis_id", "population", "row_label", "endpoint", "arm"]
    words = shown[key].astype(str)
    words = words[shown["statistic"] == "percent_tested"]
    place = {word[1:]: word[0] for word in words.itertuples(name=None)}
    for row in shown[shown["statistic"] == "tests_per_year"].itertuples():
        tested = place.get(tuple(str(getattr(row, name)) for name in key))
        if tested is None or not np.isfinite(row.estimate) or not np.isfinite(row.n):
            continue
        most = np.floor(row.estimate * row.timepoint_months / 12 * (row.n + 4) + 1)
        guesses._narrow((tested, "x"), min(1, most), most)


def _digits(value: float) -> int:
    text = f"{value:.12f}".rstrip("0")
    return len(text.split(".")[1])


def told_by_levels(shown: pd.DataFrame, guesses: Guesses) -> None:
    """Events of an arm are at least the persons at risk times the share that had one."""
    base = base_of(shown)
    at = {
        (row.study_id, str(row.population), str(row.endpoint), str(row.arm)): row.Index
        for row in shown[shown["statistic"] == "events"].itertuples()
    }
    for row in shown[shown["statistic"] == "survival"].itertuples():
        events = at.get((row.study_id, str(row.population), str(row.endpoint), str(row.arm)))
        if events is None or not (np.isfinite(row.estimate) and np.isfinite(row.n)):
            continue
        gone = max(0.0, 1 - row.estimate - base / max(2 * guesses.high[events, "n"], 1))
        least = np.ceil(gone * max(row.n - base / 2, 0) - 1e-9)
        guesses._narrow((events, "x"), least, guesses.high[events, "x"])


def told_by_curves(folder: Path, rounded_to: int, limit: int) -> dict[str, int]:
    """Steps of curves that surely hold few; intervals whose events or losses are told to one.

    Those at risk are counted before the events of their time: between two readings may lie the
    events of both steps, or none.
    """
    found = dict.fromkeys(("steps", "few", "events told", "losses told"), 0)
    for file in sorted(folder.glob("*/curves.parquet")):
        curves = pd.read_parquet(file)
        for _, own in curves.groupby(
            ["analysis_id", "population", "endpoint", "arm"], dropna=False
        ):
            own = own.sort_values("time_months", kind="stable")
            level, risk = own["survival"].to_numpy(float), own["n_risk"].to_numpy(float)
            level = 1 - level if level[0] == 0 else level
            base = rounded_to if rounded_to > 1 and (risk % rounded_to == 0).all() else 0
            grid = base / risk[0]
            most = 0.0
            for k in range(1, len(own)):
                before, most = most, 0.0
                if level[k] == level[k - 1]:
                    continue
                found["steps"] += 1
                ends = [(level[k] + sign * grid / 2) / (level[k - 1] - sign * grid / 2)
                        for sign in (1, -1)]  # fmt: skip
                fewest = max(0.0, 1 - min(ends[0], 1)) * max(risk[k] - base / 2, 0)
                most = (1 - ends[1]) * (risk[k - 1] + base / 2)
                left = risk[k - 1] - risk[k]
                lost = max(0, left - base - most - before), left + base
                found["few"] += most < limit
                found["events told"] += most - fewest < 2 and most < limit
                found["losses told"] += lost[1] - lost[0] < 2 and 0 < lost[1] < limit
    return found


def small_numbers_in_texts(folder: Path, limit: int) -> list[str]:
    """Counts of 1 to below the limit in tables, pages, figures and warnings: "3 / 120", "n = 3"."""
    found = []
    pattern = re.compile(r"(?<![\w.,])([1-9]\d?) ?/ ?\d{2,}|\b([1-9]\d?) (?:persons|patients)\b")
    files = [*folder.glob("*/tables/*.csv"), *folder.glob("*/manifest.json"),
             *folder.glob("*/figures/*.svg")]  # fmt: skip
    for file in sorted(files):
        if "beside_printed" in file.name:
            continue  # the printed numbers are public
        text = file.read_text(encoding="utf-8")
        text = " ".join(re.findall(r">([^<>]+)<", text)) if file.suffix == ".svg" else text
        for hit in pattern.finditer(text):
            number = int(hit.group(1) or hit.group(2))
            if number < limit and not (number == 5 * (number // 5) and number + 2 >= limit):
                found.append(f"{file.parent.parent.name}/{file.name}: {hit.group()}")
        if file.name == "manifest.json":
            found += [
                f"{file.parent.name}: {hit}" for one in json.loads(text)["warnings"]
                for hit in re.findall(r"\d+ % of", one)
            ]  # fmt: skip
    return found


def score(true: pd.DataFrame, shown: pd.DataFrame, guesses: Guesses, limit: int) -> dict[str, int]:
    """Hidden small counts, and how many are told exactly or to within one."""
    both = shown.reset_index().merge(
        true[[*KEY, "at", "x", "n", "u"]], on=[*KEY, "at"], suffixes=("", "_true"), how="inner"
    )
    found = dict.fromkeys(("hidden", "exactly", "within one", "within one but wrong", "wrong"), 0)
    for row in both.itertuples():
        for name in ("x", "n", "u"):
            truth, public = getattr(row, f"{name}_true"), getattr(row, name)
            if not 0 < truth < limit or np.isfinite(public):
                continue
            low, high = guesses.low[row.index, name], guesses.high[row.index, name]
            found["hidden"] += 1
            found["exactly"] += low == high == truth
            found["within one"] += high - low <= 2 and low <= truth <= high
            found["within one but wrong"] += high - low <= 2 and not low <= truth <= high
            found["wrong"] += not low <= truth <= high
    return found


def told_by_two(former: pd.DataFrame, shown: pd.DataFrame, limit: int) -> dict[str, int]:
    """What differs between two releases though fewer persons than the limit can be behind it."""
    numbers = ["x", "n", "u", "estimate", "ci_low", "ci_high", "iqr_low", "iqr_high", "p_value"]
    both = shown[[*KEY, "at", *numbers]].merge(
        former[[*KEY, "at", *numbers]], on=[*KEY, "at"], how="outer",
        suffixes=("", "_former"), indicator=True,
    )  # fmt: skip
    found = {"rows of one alone": int((both["_merge"] != "both").sum())}
    both = both[both["_merge"] == "both"]
    moved = pd.Series(False, both.index)
    for name, kind in (("x", "counts"), ("n", "counts"), ("u", "counts")):
        now, then = both[name].astype(float), both[f"{name}_former"].astype(float)
        apart = (now - then).abs()
        moved |= apart >= limit
        found[kind] = found.get(kind, 0) + int(((apart > 0) & (apart < limit)).sum())
        found["hidden in one"] = found.get("hidden in one", 0) + int(
            (now.isna() ^ then.isna()).sum()
        )
    for name in numbers[3:]:
        now, then = both[name].astype(float), both[f"{name}_former"].astype(float)
        differs = ~np.isclose(now, then, equal_nan=True) & ~moved
        found["other numbers"] = found.get("other numbers", 0) + int(differs.sum())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("true", type=Path)
    parser.add_argument("shown", type=Path)
    parser.add_argument("--below", type=int, default=11)
    parser.add_argument("--former", type=Path)
    given = parser.parse_args()
    folder = unpacked(given.shown)
    true, shown = read(given.true), read(folder)
    true = true[true["study_id"].isin(set(shown["study_id"]))]
    guesses = Guesses(shown, given.below)
    tie_tables(shown, guesses)
    tie_shares(shown, guesses)
    told_by_ratios(shown, guesses)
    told_by_levels(shown, guesses)
    told_by_tests(shown, guesses)
    guesses.settle()
    found = score(true, shown, guesses, given.below)
    print(", ".join(f"{name} {count}" for name, count in found.items()))
    curves = told_by_curves(folder, base_of(shown), given.below)
    print("curves:", ", ".join(f"{name} {count}" for name, count in curves.items()))
    texts = small_numbers_in_texts(folder, given.below)
    print(f"small counts in tables, manifests and figures: {len(texts)}", *texts[:20], sep="\n  ")
    columns = ["estimate", "ci_low", "ci_high", "iqr_low", "iqr_high", "p_value", "numerator",
               "denominator", "n_missing"]  # fmt: skip
    counts = [frame[columns].notna().sum().sum() for frame in (shown, true)]
    print(f"numbers shown: {counts[0]} of {counts[1]}")
    if given.former:
        told = told_by_two(read(unpacked(given.former)), shown, given.below)
        print("since the former release:", ", ".join(f"{k} {n}" for k, n in told.items()))


if __name__ == "__main__":
    main()

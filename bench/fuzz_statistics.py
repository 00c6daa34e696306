"""The statistics against R on data sets that nobody chose: ties, time 0, strata, weights, clusters.

`python bench/fuzz_statistics.py` draws 400 seeded data sets, lets R's survival and cmprsk judge
every number, and checks the matching against brute force; it prints a table and exits non-zero when
a number is off. `--keep 40 FILE` writes that many data sets with R's answers, which a test reads.
Needs Rscript with survival, cmprsk and jsonlite.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from myelomart import survival
from myelomart.errors import StatisticsError
from myelomart.matching import match_nearest, pooled_sd
from myelomart.survival.inputs import time_grid

HERE = Path(__file__).parent
TOLERANCE = 1e-6  # relative
ZERO = 1e-9  # smaller numbers are rounding about zero
KINDS = ("entry", "strata", "weights", "cluster")


def data_set(seed: int) -> dict:
    """A data set by its seed: columns, and the choices of its analyses."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(12, 90))
    groups = int(rng.integers(2, 4))
    columns = {
        "arm": rng.permutation(np.arange(n) % groups),
        "age": np.round(rng.normal(65, 9, n), 1),
        "flag": rng.integers(0, 2, n),
    }
    risk = np.exp(0.4 * (columns["arm"] == 1) - 0.02 * (columns["age"] - 65))
    time = rng.exponential(rng.uniform(3, 40) / risk)
    grain = rng.choice(["days", "weeks", "months of days", "float ties", "continuous"])
    if grain in ("days", "months of days"):
        time = np.ceil(time)
    elif grain == "weeks":
        time = 7 * np.ceil(time / 7)
    elif grain == "continuous":
        time = np.round(time, 4)
    if rng.random() < 0.3:
        time[rng.random(n) < 0.1] = 0
    if grain == "months of days":
        time = time / 30.4375
    if grain == "float ties":
        time = np.round(time, 0) / 10
        time = np.where(rng.random(n) < 0.5, time + 0.1 - 0.1, time)
        time = np.abs(time)
    events = rng.choice([0.1, 0.4, 0.7])
    draw = rng.random(n)
    code = np.where(draw < events, 1, np.where(draw < events + 0.2, 2, 0))
    code[rng.integers(n)] = 1
    chosen = {kind: rng.random() < 0.3 for kind in KINDS}
    if chosen["entry"]:
        time = time + 1
        entry = np.where(rng.random(n) < 0.5, 0.0, np.floor(time * rng.uniform(0, 0.9, n)))
        columns["entry"] = np.where(entry < time - 1e-6, entry, 0.0)
    if chosen["strata"]:
        columns["strata"] = rng.integers(0, rng.integers(2, 5), n)
    if chosen["weights"]:
        columns["weights"] = np.round(rng.uniform(0.2, 3, n), 3) + 0.0001
    if chosen["cluster"]:
        columns["cluster"] = rng.integers(0, n // 2, n)
    columns |= {"time": time, "code": code}
    options = {
        "conf_type": str(rng.choice(["log-log", "log", "plain"])),
        "ties": str(rng.choice(["efron", "breslow"])),
        "zph": str(rng.choice(["km", "rank", "identity"])),
        "rho": float(rng.choice([0, 0, 1, 0.5])),
        "covariates": [["age"], ["age", "flag"], ["arm"], ["arm", "age", "flag"]][rng.integers(4)],
    }
    return {
        "seed": seed,
        "options": options,
        "columns": {name: values.tolist() for name, values in columns.items()},
    }


def ours(given: dict) -> dict:
    """Our answers, in the form of R's; a refusal is None, a ratio without a maximum `infinite`."""
    options = given["options"]
    rows = {name: np.asarray(values) for name, values in given["columns"].items()}
    grid, index, entry_index = time_grid(rows["time"], rows.get("entry"))
    rows["time"] = grid[index]
    if entry_index is not None:
        rows["entry"] = grid[entry_index]
    event, arms = rows["code"] == 1, np.unique(rows["arm"])
    robust = {name: rows[name] for name in ("weights", "cluster") if name in rows}
    late = {"entry": rows["entry"]} if "entry" in rows else {}
    strata = {"strata": rows["strata"]} if "strata" in rows else {}
    tau = min(rows["time"][rows["arm"] == arm].max() for arm in arms)
    curves = {
        arm: survival.kaplan_meier(
            rows["time"][inside], event[inside], conf_type=options["conf_type"],
            **{name: values[inside] for name, values in (robust | late).items()},
        )
        for arm, inside in ((str(arm), rows["arm"] == arm) for arm in arms)
    }  # fmt: skip
    answers = {
        "curves": {arm: _curve(curve) for arm, curve in curves.items()},
        "restricted": None,
        "log_rank": _or_none(
            lambda: _picked(
                survival.logrank_test(
                    rows["time"], event, rows["arm"], rho=options["rho"], **robust, **late, **strata
                ),
                "chi2",
            )
        ),
        "cox": _or_infinite(lambda: _cox(rows, event, options, robust | late | strata)),
    }
    if tau > 0:
        answers["restricted"] = {
            arm: _picked(survival.restricted_mean(curve, tau), "estimate", "se")
            for arm, curve in curves.items()
        }
    if "cluster" not in rows:
        answers["incidence"] = _incidence(rows, options, robust | late)
    if not robust and not late:
        answers["gray"] = _or_none(
            lambda: _picked(
                survival.gray_test(
                    rows["time"], rows["code"], rows["arm"], rho=options["rho"], **strata
                ),
                "chi2", "df",
            )
        )  # fmt: skip
    if not robust and not late and not strata:
        answers["subdistribution"] = _or_infinite(lambda: _subdistribution(rows, options))
    return answers


def _picked(result, *names) -> dict:
    return {name: getattr(result, name) for name in names}


def _or_none(run):
    try:
        return run()
    except StatisticsError:
        return None


def _or_infinite(run):
    try:
        return run()
    except StatisticsError:
        return {"infinite": True}


def _curve(curve) -> dict:
    quantiles = np.array([curve.quantile(p) for p in (0.25, 0.5, 0.75)])
    return {
        "time": curve.time, "n_risk": curve.n_risk, "survival": curve.survival,
        "ci_low": curve.ci_low, "ci_high": curve.ci_high, "quantile": quantiles[:, 0],
        "quantile_low": quantiles[:, 1], "quantile_high": quantiles[:, 2],
    }  # fmt: skip


def _covariates(rows, options) -> pd.DataFrame:
    return pd.DataFrame({name: rows[name] for name in options["covariates"]})


def _cox(rows, event, options, more) -> dict:
    fit = survival.cox_regression(
        rows["time"], event, _covariates(rows, options), ties=options["ties"], **more
    )
    answer = {
        "coef": fit.coefficients, "se": fit.se, "robust_se": fit.robust_se,
        "loglik": fit.log_likelihood, "score": fit.score_test.chi2, "wald": fit.wald_test.chi2,
        "concordance": fit.concordance.estimate, "concordance_se": fit.concordance.se,
    }  # fmt: skip
    test = _or_none(lambda: survival.proportionality_test(fit, options["zph"]))
    answer["zph"] = None if test is None else [*test.terms["chi2"], test.overall.chi2]
    return answer


def _incidence(rows, options, more) -> dict:
    curves = survival.cumulative_incidence(
        rows["time"], rows["code"], causes=(1, 2), conf_type=options["conf_type"], **more
    )
    one, two = curves[1], curves[2]
    return {
        "time": one.time, "cif_1": one.incidence, "se_1": one.se, "cif_2": two.incidence,
        "se_2": two.se, "low_1": one.ci_low, "high_1": one.ci_high,
    }  # fmt: skip


def _subdistribution(rows, options) -> dict:
    fit = survival.fine_gray(rows["time"], rows["code"], _covariates(rows, options))
    return {"coef": fit.coefficients, "se": fit.se, "loglik": fit.log_likelihood}


def differences(answers: dict, judged: dict) -> list[tuple[str, float]]:
    """Each number's place and relative difference; infinite where one side has none."""
    found: list[tuple[str, float]] = []
    for name, expected in judged.items():
        _walk(name, answers.get(name), expected, found)
    return found


def _walk(place, mine, judge, found) -> None:
    if isinstance(judge, dict):
        if judge.get("infinite") or (isinstance(mine, dict) and mine.get("infinite")):
            both = isinstance(mine, dict) and bool(mine.get("infinite")) and judge.get("infinite")
            found.append((f"{place}.infinite", 0.0 if both else np.inf))
            return
        for key, value in judge.items():
            _walk(f"{place}.{key}", None if mine is None else mine.get(key), value, found)
        return
    if judge is None or judge == []:
        return  # R refuses, or has no such test
    expected = np.atleast_1d(np.asarray(judge, dtype=float))
    actual = np.atleast_1d(np.asarray(np.nan if mine is None else mine, dtype=float))
    if expected.shape != actual.shape:
        found.append((place, np.inf))
        return
    for one, other in zip(actual, expected, strict=True):
        if np.isnan(one) or np.isnan(other):
            found.append((place, 0.0 if np.isnan(one) and np.isnan(other) else np.inf))
        else:
            gap = abs(one - other)
            found.append((place, 0.0 if gap < ZERO else gap / max(abs(other), ZERO)))


def judge(sets: list[dict]) -> list[dict]:
    """R's answers to the same analyses."""
    with tempfile.TemporaryDirectory() as folder:
        data, answers = Path(folder) / "data.json", Path(folder) / "answers.json"
        data.write_text(json.dumps(sets))
        subprocess.run(["Rscript", HERE / "fuzz_statistics.R", data, answers], check=True)
        return json.loads(answers.read_text())


def greedy(score, treated, caliper, ratio, replace, order, exact) -> list[tuple[int, int]]:
    """Nearest-neighbour matching by its definition: every distance looked at, for every choice."""
    values = np.round(score, 12)
    limit = caliper * pooled_sd(values, treated)
    controls = np.flatnonzero(~treated)
    rows = list(np.flatnonzero(treated))
    if order != "closest":
        rows.sort(key=lambda row: (-values[row] if order == "largest" else values[row], row))
    free, pairs = set(controls.tolist()), []

    def near(row, pool):
        found = [(abs(values[row] - values[one]), one) for one in pool if exact[row] == exact[one]]
        return min((pair for pair in found if pair[0] <= limit), default=None)

    if replace:
        for row in rows:
            pool = set(controls.tolist())
            for _ in range(ratio):
                best = near(row, pool)
                if best is None:
                    break
                pool.discard(best[1])
                pairs.append((int(row), best[1]))
        return pairs
    waiting = rows
    for _ in range(ratio):
        matched = []
        queue = list(waiting)
        while queue:
            choices = {row: near(row, free) for row in (queue if order == "closest" else queue[:1])}
            open_ = {row: best for row, best in choices.items() if best is not None}
            if not open_:
                queue = [] if order == "closest" else queue[1:]
                continue
            row = min(open_, key=lambda one: (open_[one][0], one))
            pairs.append((int(row), open_[row][1]))
            free.discard(open_[row][1])
            matched.append(row)
            queue.remove(row)
        waiting = [row for row in waiting if row in matched] if order != "closest" else matched
    return pairs


def matching_faults(seeds) -> list[int]:
    """Seeds at which the fast matching and its definition make other pairs."""
    faults = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        n = int(rng.integers(6, 60))
        treated = rng.random(n) < rng.uniform(0.2, 0.6)
        treated[:4] = [True, True, False, False]
        score = rng.normal(size=n) if rng.random() < 0.5 else rng.integers(0, 8, n) / 4.0
        exact = rng.integers(0, rng.integers(1, 4), n)
        options = {
            "caliper": float(rng.choice([0.05, 0.2, 1.0, 5.0])),
            "ratio": int(rng.integers(1, 4)),
            "replace": bool(rng.random() < 0.3),
            "order": str(rng.choice(["largest", "smallest", "closest"])),
        }
        if options["replace"] and options["order"] == "closest":
            options["order"] = "largest"
        fast = match_nearest(score, treated, scale="probability", exact=exact, **options)
        slow = greedy(score, treated, exact=exact, **options)
        pairs = zip(fast.treated.tolist(), fast.control.tolist(), strict=True)
        if sorted(pairs) != sorted(slow):
            faults.append(seed)
    return faults


def main() -> int:
    """Run, print, and say whether all agrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=400)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--keep", nargs=2, metavar=("SETS", "FILE"))
    chosen = parser.parse_args()
    sets = [data_set(seed) for seed in range(chosen.first, chosen.first + chosen.sets)]
    judged = judge(sets)
    if chosen.keep:
        kept = [
            {**given, "expected": expected}
            for given, expected in zip(sets, judged, strict=True)
        ][: int(chosen.keep[0])]  # fmt: skip
        Path(chosen.keep[1]).write_text(json.dumps(kept, separators=(",", ":")) + "\n")
    worst, count, off = defaultdict(float), Counter(), defaultdict(list)
    for given, expected in zip(sets, judged, strict=True):
        for place, gap in differences(ours(given), expected):
            parts = place.split(".")
            item = f"{parts[0]} {parts[-1]}"
            count[item] += 1
            if gap > TOLERANCE:
                off[item].append(given["seed"])
            else:
                worst[item] = max(worst[item], gap)
    print(f"{chosen.sets} data sets, {sum(count.values())} numbers\n")
    print("| number | compared | largest relative difference | off |\n|---|---:|---:|---|")
    for item, compared in count.items():
        seeds = sorted(set(off[item]))
        told = f"{len(off[item])}, seeds {seeds[:8]}" if seeds else "none"
        print(f"| {item} | {compared} | {worst[item]:.1g} | {told} |")
    faults = matching_faults(range(chosen.first, chosen.first + chosen.sets))
    print(
        f"\nmatching against brute force, {chosen.sets} data sets: "
        f"other pairs at {faults or 'none'}"
    )
    return int(any(off.values()) or bool(faults))


if __name__ == "__main__":
    sys.exit(main())

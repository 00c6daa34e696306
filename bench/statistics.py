"""Time and memory of the statistics, side by side with R, lifelines and scikit-survival.

    python bench/statistics.py                  # the whole table, about 6 minutes on two idle cores
    python bench/statistics.py --page docs/benchmarks_statistics.md       # and write the page
    python bench/statistics.py --tasks cox --rows 10000                   # a part of it

Every tool gets the same data (whole days, about half with an event, 10 covariates), in a process
of its own, one after the other; the fastest of the runs that fit in two seconds counts, without
reading data and without imports. Memory is the peak of the process. `--limit` ends a run after that
many seconds. Tools that are not installed are left out with a word (R: r-base-core,
r-cran-survival, r-cran-cmprsk, r-cran-matchit; the rest: pip install 'myelomart[bench]', or in an
environment of its own named by `--peer-python`).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time as clock
from pathlib import Path

import numpy as np
import pandas as pd
from pages import into_page

HERE = Path(__file__).parent
MARKS = "<!-- figures -->", "<!-- end of figures -->"
COVARIATES = [f"x{position}" for position in range(10)]
TASKS = {
    "kaplan_meier": "Kaplan-Meier",
    "log_rank": "Log-rank",
    "cox": "Cox, 10 covariates, Efron",
    "cox_with_concordance": "the same with concordance and its SE",
    "cumulative_incidence": "Aalen-Johansen",
    "fine_gray": "Fine-Gray, 10 covariates",
    "matching": "Greedy matching, treated : controls = 1 : 10",
}
TOOLS = {
    "kaplan_meier": ("myelomart", "R survfit", "lifelines", "scikit-survival"),
    "log_rank": ("myelomart", "R survdiff", "lifelines", "scikit-survival"),
    "cox": ("myelomart", "R coxph", "lifelines", "scikit-survival"),
    "cox_with_concordance": ("myelomart", "R coxph"),
    "cumulative_incidence": ("myelomart", "R cuminc", "lifelines", "scikit-survival"),
    "fine_gray": ("myelomart", "R crr", "R finegray + coxph"),
    "matching": ("myelomart", "R MatchIt, vector", "R MatchIt, matrix"),
}
R_TASKS = {"R finegray + coxph": "fine_gray_coxph", "R MatchIt, matrix": "matching_matrix"}
# rows above which a peer is not tried: it walks all rows for each event, or keeps all distances
MOST_ROWS = {"R crr": 10_000, "R finegray + coxph": 10_000, "R MatchIt, matrix": 11_000}
GOALS = {"fine_gray": 20, "matching": 20}  # times as fast as the R function; others: at least as
GOAL_FROM = {"matching": 110_000}  # rows: 10,000 treated and more
PEERS = ("lifelines", "scikit-survival")


def make_data(rows: int) -> np.ndarray:
    """Columns time, event, cause, group, score, x0 … x9, by rows (column-major)."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 10))
    x[:, 4] = x[:, 4] > 0
    risk = np.exp(x @ np.linspace(-0.3, 0.3, 10))
    life, death = rng.exponential(1000 / risk), rng.exponential(4000, rows)
    censored = rng.uniform(0, 2000, rows)
    time = np.ceil(np.minimum(np.minimum(life, death), censored))
    cause = np.where(life <= np.minimum(death, censored), 1, np.where(death <= censored, 2, 0))
    group = (np.arange(rows) % 11 == 0).astype(float)
    score = rng.normal(size=rows) + 0.5 * group - 2  # logit of the propensity
    return np.asfortranarray(np.column_stack([time, cause == 1, cause, group, score, x]))


def myelomart_task(task: str, data: np.ndarray):
    from myelomart import survival
    from myelomart.matching import match_nearest

    time, event, cause, group, score = data[:, :5].T
    frame = pd.DataFrame(data[:, 5:], columns=COVARIATES)
    chance = 1 / (1 + np.exp(-score))
    return {
        "kaplan_meier": lambda: survival.kaplan_meier(time, event),
        "log_rank": lambda: survival.logrank_test(time, event, group),
        "cox": lambda: survival.cox_regression(time, event, frame).table(),
        "cox_with_concordance": lambda: survival.cox_regression(time, event, frame).concordance,
        "cumulative_incidence": lambda: survival.cumulative_incidence(time, cause),
        "fine_gray": lambda: survival.fine_gray(time, cause, frame).table(),
        "matching": lambda: match_nearest(chance, group, caliper=0.2),
    }[task]


def lifelines_task(task: str, data: np.ndarray):
    import lifelines
    from lifelines.statistics import logrank_test

    time, event, cause, group = data[:, :4].T
    frame = pd.DataFrame(data[:, 5:], columns=COVARIATES).assign(time=time, event=event)
    one = group == 1
    return {
        "kaplan_meier": lambda: lifelines.KaplanMeierFitter().fit(time, event),
        "log_rank": lambda: logrank_test(time[one], time[~one], event[one], event[~one]),
        "cox": lambda: lifelines.CoxPHFitter().fit(frame, "time", "event"),
        "cumulative_incidence": lambda: lifelines.AalenJohansenFitter(calculate_variance=False).fit(
            time, cause, 1
        ),
    }[task]


def scikit_survival_task(task: str, data: np.ndarray):
    from sksurv.compare import compare_survival
    from sksurv.linear_model import CoxPHSurvivalAnalysis
    from sksurv.nonparametric import cumulative_incidence_competing_risks, kaplan_meier_estimator
    from sksurv.util import Surv

    time, event, cause, group = data[:, :4].T
    outcome = Surv.from_arrays(event == 1, time)
    return {
        "kaplan_meier": lambda: kaplan_meier_estimator(event == 1, time, conf_type="log-log"),
        "log_rank": lambda: compare_survival(outcome, group),
        "cox": lambda: CoxPHSurvivalAnalysis(ties="efron").fit(data[:, 5:], outcome),
        "cumulative_incidence": lambda: cumulative_incidence_competing_risks(
            cause.astype(int), time
        ),
    }[task]


def one_measurement(tool: str, task: str, file: str, rows: int) -> None:
    """In a process of its own: print the seconds of the fastest run and the peak memory in kB."""
    data = np.fromfile(file).reshape((rows, -1), order="F")
    makers = {
        "myelomart": myelomart_task,
        "lifelines": lifelines_task,
        "scikit-survival": scikit_survival_task,
    }
    run = makers[tool](task, data)
    fastest, started = np.inf, clock.perf_counter()
    while clock.perf_counter() - started < 2:
        before = clock.perf_counter()
        run()
        fastest = min(fastest, clock.perf_counter() - before)
    status = Path("/proc/self/status").read_text()
    print(fastest, next(line.split()[1] for line in status.splitlines() if "VmHWM" in line))


def measure(tool: str, task: str, file: Path, data: np.ndarray, chosen) -> dict:
    """Run one tool on one task; seconds and peak memory in MB, or the reason there is none."""
    if len(data) > MOST_ROWS.get(tool, len(data)):
        return {"why": f"not tried above {MOST_ROWS[tool]:,} rows"}
    if tool.startswith("R "):
        command = [
            "Rscript", HERE / "statistics.R", R_TASKS.get(tool, task), file, len(data),
            data.shape[1],
        ]  # fmt: skip
    else:
        python = chosen.peer_python if tool in PEERS else sys.executable
        command = [python, __file__, "--one", tool, task, file, len(data)]
    try:
        child = subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=chosen.limit
        )
    except FileNotFoundError:
        return {"why": "not installed"}
    except subprocess.TimeoutExpired:
        return {"why": f"no result in {chosen.limit:.0f} s"}
    if child.returncode:
        absent = "ModuleNotFoundError" in child.stderr or "there is no package" in child.stderr
        return {"why": "not installed" if absent else "failed"}
    seconds, kilobytes = child.stdout.split()[-2:]
    return {"seconds": float(seconds), "mb": float(kilobytes) / 1024}


def report(results: list[dict]) -> str:
    """A markdown table: each line one task and size, each cell seconds / MB."""
    lines = [
        "| task | rows | myelomart | peers | fastest peer / ours | goal | ours, 10 × the rows |",
        "|---|---:|---|---|---:|---:|---:|",
    ]
    for result in results:
        peers = {tool: value for tool, value in result["tools"].items() if tool != "myelomart"}
        ours = result["tools"]["myelomart"]
        # a peer that was stopped took at least that long
        times = [value["seconds"] for value in peers.values() if "seconds" in value]
        ratio = f"{min(times) / ours['seconds']:.1f}×" if times and "seconds" in ours else "–"
        cells = "; ".join(f"{tool} {_cell(value)}" for tool, value in peers.items())
        lines.append(
            f"| {TASKS[result['task']]} | {result['rows']:,} | {_cell(ours)} | {cells} | {ratio} "
            f"| {_goal(result)}× | {_growth(result, results)} |"
        )
    return "\n".join(lines)


def _goal(result: dict) -> int:
    """How many times as fast as the fastest peer the line should be."""
    is_small = result["rows"] < GOAL_FROM.get(result["task"], 0)
    return 1 if is_small else GOALS.get(result["task"], 1)


def _growth(result: dict, results: list[dict]) -> str:
    """Our time on ten times the rows over our time here; n log n is about 12."""
    for other in results:
        if other["task"] == result["task"] and other["rows"] == 10 * result["rows"]:
            pair = [entry["tools"]["myelomart"].get("seconds") for entry in (other, result)]
            return f"{pair[0] / pair[1]:.1f}×" if all(pair) else "–"
    return "–"


def _circumstances(started: float) -> str:
    """Date, machine and its load, so that a reader can judge the figures."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"Measured {clock.strftime('%Y-%m-%d')} on {os.cpu_count()} cores and {memory:.0f} GB in "
        f"{(clock.time() - started) / 60:.0f} minutes, load average at the end {load} (the run "
        f"itself makes about 1)."
    )


def _cell(value: dict) -> str:
    return value["why"] if "why" in value else f"{value['seconds']:.3g} s / {value['mb']:.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--fine-gray-rows", type=int, nargs="+", default=[10_000, 100_000])
    matching = [11_000, 110_000, 1_100_000]
    parser.add_argument("--matching-rows", type=int, nargs="+", default=matching)
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--limit", type=float, default=75)
    parser.add_argument("--peer-python", default=sys.executable, help="runs the Python peers")
    parser.add_argument("--json", type=Path, help="also keep the figures here")
    parser.add_argument("--page", type=Path, help="also put the table into this page")
    chosen = parser.parse_args()
    sizes = {"fine_gray": chosen.fine_gray_rows, "matching": chosen.matching_rows}
    results, started = [], clock.time()
    with tempfile.TemporaryDirectory() as folder:
        for task in chosen.tasks:
            for rows in sizes.get(task, chosen.rows):
                data, file = make_data(rows), Path(folder) / "data.bin"
                data.ravel(order="F").tofile(file)
                tools = {tool: measure(tool, task, file, data, chosen) for tool in TOOLS[task]}
                results.append({"task": task, "rows": rows, "tools": tools})
                print(report(results[-1:]).splitlines()[-1], flush=True)
    table, circumstances = report(results), _circumstances(started)
    print(f"\n{circumstances}\n\n{table}")
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=1))
    if chosen.page:
        into_page(chosen.page, MARKS, f"{circumstances}\n\n{table}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one_measurement(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]))
    else:
        main()

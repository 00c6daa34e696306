"""The printed numbers once more, through the whole pipeline: records, warehouse, studies.

    python bench/pipeline_calibration.py make --patients 20000 --out /path/run
    python bench/pipeline_calibration.py table --results /path/run/results

`make` writes the scenario `published`, a folder a site, all of them myeloma patients, builds a
warehouse of each CAR-T centre by itself (a document's patients are those of one centre) and runs
the study of that document; with `--populations network` also the comparison of the two arms.
`table` reads the tables that stand beside the printed values and prints, for each row of the
generator's calibration.csv: printed, planted (the latent course of 100,000 patients, as in
docs/calibration.md), the pipeline's own estimate with its standard error, and its distance from the
planted and from the printed value in standard errors of both.

A share has a binomial error, a survival estimate that of its interval, a median 1.25 times the
spread over the root of n. Rows that no study asks for are listed at the end.
"""

import argparse
import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from myelomart.project import project_root
from myelomart_synthetic.calibration import calibration_table
from myelomart_synthetic.constants import rows

NORMAL_95, QUARTILES = 1.959964, 1.349
STUDY_OF = {
    "network": "cart_vs_pom",
    "commercial": "progression_patterns",
    "trial": "salvage_after_cart",
    "long_term": "long_term_followup",
}
NUMBER = r"(-?[\d.,]+|NE)"
BESIDE = re.compile(r"\(([^()]+), ([A-Z]+-\d+)\)$")
SHARE = re.compile(r"^([\d,]+) / ([\d,]+) ")
WITH_QUARTILES = re.compile(rf"^{NUMBER} \(IQR {NUMBER}–{NUMBER}\)$")
WITH_INTERVAL = re.compile(rf"^{NUMBER} \({NUMBER}–{NUMBER}\)( %)?$")
ELSEWHERE = Path(__file__).with_suffix(".csv")
PLACE = ("output_id", "population", "row_label", "arm", "statistic", "endpoint")


def make(patients: int, seed: int, out: Path, populations: list[str]) -> None:
    """The network, one warehouse a population, and the study of each population's document."""
    command = str(Path(sys.executable).with_name("myelomart"))
    environment = os.environ | {"DO_NOT_TRACK": "1"}

    def run(*words) -> None:
        subprocess.run([command, *map(str, words)], check=True, env=environment, cwd=project_root())

    size = ("--patients", patients, "--myeloma-share", 1, "--seed", seed)
    if not (out / "cdm").exists():
        run("synth", *size, "--folders", "--out", out / "cdm")
    for number, row in enumerate(rows("populations"), start=1):
        if row["population"] in populations:
            database = out / f"{row['population']}.duckdb"
            run("build", "--source", out / "cdm" / f"site_{number}", "--db", database)
            study = STUDY_OF[row["population"]]
            run("study", "run", study, "--db", database, "--out", out / "results")


def beside_printed(results: Path) -> dict[str, tuple[str, str]]:
    """By the id of a printed number: its output and the value that stands beside it."""
    found = {}
    for file in sorted(results.glob("*/tables/*_beside_printed.csv")):
        with file.open(newline="", encoding="utf-8") as handle:
            for row in csv.DictReader(handle):
                name = BESIDE.search(row["row"])
                if name:
                    found[name[2]] = (file.name.split("_")[0], row["this warehouse"])
    return found


def elsewhere(estimates: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Estimate, error and size of numbers whose place is not the one beside the printed value.

    A row of the CSV file either is the estimate with its interval, or adds its count to the
    numerator (`top`) and its count or its denominator to the denominator (`bottom`).
    """
    counts: dict[str, tuple[float, float]] = {}
    found = {}
    with ELSEWHERE.open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            same = [estimates[name] == row[name] for name in PLACE if row[name]]
            mine = estimates[np.logical_and.reduce(same)]
            if not len(mine):
                continue
            mine = mine.iloc[0]
            if row["bottom"] == "interval":
                error = (mine["ci_high"] - mine["ci_low"]) / 2 / NORMAL_95
                if row["statistic"] == "hazard_ratio":
                    error = np.log(mine["ci_high"] / mine["ci_low"]) / 2 / NORMAL_95
                    error *= mine["estimate"]
                found[row["row_id"]] = (mine["estimate"], error, mine["denominator"])
                continue
            top, bottom = counts.get(row["row_id"], (0.0, 0.0))
            top += mine["numerator"] * float(row["top"])
            bottom += {"count": mine["numerator"], "all": mine["denominator"], "none": 0.0}[
                row["bottom"]
            ]
            counts[row["row_id"]] = (top, bottom)
    return found | {row_id: share(*both) for row_id, both in counts.items()}


def number(text: str) -> float:
    """A printed number, not a number where it was not reached."""
    return float("nan") if text == "NE" else float(text.replace(",", ""))


def share(top: float, bottom: float) -> tuple[float, float, float]:
    """A share, its standard error with half a person added to either side, and its denominator."""
    smooth = (top + 0.5) / (bottom + 1)
    return top / bottom, float(np.sqrt(smooth * (1 - smooth) / bottom)), bottom


def read(text: str, kind: str, output: str, estimates: pd.DataFrame):
    """Estimate, standard error and size of a value as a table prints it; None where it is none."""
    if found := SHARE.match(text):
        return share(number(found[1]), number(found[2]))
    if found := WITH_QUARTILES.match(text):
        middle, low, high = (number(part) for part in found.groups())
        near = estimates["statistic"].isin(["median", "mean"]) & (estimates["output_id"] == output)
        for name, value in (("iqr_low", low), ("iqr_high", high), ("estimate", middle)):
            near &= (estimates[name] - value).abs() < 0.051
        size = float(estimates.loc[near, "denominator"].max())
        value = {"quantile25": low, "quantile75": high}.get(kind, middle)
        return value, 1.25 * (high - low) / QUARTILES / np.sqrt(size), size
    if found := WITH_INTERVAL.match(text):
        middle, low, high = (number(part) for part in found.groups()[:3])
        half = high - low if not np.isnan(high) else 2 * (middle - low)
        scale = 100 if found[4] else 1
        return middle / scale, half / 2 / NORMAL_95 / scale, float("nan")
    return None


def distance(value: float, error: float, other: float, its_error: float, ratio: bool) -> float:
    """Difference in standard errors of both; of ratios that of the logarithms."""
    if ratio:
        return float(np.log(value / other) / np.hypot(error / value, its_error / other))
    return (value - other) / float(np.hypot(error, its_error))


def table(results: Path, patients: int, seed: int) -> str:
    """The comparison in Markdown."""
    estimates = pd.concat(map(pd.read_csv, sorted(results.glob("*/estimates.csv"))))
    beside, summed = beside_printed(results), elsewhere(estimates)
    heads = ("row id", "what", "among", "printed (se)", "planted (se)", "pipeline (se)", "n")
    lines = ["| " + " | ".join((*heads, "z planted", "z printed")) + " |", "|" + "---|" * 9]
    absent, beyond, shown = [], [], 0
    for row in calibration_table(patients, seed).itertuples():
        if row.row_id in summed:
            mine = summed[row.row_id]
        else:
            output, text = beside.get(row.row_id, ("", ""))
            mine = read(text, row.kind, output, estimates)
        if mine is None or np.isnan(mine[0]):
            absent.append(f"{row.row_id} {row.target}")
            continue
        value, error, size = mine
        ratio = row.kind == "hazard_ratio"
        apart = distance(value, error, row.simulated, row.monte_carlo_se, ratio)
        off = distance(value, error, row.printed, row.printed_se, ratio)
        beyond += [row.target] if abs(apart) > 3 else []
        shown += 1
        among = " ".join(filter(None, (row.population, row.condition)))
        sized = "" if np.isnan(size) else f"{size:,.0f}"
        cells = [row.row_id, row.target, among]
        cells += [
            f"{one:.3g} ({spread:.2g})"
            for one, spread in (
                (row.printed, row.printed_se),
                (row.simulated, row.monte_carlo_se),
                (value, error),
            )
        ]
        lines.append("| " + " | ".join((*cells, sized, f"{apart:+.1f}", f"{off:+.1f}")) + " |")
    lines += ["", f"{shown} numbers, {len(beyond)} beyond 3 of the planted value: "]
    lines += [", ".join(beyond) or "none", "", "No study prints: " + (", ".join(absent) or "none")]
    return "\n".join(lines)


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("make")
    first.add_argument("--patients", type=int, default=20_000)
    first.add_argument("--out", type=Path, required=True)
    first.add_argument("--populations", nargs="+", choices=STUDY_OF, default=[*STUDY_OF][1:])
    second = commands.add_parser("table")
    second.add_argument("--results", type=Path, required=True)
    second.add_argument("--patients", type=int, default=100_000)
    for one in (first, second):
        one.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.command == "make":
        make(given.patients, given.seed, given.out, given.populations)
    else:
        print(table(given.results, given.patients, given.seed))


if __name__ == "__main__":
    main()

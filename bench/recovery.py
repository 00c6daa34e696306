"""Does the pipeline find what was planted? Bias and coverage of every outcome's hazard ratio.

    python bench/recovery.py --replicates 200 --patients 2000 --scenario null --out build/recovery

One synthetic network of replicates × patients myeloma patients is written and built once by the
real pipeline (doors, dbt models, cohorts, endpoints). People are independent, so that cutting the
network by person gives independent replicates; in each the study's own matching and Cox regression
run. The truth is the marginal hazard ratio of `effects.parquet`, except with `--conditional`.
"""

import argparse
import json
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from myelomart import warehouse
from myelomart.building import build
from myelomart.errors import MyelomartError
from myelomart.outputs.comparison import StudyData, compare
from myelomart.outputs.hazard_ratios import endpoint_rows
from myelomart.outputs.running import read_data
from myelomart.sources.landing import parse_source
from myelomart.study import Analysis, Study, read_study
from myelomart.survival import cox_regression
from myelomart.synthetic.network import make_network

STUDY, ANALYSIS = "cart_vs_pom", "hazard_ratios"
FEWEST_EVENTS = 5


def of_persons(data: StudyData, wanted: set[int]) -> StudyData:
    """The study's rows of some persons."""
    kept = {
        name: getattr(data, name)[getattr(data, name)["person_id"].isin(wanted)]
        for name in ("population", "covariates", "endpoints", "testing")
    }
    return replace(data, **kept)


def estimates(study: Study, analysis: Analysis, data: StudyData) -> list[dict]:
    """One row an endpoint: log hazard ratio, its standard error, events of the smaller arm."""
    matched = compare(study, analysis, data).matched
    found = []
    for endpoint in study.endpoints:
        rows = endpoint_rows(matched, data.endpoints, endpoint)
        rows = rows[~rows["had_prior_event"].astype(bool)]
        event, treated = (rows["event"] == 1).to_numpy(), rows["treated"].to_numpy()
        smaller = min(int(event[treated].sum()), int(event[~treated].sum()))
        row = {"endpoint": endpoint.endpoint_id, "pairs": len(matched) // 2, "smaller": smaller}
        if smaller:
            model = pd.DataFrame({"treated": treated.astype(float)})
            fit = cox_regression(rows["time_days"].to_numpy(float), event, model).table().iloc[0]
            row["log_hr"] = np.log(fit["hr"])
            row["se"] = np.log(fit["ci_high"] / fit["ci_low"]) / 2 / 1.959964
        found.append(row)
    return found


def replicates(database: Path, count: int, patients: int) -> pd.DataFrame:
    """The estimates of every replicate; a replicate that cannot be matched is said and left out."""
    with warehouse.database(database) as connection:
        study = read_study(connection, STUDY)
        data = read_data(connection, study)
        persons = warehouse.rows(
            connection, "select person_id, source_person_id from core.patients"
        )
    keys = pd.DataFrame(persons, columns=["person_id", "source_person_id"])
    number = (keys["source_person_id"].astype(np.int64) - 1) // patients
    analysis = next(one for one in study.analyses if one.analysis_type == ANALYSIS)
    found = []
    for one in range(count):
        try:
            rows = estimates(
                study, analysis, of_persons(data, set(keys["person_id"][number == one]))
            )
        except MyelomartError as refusal:
            print(f"replicate {one + 1}: {refusal}", file=sys.stderr)
            continue
        found += [{"replicate": one + 1, **row} for row in rows]
    return pd.DataFrame(found)


def summary(found: pd.DataFrame, truth: pd.DataFrame, column: str) -> pd.DataFrame:
    """Bias of the log hazard ratio with its Monte Carlo error, and coverage, per outcome."""
    truth = truth.set_index("outcome")[column]
    rows = []
    for endpoint, group in found.groupby("endpoint", sort=False):
        usable = group[group["smaller"] >= FEWEST_EVENTS]
        target = np.log(truth[endpoint])
        difference = usable["log_hr"] - target
        rows.append(
            {
                "endpoint": endpoint,
                "true_hr": truth[endpoint],
                "replicates": len(usable),
                "mean_hr": np.exp(usable["log_hr"].mean()),
                "bias_log_hr": difference.mean(),
                "monte_carlo_se": difference.std(ddof=1) / np.sqrt(max(len(usable), 1)),
                "coverage": (difference.abs() <= 1.959964 * usable["se"]).mean(),
            }
        )
    return pd.DataFrame(rows)


def pooled(found: pd.DataFrame, truth: pd.DataFrame, column: str) -> dict:
    """All outcomes together: coverage, its exact range by chance, and the mean number of pairs."""
    usable = found[found["smaller"] >= FEWEST_EVENTS]
    target = np.log(usable["endpoint"].map(truth.set_index("outcome")[column]))
    hit = (usable["log_hr"] - target).abs() <= 1.959964 * usable["se"]
    return {
        "estimates": len(usable),
        "coverage": float(hit.mean()),
        "pairs": float(found["pairs"].mean()),
    }


def main() -> None:
    """Write the network, build it, estimate, compare with the truth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--patients", type=int, default=2_000, help="myeloma patients a replicate")
    parser.add_argument("--scenario", default="null")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/recovery"))
    parser.add_argument("--conditional", action="store_true", help="compare with the planted ratio")
    given = parser.parse_args()
    started, folder = time.perf_counter(), given.out / given.scenario
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make_network(
        given.replicates * given.patients, 4, given.seed, folder / "cdm",
        myeloma_share=1.0, scenario=given.scenario, lean=True,
    )  # fmt: skip
    written = time.perf_counter()
    build([parse_source(str(folder / "cdm"))], folder / "recovery.duckdb")
    built = time.perf_counter()
    found = replicates(folder / "recovery.duckdb", given.replicates, given.patients)
    truth = pd.read_parquet(folder / "cdm.truth" / "effects.parquet")
    column = "conditional_hazard_ratio" if given.conditional else "marginal_hazard_ratio"
    table = summary(found, truth, column)
    table.to_csv(folder / "recovery.csv", index=False)
    found.to_csv(folder / "estimates.csv", index=False)
    print(table.round(3).to_string(index=False))
    seconds = {
        "write_s": written - started,
        "build_s": built - written,
        "estimate_s": time.perf_counter() - built,
    }
    both = {"scenario": given.scenario, **pooled(found, truth, column), **seconds}
    print(
        json.dumps(
            {
                name: value if isinstance(value, str) else round(value, 3)
                for name, value in both.items()
            }
        )
    )


if __name__ == "__main__":
    main()

"""Does the pipeline find what was planted? Bias and coverage of every outcome's hazard ratio.

    python bench/recovery.py --replicates 200 --patients 5000 --scenario null --out build/recovery

Batches of replicates are written as synthetic networks, each built by the real pipeline (doors, dbt
models, cohorts, endpoints). People are independent, so that cutting a network by person gives
independent replicates; in each the study's own matching and Cox regression run. Persons whose arm
began before the study's calendar, four of five, cannot enter it and are not built. The truth is the
marginal hazard ratio of `effects.parquet`, except with `--conditional`. What was estimated before
an interruption is kept in `estimates.csv`, and the same command goes on from there.

A replicate counts for an outcome where a hazard ratio can be estimated at all; none is left out for
the number of its events, as that would choose by the result. Firth's penalty steps in, as in the
study, where one arm has no event.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from myelomart import warehouse
from myelomart.building import build
from myelomart.errors import MyelomartError, StatisticsError
from myelomart.population.comparison import compare, endpoint_rows
from myelomart.project import project_root
from myelomart.sources.landing import parse_source
from myelomart.study import Analysis, Study, read_study
from myelomart.study_data import StudyData, read_data
from myelomart.survival import cox_regression
from myelomart_synthetic.network import make_network

STUDY, ANALYSIS = "cart_vs_pom", "hazard_ratios"
NORMAL_95 = 1.959964
FEWEST_EVENTS = 10  # both arms together, on average: fewer tell nothing of an interval
INTERVALS = {"wald": "se", "robust to pairs": "se_pairs"}


def of_persons(data: StudyData, wanted: set[int]) -> StudyData:
    """The study's rows of some persons, with no comparison made yet."""
    return data.each(
        lambda rows: rows[rows["person_id"].isin(wanted)] if "person_id" in rows else rows
    )


def estimates(study: Study, analysis: Analysis, data: StudyData) -> list[dict]:
    """One row an endpoint: log hazard ratio, both standard errors, events of both arms."""
    matched = compare(study, analysis, data).matched
    found = []
    for endpoint in study.endpoints_of(analysis):
        rows = endpoint_rows(matched, data, endpoint)
        rows = rows[~rows["had_prior_event"].astype(bool)]
        event, treated = (rows["event"] == 1).to_numpy(), rows["treated"].to_numpy()
        counts = int(event[treated].sum()), int(event[~treated].sum())
        row = {"endpoint": endpoint.endpoint_id, "pairs": len(matched) // 2}
        row |= {"events_treated": counts[0], "events_control": counts[1]}
        found.append(row | _log_ratio(rows, event, treated, is_one_sided=0 in counts))
    return found


def _log_ratio(rows: pd.DataFrame, event, treated, is_one_sided: bool) -> dict:
    time_days, model = rows["time_days"].to_numpy(float), pd.DataFrame({"treated": treated * 1.0})
    how = {"penalty": "firth"} if is_one_sided else {"cluster": rows["pair"].to_numpy()}
    try:
        fit = cox_regression(time_days, event, model, **how).table().iloc[0]
    except StatisticsError:
        return {}
    return {"log_hr": fit["coef"], "se": fit["se"], "se_pairs": fit["robust_se"]}


def replicates(database: Path, numbers: list[int], patients: int) -> pd.DataFrame:
    """The estimates of a batch; a replicate that cannot be matched is said and left out."""
    with warehouse.database(database) as connection:
        study = read_study(connection, STUDY)
        data = read_data(connection, study)
        persons = warehouse.rows(
            connection, "select person_id, source_person_id from core.patients"
        )
    keys = pd.DataFrame(persons, columns=["person_id", "source_person_id"])
    place = (keys["source_person_id"].astype(np.int64) - 1) // patients
    analysis = next(one for one in study.analyses if one.analysis_type == ANALYSIS)
    found = []
    for order, number in enumerate(numbers):
        try:
            rows = estimates(
                study, analysis, of_persons(data, set(keys["person_id"][place == order]))
            )
        except MyelomartError as refusal:
            print(f"replicate {number}: {refusal}", file=sys.stderr)
            continue
        found += [{"replicate": number, **row} for row in rows]
    return pd.DataFrame(found)


def batches(count: int, size: int) -> Iterator[list[int]]:
    """The numbers 1 to `count`, `size` at a time."""
    for first in range(1, count + 1, size):
        yield list(range(first, min(first + size, count + 1)))


def keep_candidates(cdm: Path, truth: Path) -> None:
    """Leave in the CDM those whose arm began when the study's cohorts were open."""
    cohorts = pd.read_csv(project_root() / "seeds" / "studies" / "cohorts.csv")
    opened = cohorts.loc[cohorts["study_id"] == STUDY, "index_from"].min()
    with warehouse.scratch() as connection:
        connection.execute(
            "create table wanted as select person_id from read_parquet(?) where index_date >= ?",
            [str(truth / "patients.parquet"), opened],
        )
        for file in sorted(cdm.glob("*.parquet")):
            table = f"read_parquet({warehouse.literal(file)})"
            if "person_id" in connection.sql(f"from {table}").columns:
                kept = file.with_suffix(".kept")
                connection.execute(
                    f"copy (from {table} semi join wanted using (person_id))"
                    f" to {warehouse.literal(kept)} (format parquet)"
                )
                kept.replace(file)


def run_batch(folder: Path, numbers: list[int], patients: int, scenario: str) -> pd.DataFrame:
    """Write, build and estimate one batch; its first replicate's number is its seed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make_network(
        len(numbers) * patients, 4, numbers[0], folder / "cdm",
        myeloma_share=1.0, scenario=scenario, lean=True,
    )  # fmt: skip
    keep_candidates(folder / "cdm", folder / "cdm.truth")
    database = folder / "recovery.duckdb"
    build([parse_source(str(folder / "cdm"))], database, say=lambda text: None)
    found = replicates(database, numbers, patients)
    truth = pd.read_parquet(folder / "cdm.truth" / "effects.parquet")
    columns = ["outcome", "marginal_hazard_ratio", "conditional_hazard_ratio"]
    found = found.merge(truth[columns].rename(columns={"outcome": "endpoint"}), on="endpoint")
    shutil.rmtree(folder)
    return found


def summary(found: pd.DataFrame, truth: str) -> pd.DataFrame:
    """Bias of the log hazard ratio with its Monte Carlo error, and coverage, per outcome."""
    rows = []
    for endpoint, group in found.groupby("endpoint", sort=False):
        target = np.log(group[truth]).mean()  # each batch has its own Monte Carlo estimate of it
        usable = group.dropna(subset="log_hr")
        off = usable["log_hr"] - target
        row = {
            "endpoint": endpoint,
            "true_hr": np.exp(target),
            "replicates": len(usable),
            "events": (group["events_treated"] + group["events_control"]).mean(),
            "median_hr": np.exp(usable["log_hr"].median()),
            "bias_log_hr": off.mean(),
            "monte_carlo_se": off.std(ddof=1) / np.sqrt(max(len(usable), 1)),
        }
        for name, column in INTERVALS.items():
            known = usable[column].notna()
            row[name] = (off[known].abs() <= NORMAL_95 * usable.loc[known, column]).mean()
        rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    """Write the networks, build them, estimate, compare with the truth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--patients", type=int, default=5_000, help="myeloma patients a replicate")
    parser.add_argument(
        "--batch", type=int, default=20, help="replicates written and built at once"
    )
    parser.add_argument("--scenario", default="null")
    parser.add_argument("--out", type=Path, default=Path("build/recovery"))
    parser.add_argument("--conditional", action="store_true", help="compare with the planted ratio")
    given = parser.parse_args()
    folder = given.out / given.scenario
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "estimates.csv"
    for numbers in batches(given.replicates, given.batch):
        done = set(pd.read_csv(kept)["batch"]) if kept.exists() else set()
        if numbers[0] in done:
            continue
        started = time.perf_counter()
        found = run_batch(folder / "batch", numbers, given.patients, given.scenario)
        found.assign(batch=numbers[0]).to_csv(kept, mode="a", header=not done, index=False)
        print(f"replicates {numbers[0]} to {numbers[-1]}: {time.perf_counter() - started:.0f} s")
    found = pd.read_csv(kept)
    table = summary(found, f"{'conditional' if given.conditional else 'marginal'}_hazard_ratio")
    table.to_csv(folder / "recovery.csv", index=False)
    print(table.round(3).to_string(index=False))
    judged = table[table["events"] >= FEWEST_EVENTS]
    result = {"scenario": given.scenario, "pairs": float(found["pairs"].mean())}
    result |= {f"outcomes with {FEWEST_EVENTS} events or more": len(judged)}
    result |= {f"mean coverage, {name}": float(judged[name].mean()) for name in INTERVALS}
    print(json.dumps(result))


if __name__ == "__main__":
    main()

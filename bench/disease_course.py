"""Time and memory of labs, grades and responses; agreement of the disease course with the truth.

    python bench/disease_course.py speed --rows 12500000 25000000 50000000
    python bench/disease_course.py agreement --db myelomart.duckdb --truth demo/cdm.truth

`speed` writes a CDM with that many measurement rows, a tenth of them of myeloma patients, lands it,
runs the dbt models of the disease course on it, one after the other (side by side each would count
the time it waits for the other), and prints the seconds of each group of models, the peak memory of
dbt, the cut to myeloma patients beside one DuckDB scan of the columns it reads, in the same run,
and how the time grows with the rows. `agreement` compares a warehouse of the synthetic network with
its truth.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from myelomart.project import project_root
from myelomart.sources.landing import land, parse_source

GROUPS = {
    "cut to myeloma patients": ("int_screened_persons", "int_screened_records"),
    "events found": (
        "int_source_codes",
        "int_codes_by_name",
        "int_codes_resolved",
        "int_coded_events",
    ),
    "labs": (
        "int_result_texts",
        "int_lab_records",
        "int_labs_converted",
        "int_lab_site_faults",
        "int_labs_derived",
        "labs",
        "int_labs_by_day",
    ),
    "grades": ("int_lab_baselines", "int_lab_toxicities"),
    "responses": (
        "int_answers_read",
        "int_findings",
        "int_disease_markers",
        "int_involved_chains",
        "int_markers_paired",
        "int_disease_assessments",
        "int_response_lines",
        "int_response_baselines",
        "int_response_assessments",
        "int_overall_responses",
        "int_responses_confirmed",
        "responses",
        "int_best_overall_responses",
        "line_responses",
    ),
    "progressions without lines": ("int_markers_followed", "int_progression_dates"),
}
NUMBERS = (
    "person_id",
    "measurement_id",
    "measurement_concept_id",
    "measurement_source_concept_id",
    "measurement_type_concept_id",
    "visit_occurrence_id",
    "value_as_number",
    "value_as_concept_id",
    "unit_concept_id",
    "operator_concept_id",
    "range_low",
    "range_high",
)
TEXTS = ("measurement_source_value", "value_source_value", "unit_source_value")
LABS = """
    (0, 3046299, '33358-3', 'g/dL', 8713, 0.0, 5.0),
    (1, 3034860, '36916-5', 'mg/L', 8751, 5.0, 400.0),
    (2, 3047169, '33944-0', 'mg/L', 8751, 5.0, 40.0),
    (3, 3000963, '718-7', 'g/dL', 8713, 7.0, 8.0),
    (4, 3013650, '751-8', '10*3/uL', 8848, 0.3, 5.0),
    (5, 3024929, '777-3', '10*3/uL', 8848, 15.0, 300.0),
    (6, 3000905, '6690-2', '10*3/uL', 8848, 1.0, 8.0),
    (7, 3016723, '2160-0', 'mg/dL', 8840, 0.6, 2.0),
    (8, 3020460, '1988-5', 'mg/L', 8751, 0.5, 40.0),
    (9, 3006923, '1742-6', 'U/L', 8645, 10.0, 90.0)
"""


def write_cdm(folder: Path, rows: int) -> None:
    """Fifty measurements a person on ten days; one person in ten has myeloma and two lines."""
    people = rows // 50
    with duckdb.connect() as connection:
        tables = {
            "person": f"""select i as person_id, 8507 as gender_concept_id, 1955 as year_of_birth
                from range({people}) as r(i)""",
            "observation_period": f"""select i as observation_period_id, i as person_id,
                date '2014-01-01' as observation_period_start_date,
                date '2024-12-31' as observation_period_end_date from range({people}) as r(i)""",
            "condition_occurrence": f"""select i * 2 + j as condition_occurrence_id, i as person_id,
                437233 as condition_concept_id,
                date '2018-01-01' + cast(60 * j as integer) as condition_start_date,
                'C90.00' as condition_source_value
                from range({people}) as r(i), range(2) as s(j) where i % 10 = 0""",
            "drug_exposure": f"""select i * 2 + j as drug_exposure_id, i as person_id,
                case j when 0 then 19026972 else 35605744 end as drug_concept_id,
                case j when 0 then 'lenalidomide' else 'daratumumab' end as drug_source_value,
                date '2018-02-01' + cast(500 * j as integer) as drug_exposure_start_date,
                date '2018-02-28' + cast(500 * j as integer) as drug_exposure_end_date,
                28 as days_supply
                from range({people}) as r(i), range(2) as s(j) where i % 10 = 0""",
            "measurement": f"""select r.i as measurement_id, r.i // 50 as person_id,
                labs.concept_id as measurement_concept_id, 32817 as measurement_type_concept_id,
                date '2018-01-25' + cast(90 * (r.i // 5 % 10) as integer) as measurement_date,
                4172703 as operator_concept_id,
                round(labs.low + labs.width * (hash(r.i) % 1000) / 1000, 2) as value_as_number,
                labs.unit_id as unit_concept_id, labs.unit as unit_source_value,
                cast(null as double) as range_low, cast(null as double) as range_high,
                labs.code as measurement_source_value,
                labs.concept_id as measurement_source_concept_id
                from range({rows}) as r(i)
                inner join (values {LABS}) as labs(n, concept_id, code, unit, unit_id, low, width)
                on labs.n = r.i % 5 + 5 * (r.i // 5 % 2)""",
        }
        for name, query in tables.items():
            connection.execute(f"copy ({query}) to '{folder / name}.parquet' (format parquet)")


def run_models(
    landing: Path, database: Path, target: Path
) -> tuple[dict[str, float], float, float]:
    """Seconds of every model, the peak memory of dbt in GB, and its processor seconds.

    The last say what the work costs even where other jobs share the machine.
    """
    wanted = [model for models in GROUPS.values() for model in models]
    environment = os.environ | {
        "MYELOMART_LANDING": str(landing),
        "MYELOMART_DB": str(database),
        "DO_NOT_TRACK": "1",
    }
    command = [
        str(Path(sys.executable).with_name("dbt")),
        "-q",
        "build",
        "--threads",
        "1",
        "--target-path",
        str(target),
    ]
    command += ["--exclude", "resource_type:test", "resource_type:unit_test", "--select"]
    command += [f"+{model}" for model in wanted]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, cwd=project_root(), check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    results = json.loads((target / "run_results.json").read_text())["results"]
    seconds = {row["unique_id"].split(".")[2]: row["execution_time"] for row in results}
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, after.ru_maxrss / 2**20, worked


def scan_seconds(landing: Path) -> float:
    """Seconds that DuckDB needs to read once what the cut reads; the best of three."""
    path = landing / "measurement" / "**" / "*.parquet"
    read = [f"sum({column})" for column in NUMBERS] + [f"sum(length({column}))" for column in TEXTS]
    read.append("count(distinct year(measurement_date))")
    query = f"select {', '.join(read)} from read_parquet('{path}')"
    best = float("inf")
    with duckdb.connect() as connection:
        connection.execute("set threads = 2")
        for _ in range(3):
            begun = time.perf_counter()
            connection.execute(query).fetchall()
            best = min(best, time.perf_counter() - begun)
    return best


def speed(sizes: list[int]) -> None:
    """Print one table a size, and last what a million rows cost in each."""
    costs = []
    for rows in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "cdm").mkdir()
            write_cdm(folder / "cdm", rows)
            land([parse_source(str(folder / "cdm"))], folder / "landing", say=lambda _: None)
            seconds, peak, worked = run_models(
                folder / "landing", folder / "w.duckdb", folder / "target"
            )
            scan = scan_seconds(folder / "landing")
        spent = {
            group: sum(seconds.get(model, 0) for model in models)
            for group, models in GROUPS.items()
        }
        total, cut = sum(spent.values()), spent["cut to myeloma patients"]
        costs.append((rows, total, peak, worked))
        print(f"{rows:,} measurement rows, a tenth of myeloma patients")
        for group, time_spent in spent.items():
            print(f"  {group:28} {time_spent:7.1f} s")
        print(f"  {'all of these':28} {total:7.1f} s   peak memory of dbt {peak:.1f} GB")
        print(f"  {'one scan of the columns':28} {scan:7.1f} s   cut / scan = {cut / scan:.2f}")
    print("linear in the rows? what a million rows cost")
    for rows, total, peak, worked in costs:
        print(
            f"  {rows:>12,} rows {total:7.1f} s   {total / rows * 1e6:.3f} s a million   "
            f"{peak:.1f} GB   processor seconds of all of dbt {worked:.0f}"
        )


def agreement(database: Path, truth: Path) -> None:
    """Print what the warehouse derived beside what really happened."""
    text = (Path(__file__).parent / "disease_agreement.sql").read_text()
    parts = text.replace("{truth}", str(truth)).strip().rstrip(";").split("\n;\n")
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(f"create temp table matched as\n{parts[0]}")
        for query in parts[1:]:
            print("\n" + query.strip().splitlines()[0].removeprefix("-- "))
            print(connection.sql(query).df().to_string(index=False))


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    fast = commands.add_parser("speed")
    fast.add_argument("--rows", type=int, nargs="+", default=[10_000_000])
    agree = commands.add_parser("agreement")
    agree.add_argument("--db", type=Path, required=True)
    agree.add_argument("--truth", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.command == "speed":
        speed(arguments.rows)
    else:
        agreement(arguments.db, arguments.truth)


if __name__ == "__main__":
    main()

"""How long all of the lines of therapy take, and how the time grows with the number of patients.

    MYELOMART_DB=some.duckdb dbt compile      (writes target/compiled)
    python bench/lines_of_therapy.py [target/compiled]

Ten drug exposures a patient, in three regimens, with a transplant for a third of them and a
progression, go through the compiled SQL from exposures with roles to lines with their regimens,
under every rule set at once and under one, on 2 threads. The database is a file, as in a build, and
every run is a process of its own: the printed memory is the most that it ever held. The printed
ratio is the time for twice the patients over the time for the patients: 2 is linear.
"""

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

MODELS = [
    "int_line_events",
    "int_line_event_contexts",
    "int_line_steps",
    "int_lines_dated",
    "lines_of_therapy_by_rule_set",
]
SEEDS = [
    "algorithm_parameters",
    "drug_classes",
    "line_actions",
    "line_substitutions",
    "regimen_names",
    "therapy_groups",
]
FOLDER = "myelomart/models/clinical/lines"
INPUTS = """
    create table int_myeloma_patients as
    select person_id, date '2015-01-01' as myeloma_diagnosis_date, cast(null as date) as death_date,
        date '2022-01-01' as last_contact_date, date '2022-01-01' as data_cut_date
    from range({patients}) as persons(person_id);
    create table int_drug_exposures_by_role as
    select int_line_rules.rule_set, person_id,
        ['bortezomib', 'lenalidomide', 'carfilzomib', 'pomalidomide', 'daratumumab'][
            1 + (2 * (dose // 4) + dose % 2) % 5] as ingredient,
        'core' as role,
        date '2015-01-01'
        + cast(500 * (dose // 4) + 28 * (dose % 4 // 2) + hash(person_id) % 30 as int)
            as start_date,
        start_date + 27 as end_date
    from range({patients}) as persons(person_id), range(10) as doses(dose), int_line_rules;
    create table int_drug_exposures_deduplicated as
    select person_id, 'dexamethasone' as ingredient, 'steroid' as usual_role,
        date '2015-01-01' + cast(500 * cycle as int) as start_date
    from range({patients}) as persons(person_id), range(3) as cycles(cycle);
    create table int_transplants_found as
    select person_id, 'autologous' as kind, date '2015-05-01' as first_code_date,
        date '2015-05-01' as transplant_date
    from int_myeloma_patients where person_id % 3 = 0;
    create table int_cell_therapies_found as
    select person_id, 'ide_cel' as product, 'bcma' as target, date '2018-06-01' as infusion_date,
        date '2018-04-20' as apheresis_date, date '2018-05-27' as lymphodepletion_start_date
    from int_myeloma_patients where person_id % 10 = 0;
    create table int_progression_dates as
    select person_id, date '2016-05-01' as progression_date from int_myeloma_patients;
    create table int_abstracted_lines as
    select person_id, date '2015-01-01' + cast(500 * line as int) as line_start_date
    from range({patients}) as persons(person_id), range(3) as lines(line) where person_id % 3 = 1;
"""


CONFIG = {"threads": 2, "memory_limit": "1600MB"}


def main(compiled: Path) -> None:
    """Print seconds, memory, rows and the ratio for one rule set and for all of them."""
    for rule_sets, condition in (("all rule sets", "true"), ("default", "rule_set = 'default'")):
        times = {}
        for patients in (50_000, 100_000):
            with tempfile.TemporaryDirectory() as folder:
                database = Path(folder) / "lines.duckdb"
                for part in (["prepare", condition, str(patients)], ["run"]):
                    printed = subprocess.run(
                        [sys.executable, __file__, str(compiled), str(database), *part],
                        check=True,
                        capture_output=True,
                        text=True,
                    ).stdout
            seconds, processor, gigabytes, lines = printed.split()
            times[patients] = float(seconds)
            print(
                f"{rule_sets}: {patients} patients, {10 * patients} exposures, {lines} lines, "
                f"{times[patients]:.1f} s ({processor} s of processor), {gigabytes} GB at most",
                flush=True,
            )
        ratio = times[100_000] / times[50_000]
        print(f"{rule_sets}: twice the patients take {ratio:.2f} times as long", flush=True)


def prepare(compiled: Path, database: Path, condition: str, patients: int) -> None:
    """Write the rules and the patients."""
    seeds = Path(__file__).parents[1] / "seeds" / "clinical_rules"
    with duckdb.connect(database, config=CONFIG) as connection:
        for seed in SEEDS:
            connection.execute(f"create table {seed} as from read_csv('{seeds / seed}.csv')")
        connection.execute("create table all_rules as " + read_model(compiled, "int_line_rules"))
        connection.execute(f"create table int_line_rules as from all_rules where {condition}")
        connection.execute(INPUTS.format(patients=patients))


def run(compiled: Path, database: Path) -> None:
    """Make the lines; print seconds, those of processors, most memory in GB (2^30 bytes), lines."""
    with duckdb.connect(database, config=CONFIG) as connection:
        started = time.perf_counter()
        for model in MODELS:
            connection.execute(f"create table {model} as {read_model(compiled, model)}")
        seconds = time.perf_counter() - started
        lines = connection.execute("select count(*) from int_lines_dated").fetchall()[0][0]
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = used.ru_maxrss / 2**20  # in KiB on Linux
    print(f"{seconds:.2f} {used.ru_utime + used.ru_stime:.1f} {most:.2f} {lines}")


def read_model(compiled: Path, model: str) -> str:
    """The compiled SQL of ``model``, with bare table names."""
    sql = (compiled / FOLDER / f"{model}.sql").read_text(encoding="utf-8")
    return re.sub(r'"[^"]+"\."[^"]+"\."([^"]+)"', r"\1", sql)


if __name__ == "__main__":
    compiled = Path(sys.argv[1] if len(sys.argv) > 1 else "target/compiled")
    match sys.argv[2:]:
        case [database, "prepare", condition, patients]:
            prepare(compiled, Path(database), condition, int(patients))
        case [database, "run"]:
            run(compiled, Path(database))
        case _:
            main(compiled)

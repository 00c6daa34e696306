"""How far the numbers of the rule set `registry` reach: tuned on one half, told on the other.

    python bench/line_tuning.py ../shared/data/commpass /tmp/commpass.duckdb target/compiled

Takes the warehouse of MMRF CoMMpass and the compiled models of `myelomart build` (see
line_agreement.py). For each of many hashes of the patient's id, every number of CANDIDATES is
chosen on the half that hashes even, one after the other until none improves it, beginning with the
numbers of `default`; printed is the agreement of that half, of the other, and of the other under
`registry` as it stands. The last line fits the numbers on the held-out half of hash 0 itself,
beginning with those of `default` and of `registry`: about what rules of this form could reach there
if they had seen it. All candidates run through the models' own SQL side by side, as rule sets.
"""

import argparse
import hashlib
from pathlib import Path

import line_agreement
import numpy as np

from lines_of_therapy import read_model
from myelomart import warehouse

HASHES = 20
ROUNDS = 3
OFF = None
CANDIDATES = {
    "steroid_free_maintenance_days": [OFF, 30, 90, 180, 240, 365, 730],
    "steroid_free_change_days": [OFF, 0, 14, 30, 45, 60, 90],
    "drug_return_gap_days": [OFF, 30, 60, 90, 120, 180],
    "first_line_change_days": [OFF, 120, 180, 240, 300, 365],
    "unprogressed_addition_days": [OFF, 60, 120, 180, 240, 300, 365],
    "post_asct_planned_days": [120, 180, 240, 300, 365],
    "transplant_gap_days": [180, 300, 450, 600],
    "rechallenge_gap_days": [60, 90, 120, 180, 240, 365],
    "pre_transplant_change_days": [OFF, 60, 120, 180, 240, 365],
    "regimen_window_ln": [28, 30, 45, 60],
    "regimen_window_l1": [28, 45, 60, 75, 90],
    "class_change_opens": [0, 1],
    "relapse_drug_opens": [0, 1],
    "post_asct_any_drug": [0, 1],
    "later_consolidation": [0, 1],
}
MODELS = ["int_line_events", "int_line_event_contexts", "int_line_steps"]
INPUTS = [
    "int_abstracted_lines",
    "int_myeloma_patients",
    "int_transplants_found",
    "int_cell_therapies_found",
    "int_drug_exposures_deduplicated",
    "int_progression_dates",
]
SEEDS = ["drug_classes", "line_actions", "line_substitutions"]
EXACT = """
    with starts as (
        select rule_set, person_id, line_number, min(line_start_date) as start_date
        from int_line_steps group by 1, 2, 3
    ),
    derived as (
        select starts.rule_set, records.person_id, records.record_number, records.abstracted,
            max(starts.line_number) as line_number
        from records
        inner join starts
            on records.person_id = starts.person_id and starts.start_date <= records.start_date
        group by 1, 2, 3, 4
    )
    select rule_set, person_id, sum(case when line_number = abstracted then 1 else 0 end)
    from derived group by 1, 2
"""


class Agreement:
    """Exact records by person of any rule sets, each run once through the compiled models."""

    def __init__(self, connection, compiled: Path, source: Path) -> None:
        self.connection, self.compiled, self.known = connection, compiled, {}
        for name in INPUTS:
            connection.execute(f"create temp table {name} as from intermediate.{name}")
        for name in SEEDS:
            connection.execute(f"create temp table {name} as from clinical_rules.{name}")
        connection.execute(
            "create temp table registry_exposures as "
            "from intermediate.int_drug_exposures_by_role where rule_set = 'registry'"
        )
        rules = connection.execute("select * from intermediate.int_line_rules")
        self.names = [column[0] for column in rules.description]
        rows = {row[0]: dict(zip(self.names, row, strict=True)) for row in rules.fetchall()}
        self.registry = self.key(rows["registry"])
        of_the_source = ("longest_cover_days", "transplant_opens")
        kept = {name: rows["registry"][name] for name in of_the_source}
        self.begun = self.key(rows["default"] | kept)
        line_agreement.read_records(connection, source, "registry")
        persons = connection.execute(
            "select person_id, any_value(case_id), count(*) from records group by 1 order by 1"
        ).fetchall()
        self.place = {person: place for place, (person, _, _) in enumerate(persons)}
        self.case_ids = [case_id for _, case_id, _ in persons]
        self.records = np.array([count for _, _, count in persons])

    def key(self, rule_set: dict) -> tuple:
        """The numbers of a rule set in the order of the columns, without its name."""
        return tuple(rule_set[name] for name in self.names if name != "rule_set")

    def changed(self, key: tuple, name: str, value: float | None) -> tuple:
        """``key`` with another value of the parameter ``name``."""
        place = self.names.index(name) - 1
        return (*key[:place], value, *key[place + 1 :])

    def run(self, keys: set[tuple]) -> None:
        """Run the rule sets that were not run before, all of them at once."""
        new = sorted(keys - self.known.keys(), key=str)
        if not new:
            return
        run = self.connection.execute
        run(
            "create or replace temp table int_line_rules as "
            "from intermediate.int_line_rules limit 0"
        )
        marks = ", ".join("?" * len(self.names))
        rows = [[f"candidate {number}", *key] for number, key in enumerate(new)]
        self.connection.executemany(f"insert into int_line_rules values ({marks})", rows)
        run(
            "create or replace temp table int_drug_exposures_by_role as "
            "select candidates.rule_set, exposures.* exclude (rule_set) "
            "from registry_exposures as exposures cross join int_line_rules as candidates"
        )
        for model in MODELS:
            run(f"create or replace temp table {model} as {read_model(self.compiled, model)}")
        exact = np.zeros((len(new), len(self.place)), dtype=int)
        for rule_set, person, count in run(EXACT).fetchall():
            exact[int(rule_set.split()[1]), self.place[person]] = count
        self.known.update(zip(new, exact, strict=True))

    def percent(self, key: tuple, half: np.ndarray) -> float:
        """Exact records of the persons of ``half`` under ``key``, percent."""
        return float(100 * self.known[key][half].sum() / self.records[half].sum())


def tuned(agreement: Agreement, halves: list[np.ndarray], chosen: list[tuple]) -> list[tuple]:
    """The best rule set of each half, by one number after the other, beginning with ``chosen``."""
    for _ in range(ROUNDS):
        before = list(chosen)
        for name, values in CANDIDATES.items():
            offers = [
                [key, *(agreement.changed(key, name, value) for value in values)] for key in chosen
            ]
            agreement.run({key for keys in offers for key in keys})
            chosen = [
                max(keys, key=lambda key, half=half: agreement.percent(key, half))
                for keys, half in zip(offers, halves, strict=True)
            ]
        if chosen == before:
            break
    return chosen


def is_even(case_id: str, salt: int) -> bool:
    """Whether the id hashes even; salt 0 is the split that `registry` was made on."""
    digest = hashlib.md5(f"{case_id}{f':{salt}' if salt else ''}".encode()).hexdigest()
    return int(digest[:8], 16) % 2 == 0


def main(source: Path, database: Path, compiled: Path) -> None:
    """Print one line a hash, their mean, and the fit of the held-out half to itself."""
    with warehouse.database(database) as connection:
        agreement = Agreement(connection, compiled, source)
        evens = [
            np.array([is_even(case_id, salt) for case_id in agreement.case_ids])
            for salt in range(HASHES)
        ]
        begun = [agreement.begun] * (HASHES + 1)
        fits = tuned(agreement, [*evens, ~evens[0], ~evens[0]], [*begun, agreement.registry])
        agreement.run({agreement.registry})
        rows = [
            (
                agreement.percent(key, even),
                agreement.percent(key, ~even),
                agreement.percent(agreement.registry, ~even),
            )
            for key, even in zip(fits, evens, strict=False)
        ]
        print("hash | tuned half | other half | other half under registry")
        for salt, row in enumerate(rows):
            print(salt, *(f"{value:.1f}" for value in row), sep=" | ")
        held_out = np.array(rows)[:, 1]
        print("mean", *(f"{value:.1f}" for value in np.mean(rows, axis=0)), sep=" | ")
        print(f"other half: standard deviation {held_out.std(ddof=1):.1f}")
        ceiling = max(agreement.percent(key, ~evens[0]) for key in fits[HASHES:])
        print(f"numbers fitted on the other half of hash 0 itself: {ceiling:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("database", type=Path)
    parser.add_argument("compiled", type=Path)
    main(**vars(parser.parse_args()))

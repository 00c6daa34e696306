"""What really happened: latent times, states and arms, written beside the CDM, never inside."""

import numpy as np
import pyarrow as pa

from myelomart_synthetic.biology import HEAVY_CHAINS, pattern_component
from myelomart_synthetic.constants import rows
from myelomart_synthetic.effects import NEVER, outcome_names
from myelomart_synthetic.people import YEAR, People
from myelomart_synthetic.responses import NAMES as RESPONSES
from myelomart_synthetic.treatment import Course

ARMS = np.array(["neither", "car_t", "pomalidomide"])
STATES = np.array(["none", "emd_only", "pmd_only", "both", "unknown"])


def as_days(values: np.ndarray) -> pa.Array:
    """Dates, null where there is none (-1) or none within any follow-up."""
    missing = (values < 0) | (values > 2**20)
    return pa.array(np.where(missing, 0, values).astype(np.int32), mask=missing).cast(pa.date32())


def as_integer(days: np.ndarray) -> pa.Array:
    """Days after the clock's start, null where the outcome never comes in the window."""
    return pa.array(np.where(days == NEVER, 0, days).astype(np.int32), mask=days == NEVER)


def truth_tables(
    people: People, course: Course, graded: dict[str, np.ndarray]
) -> dict[str, pa.Table]:
    """`patients`, `lines`, `outcomes` and `infusions` of one chunk."""
    ids = people.person_id[course.rows]
    return {
        "patients": patient_table(people, course, ids),
        "lines": line_table(course, ids),
        "outcomes": outcome_table(course, ids),
        "infusions": infusion_table(course, ids, graded),
    }


def patient_table(people: People, course: Course, ids) -> pa.Table:
    """One row a myeloma patient."""
    biology = course.biology
    populations = np.array([row["population"] for row in rows("populations")])
    columns = {
        "person_id": ids,
        "population": pa.array(populations[course.population]),
        "site": people.site[course.rows] + 1,
        "arm": pa.array(ARMS[course.arm]),
        "assigned_arm": pa.array(ARMS[course.assigned]),
        "decision_date": as_days(course.decided),
        "index_date": as_days(course.index),
        "clock_start_date": as_days(course.clock),
        "diagnosis_date": as_days(people.diagnosis[course.rows]),
        "death_date": as_days(course.death),
        "last_contact_date": as_days(course.last),
        "age_at_diagnosis": course.age,
        "charlson": course.charlson,
        "frailty": course.frailty,
        "linear_predictor": course.planted.linear_predictor,
        "is_penta_refractory_at_cart": course.penta,
        "iss_stage": biology.stage,
        "durie_salmon_stage": biology.durie_salmon,
        "heavy_chain": pa.array(np.array(HEAVY_CHAINS)[biology.heavy_chain]),
        "is_light_chain_only": biology.light_chain_only,
        "is_oligosecretory": biology.oligosecretory,
        "soft_tissue_baseline": pa.array(STATES[biology.baseline]),
        "soft_tissue_progression": pa.array(STATES[biology.progression]),
        "fish_tested": biology.tested,
    }
    for number, row in enumerate(rows("cytogenetics")):
        columns[row["abnormality"]] = biology.abnormal[:, number]
    for name in ("biochemical", "marrow", "bone"):
        columns[f"progression_{name}"] = pattern_component(biology, name)
    return pa.table(columns)


def line_table(course: Course, ids) -> pa.Table:
    """One row a line of therapy."""
    patient, line = np.nonzero(course.start >= 0)
    regimens = rows("regimens")
    chosen = course.regimen[patient, line]
    days = {
        "line_start_date": course.start,
        "line_end_date": course.end,
        "transplant_date": course.transplant,
        "apheresis_date": course.apheresis,
        "infusion_date": course.infusion,
        "progression_date": course.progression,
        "progression_seen_date": course.seen,
    }
    return pa.table(
        {
            "person_id": ids[patient],
            "line_number": line + 1,
            "regimen": pa.array(np.array([row["regimen"] for row in regimens])[chosen]),
            "therapy_group": pa.array(np.array([row["therapy_group"] for row in regimens])[chosen]),
            "is_after_cart": line > np.where(course.cart_line < 0, 99, course.cart_line)[patient],
            "best_response": pa.array(np.array(RESPONSES)[course.response[patient, line]]),
            **{name: as_days(values[patient, line]) for name, values in days.items()},
        }
    )


def outcome_table(course: Course, ids) -> pa.Table:
    """One row a patient of an arm and outcome: both potential days, and the history."""
    arms, names = np.flatnonzero(course.arm > 0), outcome_names()
    year = np.maximum(course.index, 0) / YEAR + 1970
    potential = {
        name: course.planted.days(np.full(len(ids), treated), year)[arms].ravel()
        for name, treated in (("day_if_car_t", 1.0), ("day_if_pomalidomide", 0.0))
    }
    return pa.table(
        {
            "person_id": np.repeat(ids[arms], len(names)),
            "outcome": pa.array(np.tile(np.array(names), len(arms))),
            "has_prior": course.planted.prior[arms].ravel(),
            **{name: as_integer(days) for name, days in potential.items()},
        }
    )


def infusion_table(course: Course, ids, graded) -> pa.Table:
    """One row an infusion, with the true grades."""
    return pa.table(
        {
            "person_id": ids[graded["patient"]],
            "infusion_date": as_days(graded["day"]),
            "line_number": graded["line"] + 1,
            "crs_grade": graded["crs"],
            "icans_grade": graded["icans"],
            "is_planted_arm": graded["in_arm"],
        }
    )

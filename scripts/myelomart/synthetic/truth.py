"""What really happened: latent times, arms and planted effects, written beside the CDM."""

import numpy as np
import pyarrow as pa

from myelomart.synthetic.constants import rows
from myelomart.synthetic.effects import NEVER, outcome_names
from myelomart.synthetic.people import People
from myelomart.synthetic.treatment import Course


def as_days(values: np.ndarray, missing: int) -> pa.Array:
    """Dates, null where the value is `missing`."""
    return pa.array(
        np.where(values == missing, 0, values).astype(np.int32), mask=values == missing
    ).cast(pa.date32())


def truth_tables(people: People, course: Course) -> dict[str, pa.Table]:
    """`patients`, `lines` and `outcomes` of one chunk."""
    ids = people.person_id[course.rows]
    patients = pa.table(
        {
            "person_id": ids,
            "arm": pa.array(np.array(["neither", "car_t", "pomalidomide"])[course.arm]),
            "index_date": as_days(course.index, -1),
            "death_date": as_days(course.death, NEVER),
            "last_contact_date": as_days(people.last[course.rows], -1),
            "transplant_date": as_days(course.transplant, -1),
            "frailty": people.frailty[course.rows],
            "linear_predictor": course.planted.linear_predictor,
        }
    )
    patient, line = np.nonzero(course.start >= 0)
    names = np.array([row["regimen"] for row in rows("regimens")])
    lines = pa.table(
        {
            "person_id": ids[patient],
            "line_number": line + 1,
            "regimen": pa.array(names[course.regimen[patient, line]]),
            "line_start_date": as_days(course.start[patient, line], -1),
            "infusion_date": as_days(course.infusion[patient, line], -1),
            "progression_date": as_days(course.progression[patient, line], -1),
            "progression_seen_date": as_days(course.seen[patient, line], -1),
        }
    )
    arms = np.flatnonzero(course.arm > 0)
    outcomes = outcome_names()
    size = len(outcomes)
    outcome = pa.table(
        {
            "person_id": np.repeat(ids[arms], size),
            "outcome": pa.array(np.tile(np.array(outcomes), len(arms))),
            "has_prior": course.planted.prior[arms].ravel(),
            "day_if_car_t": as_integer(course.planted.treated[arms].ravel()),
            "day_if_pomalidomide": as_integer(course.planted.control[arms].ravel()),
        }
    )
    return {"patients": patients, "lines": lines, "outcomes": outcome}


def as_integer(days: np.ndarray) -> pa.Array:
    """Days after index, null where the outcome never comes in the window."""
    return pa.array(np.where(days == NEVER, 0, days).astype(np.int32), mask=days == NEVER)

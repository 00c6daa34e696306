"""The planted outcomes as records: first occurrence after index, history before, chance later."""

import numpy as np

from myelomart_synthetic.constants import column, parameter, rows
from myelomart_synthetic.effects import NEVER, outcome_names
from myelomart_synthetic.emission import (
    EMERGENCY,
    INPATIENT,
    after_code_starts,
    condition,
    drug,
    infusions,
    lab,
    procedure,
)
from myelomart_synthetic.events import EventLog
from myelomart_synthetic.people import YEAR
from myelomart_synthetic.scenarios import NEGATIVE_CONTROL
from myelomart_synthetic.treatment import CAR_T, MAX_LINES, Course

NEEDS_A_LOOK = ("lab", NEGATIVE_CONTROL)  # recorded only if somebody looks in time


def planted_days(course: Course) -> np.ndarray:
    """Days after the clock's start of each outcome in the arm that was received."""
    year = np.maximum(course.index, 0) / YEAR + 1970
    return course.planted.days((course.arm == CAR_T).astype(float), year, course.crossover)


def emit_outcomes(log: EventLog, course: Course) -> None:
    """Planted outcomes of the two arms, and the history before index."""
    arms = np.flatnonzero(course.arm > 0)
    days, person = planted_days(course), course.rows
    count = len(rows("outcomes"))
    back = 30 + (700 * course.streams.uniform("history", count)).astype(np.int64)
    variant = course.streams.uniform("variant", count)
    for number, row in enumerate(rows("outcomes")):
        past = arms[course.planted.prior[arms, number]]
        emit_outcome(
            log, row, person[past], course.index[past] - back[past, number], variant[past, number]
        )
        reached = arms[days[arms, number] < NEVER]
        day = course.clock[reached] + days[reached, number]
        if row["kind"] in NEEDS_A_LOOK:
            reached, day = detected(course, reached, day, row["outcome"])
        emit_outcome(log, row, person[reached], day, variant[reached, number])
    hospital = outcome_names().index("hospitalization")
    emit_infusion_stays(log, course, days[:, hospital])
    emit_chance_outcomes(log, course)


def detected(course: Course, reached, day, outcome: str):
    """With unequal testing it is recorded only if a sample, or a visit, falls in its episode."""
    ratio = course.planted.scenario.testing_ratio
    if ratio == 1:
        return reached, day
    rate = parameter("testing_rate_control") * np.where(course.arm[reached] == CAR_T, ratio, 1)
    wait = course.streams.exponential(f"detect/{outcome}")[reached] / rate
    found = wait <= parameter("episode_days")
    return reached[found], (day + wait.astype(np.int64))[found]


def emit_chance_outcomes(log: EventLog, course: Course) -> None:
    """One chance of each outcome at the control rate: after diagnosis, or once an arm is over."""
    begin = np.where(course.arm > 0, course.free_from + 1, course.start[:, 0] + 30)
    begin = np.where(course.start[:, 0] < 0, NEVER // 2, begin)
    count = len(rows("outcomes"))
    rate = -np.log1p(-column("outcomes", "risk_control_12m")) / YEAR
    wait = course.streams.exponential("chance", count) / rate
    variant = course.streams.uniform("chance_variant", count)
    for number, row in enumerate(rows("outcomes")):
        if row["kind"] not in ("death", "lab") and not row["outcome"].startswith(("crs", "icans")):
            chosen = np.flatnonzero(begin + wait[:, number] < course.last)
            day = begin[chosen] + wait[chosen, number].astype(np.int64)
            emit_outcome(log, row, course.rows[chosen], day, variant[chosen, number])


def emit_outcome(log: EventLog, row: dict[str, str], person, day, variant) -> None:
    """Record one outcome as the kind of its row says."""
    kind, items = row["kind"], row["items"].split("|")
    if kind == "inpatient":
        log.stay(person, day, day + 3 + (5 * variant).astype(np.int64), INPATIENT)
    elif kind == "emergency":
        log.stay(person, day, day, EMERGENCY)
    elif kind == "lab":
        high = float(rows("labs")[lab(items[0])]["high_median"]) * (0.85 + 0.3 * variant)
        log.add("measurement", person, day, lab(items[0]), high)
    elif kind == "ivig":
        for dose in range(4):
            log.add("drug", person, day + 28 * dose, drug("ivig"))
    elif kind in ("condition", "dialysis", NEGATIVE_CONTROL):
        choices = np.array([condition(name) for name in items])
        picked = choices[(variant * len(choices)).astype(np.int64)]
        picked, person, day = after_code_starts(picked, person, day)
        log.add("condition", person, day, picked)
        if kind == "dialysis":
            log.add("device", person, day, procedure("dialysis_catheter"))
            log.add("procedure", person, day, procedure("hemodialysis"))


def emit_infusion_stays(log: EventLog, course: Course, hospital_day: np.ndarray) -> None:
    """Inpatient from the day of infusion, unless an early admission was planted: then at home."""
    patient, line, day = infusions(course)
    in_arm = (course.arm[patient] == CAR_T) & (course.index[patient] == day)
    admitted = np.where(in_arm, hospital_day[patient] + course.clock[patient] - day, NEVER)
    length = 8 + (7 * course.streams.uniform("stay", MAX_LINES)[patient, line]).astype(np.int64)
    inside = admitted > length + 1
    log.stay(course.rows[patient[inside]], day[inside], (day + length)[inside], INPATIENT)

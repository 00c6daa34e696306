"""From latent course to recorded events: doses, procedures, diagnoses, outcomes."""

import numpy as np

from myelomart.synthetic.constants import column, day_number, parameter, position, rows
from myelomart.synthetic.effects import NEVER
from myelomart.synthetic.events import EventLog, repeated
from myelomart.synthetic.people import People
from myelomart.synthetic.treatment import CAR_T, MAX_LINES, Course, regimen_drugs

INPATIENT, EMERGENCY = 9201, 9203


def condition(name: str) -> int:
    """Item number of a condition."""
    return position("conditions", "item")[name]


def drug(name: str) -> int:
    """Item number of an ingredient."""
    return position("drugs", "ingredient")[name]


def procedure(name: str) -> int:
    """Item number of a procedure."""
    return position("procedures", "item")[name]


def lab(name: str) -> int:
    """Item number of a laboratory test."""
    return position("labs", "lab")[name]


def emit_doses(log: EventLog, people: People, course: Course) -> None:
    """Every fill or infusion of every line, transplant and maintenance apart."""
    patient, line = np.nonzero(course.start >= 0)
    start, end = course.start[patient, line], course.end[patient, line]
    transplanted = (line == 0) & (course.transplant[patient] >= 0)
    end = np.where(transplanted, course.transplant[patient] - 25, end)
    phases = np.array([row["phase"] == "cart" for row in rows("regimens")])
    matrix = regimen_drugs() & ~phases[:, None]
    pair, item = np.nonzero(matrix[course.regimen[patient, line]])
    emit_schedule(log, course.rows[patient[pair]], start[pair], end[pair], item)

    maintained = np.flatnonzero(
        (course.transplant >= 0)
        & (course.streams.uniform("maintenance") < parameter("maintenance_share"))
    )
    begin = course.transplant[maintained] + int(parameter("maintenance_delay"))
    emit_schedule(
        log, course.rows[maintained], begin, course.end[maintained, 0], drug("lenalidomide")
    )


def emit_schedule(log: EventLog, person, start, end, item) -> None:
    """Doses from start to end at the interval of each drug."""
    item = np.broadcast_to(item, np.shape(person))
    interval = column("drugs", "interval_days")[item]
    counts = np.where(end >= start, (end - start) // interval + 1, 0)
    counts = np.minimum(counts, column("drugs", "max_doses")[item])
    row, number = repeated(counts)
    day = start[row] + (number * interval[row]).astype(np.int64)
    last = day + (column("drugs", "days_supply")[item][row]).astype(np.int64) - 1
    log.add("drug", person[row], day, item[row], end=last)


def emit_transplants(log: EventLog, people: People, course: Course) -> None:
    """Collection, conditioning, transplant and its stay."""
    chosen = np.flatnonzero(course.transplant >= 0)
    person, day = course.rows[chosen], course.transplant[chosen]
    log.add("procedure", person, day - 28, procedure("stem_cell_collection"))
    log.add("drug", person, day - 29, drug("plerixafor"))
    log.add("drug", person, day - 2, drug("melphalan"))
    pcs = np.where(
        day >= day_number("2015-10-01"),
        procedure("autologous_sct_pcs"),
        procedure("autologous_sct_icd9"),
    )
    item = np.where(people.site[person] % 2 == 0, procedure("autologous_sct"), pcs)
    log.add("procedure", person, day, item)
    log.add("condition", person, day + 60, condition("sct_status"))
    inside = course.streams.uniform("transplant_setting")[chosen] >= parameter(
        "transplant_outpatient_share"
    )
    log.stay(person[inside], day[inside] - 2, day[inside] + 14, INPATIENT)


def emit_cell_therapy(log: EventLog, people: People, course: Course) -> None:
    """Apheresis, bridging, lymphodepletion and the infusion, by the site's way of coding it."""
    patient, line = np.nonzero(course.apheresis >= 0)
    person, day = course.rows[patient], course.apheresis[patient, line]
    new = day >= day_number("2025-01-01")
    for old in ("car_t_leukapheresis", "car_t_processing"):
        item = np.where(new, procedure(old + "_2025"), procedure(old))
        log.add("procedure", person, day + (old == "car_t_processing"), item)

    patient, line = np.nonzero((course.bridging >= 0) & (course.infusion >= 0))
    person, day = course.rows[patient], course.bridging[patient, line]
    for offset in (0, 8):
        log.add("drug", person, day + offset, drug("cyclophosphamide"))
        log.add("drug", person, day + offset, drug("dexamethasone"))

    patient, line = np.nonzero(course.infusion >= 0)
    person, day = course.rows[patient], course.infusion[patient, line]
    for offset in (5, 4, 3):
        log.add("drug", person, day - offset, drug("fludarabine"))
        log.add("drug", person, day - offset, drug("cyclophosphamide"))
    emit_infusions(log, people, course, person, day, course.regimen[patient, line])


def emit_infusions(log, people, course, person, day, regimen) -> None:
    """Product by drug, HCPCS or ICD-10-PCS as the site does; every site adds the CPT code."""
    cilta = np.array([row["drugs"] == "cilta_cel" for row in rows("regimens")])[regimen]
    evidence = people_evidence(people, person)
    log.add(
        "drug",
        person[evidence == 0],
        day[evidence == 0],
        np.where(cilta, drug("cilta_cel"), drug("ide_cel"))[evidence == 0],
    )
    hcpcs = np.where(cilta, procedure("cilta_cel_hcpcs"), procedure("ide_cel_hcpcs"))
    early = ~cilta & (day < day_number("2022-01-01"))
    hcpcs = np.where(early, procedure("ide_cel_hcpcs_first"), hcpcs)
    pcs = np.where(cilta, procedure("cilta_cel_pcs"), procedure("ide_cel_pcs"))
    pcs = np.where(day < day_number("2021-10-01"), procedure("car_t_unspecified_pcs"), pcs)
    log.add("procedure", person[evidence == 1], day[evidence == 1], hcpcs[evidence == 1])
    log.add("procedure", person[evidence == 2], day[evidence == 2], pcs[evidence == 2])
    cpt = np.where(
        day >= day_number("2025-01-01"),
        procedure("car_t_administration_2025"),
        procedure("car_t_administration"),
    )
    log.add("procedure", person, day, cpt)


def people_evidence(people: People, person: np.ndarray) -> np.ndarray:
    """0 drug record, 1 HCPCS procedure, 2 ICD-10-PCS procedure: one habit per site."""
    return people.site[person] % 3


def emit_diagnoses(log: EventLog, people: People, course: Course) -> None:
    """Myeloma codes: at diagnosis, at a second visit, at each relapse, and in remission."""
    person, day = course.rows, people.diagnosis[course.rows]
    log.add("condition", person, day, condition("mm_active"))
    log.add("condition", person, day + 31, condition("mm_active"))
    log.add("procedure", person, day, procedure("bone_marrow_biopsy"))
    log.add("procedure", person, day + 5, procedure("pet_ct"))
    patient, line = np.nonzero(course.start >= 0)
    log.add(
        "condition",
        course.rows[patient],
        course.start[patient, line],
        np.where(line == 0, condition("mm_active"), condition("mm_relapse")),
    )
    quiet = np.flatnonzero(course.transplant >= 0)
    log.add(
        "condition",
        course.rows[quiet],
        course.transplant[quiet] + 100,
        condition("mm_remission"),
    )


def emit_outcomes(log: EventLog, people: People, course: Course) -> None:
    """The planted first occurrences after index, and the history before it."""
    arms = np.flatnonzero(course.arm > 0)
    treated = (course.arm == CAR_T)[:, None]
    days = np.where(treated, course.planted.treated, course.planted.control)
    person, index = course.rows, course.index
    back = 30 + (700 * course.streams.uniform("history", len(rows("outcomes")))).astype(np.int64)
    variant = course.streams.uniform("variant", len(rows("outcomes")))
    for number, row in enumerate(rows("outcomes")):
        with_history = arms[course.planted.prior[arms, number]]
        emit_outcome(
            log,
            row,
            person[with_history],
            index[with_history] - back[with_history, number],
            variant[with_history, number],
        )
        reached = arms[days[arms, number] < NEVER]
        emit_outcome(
            log,
            row,
            person[reached],
            index[reached] + days[reached, number],
            variant[reached, number],
        )
    hospital = [row["outcome"] for row in rows("outcomes")].index("hospitalization")
    emit_infusion_stays(log, course, days[:, hospital])


def emit_outcome(log: EventLog, row: dict[str, str], person, day, variant) -> None:
    """Record one outcome as the kind of its row says."""
    kind, items = row["kind"], row["items"].split("|")
    if kind == "inpatient":
        log.stay(person, day, day + 3 + (5 * variant).astype(np.int64), INPATIENT)
    elif kind == "emergency":
        log.stay(person, day, day, EMERGENCY)
    elif kind == "lab":
        emit_high_labs(log, person, day, items[0], variant)
    elif kind == "ivig":
        for dose in range(4):
            log.add("drug", person, day + 28 * dose, drug("ivig"))
    elif kind in ("condition", "dialysis"):
        choices = np.array([condition(name) for name in items])
        picked = choices[(variant * len(choices)).astype(np.int64)]
        if row["outcome"] == "crs_any" or row["outcome"] == "icans_any":
            picked, person, day = after_code_starts(picked, person, day)
        log.add("condition", person, day, picked)
        if kind == "dialysis":
            log.add("procedure", person, day, procedure("hemodialysis"))


def after_code_starts(item, person, day):
    """Only days on which the code existed."""
    begin = np.array(
        [day_number(row["valid_from"]) if row["valid_from"] else 0 for row in rows("conditions")]
    )
    valid = day >= begin[item]
    return item[valid], person[valid], day[valid]


def emit_high_labs(log: EventLog, person, day, name: str, variant) -> None:
    """An abnormal value, around the row's `high_median`, on the day itself."""
    row = rows("labs")[lab(name)]
    value = float(row["high_median"]) * (0.85 + 0.3 * variant)
    log.add("measurement", person, day, lab(name), value)


def emit_infusion_stays(log: EventLog, course: Course, hospital_day: np.ndarray) -> None:
    """Inpatient from the day of infusion, unless an early admission was planted: then at home."""
    patient, line = np.nonzero(course.infusion >= 0)
    day = course.infusion[patient, line]
    in_arm = (course.arm[patient] == CAR_T) & (course.index[patient] == day)
    admitted = np.where(in_arm, hospital_day[patient], NEVER)
    length = 8 + (7 * course.streams.uniform("stay", MAX_LINES)[patient, line]).astype(np.int64)
    inside = admitted > length + 1
    log.stay(course.rows[patient[inside]], day[inside], day[inside] + length[inside], INPATIENT)

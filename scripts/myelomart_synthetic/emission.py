"""From latent course to recorded events: doses, transplants, cell therapy, diagnoses."""

import numpy as np

from myelomart_synthetic.constants import column, day_number, parameter, position, rows
from myelomart_synthetic.events import EventLog, repeated
from myelomart_synthetic.people import People
from myelomart_synthetic.regimens import regimen_drugs
from myelomart_synthetic.treatment import Course, ending_regimens

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


def immunofixation(specimen: str) -> int:
    """Item number of the immunofixation of serum or urine, behind labs and cytogenetics."""
    place = position("immunofixation", "specimen")[specimen]
    return len(rows("labs")) + len(rows("cytogenetics")) + place


def finding(name: str) -> int:
    """Item number of a charted finding."""
    return position("findings", "item")[name]


def valid_from(name: str) -> int:
    """First day of a procedure's code."""
    return day_number(rows("procedures")[procedure(name)]["valid_from"])


def by_day(day: np.ndarray, before: str, after: str) -> np.ndarray:
    """The procedure `after` from the first day of its code on, `before` until then."""
    return np.where(day >= valid_from(after), procedure(after), procedure(before))


def emit_doses(log: EventLog, people: People, course: Course) -> None:
    """Every fill or infusion of every line; transplants and CAR-T apart."""
    patient, line = np.nonzero(course.start >= 0)
    start, end = course.start[patient, line], course.end[patient, line]
    salvage = np.isin(course.regimen[patient, line], ending_regimens("autologous", "allogeneic"))
    transplanted = (course.transplant[patient, line] >= 0) & ~salvage
    end = np.where(transplanted, course.transplant[patient, line] - 25, end)
    apart = np.array([row["phase"] == "cart" for row in rows("regimens")])
    apart[ending_regimens("gprc5d_cart", "autologous", "allogeneic")] = True
    matrix = regimen_drugs() & ~apart[:, None]
    pair, item = np.nonzero(matrix[course.regimen[patient, line]])
    emit_schedule(log, course.rows[patient[pair]], start[pair], end[pair], item)

    maintained = (course.transplant[:, 0] >= 0) & (
        course.streams.uniform("maintenance") < parameter("maintenance_share")
    )
    maintained = np.flatnonzero(maintained)
    begin = course.transplant[maintained, 0] + int(parameter("maintenance_delay"))
    begin = np.maximum(begin, day_number("2005-12-27"))
    emit_schedule(
        log, course.rows[maintained], begin, course.end[maintained, 0], drug("lenalidomide")
    )
    ended = np.isin(course.regimen[patient, line], ending_regimens())
    log.add("condition", course.rows[patient[ended]], start[ended], condition("palliative_care"))


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
    patient, line = np.nonzero(course.transplant >= 0)
    person, day = course.rows[patient], course.transplant[patient, line]
    first = line == 0
    log.add("procedure", person[first], day[first] - 28, procedure("stem_cell_collection"))
    mobilised = first & (day >= day_number("2009-02-01"))
    log.add("drug", person[mobilised], day[mobilised] - 29, drug("plerixafor"))
    log.add("drug", person, day - 2, drug("melphalan"))
    pcs = by_day(day, "autologous_sct_icd9", "autologous_sct_pcs")
    item = np.where(people.site[person] % 2 == 0, procedure("autologous_sct"), pcs)
    allogeneic = np.isin(course.regimen[patient, line], ending_regimens("allogeneic"))
    item = np.where(allogeneic, procedure("allogeneic_sct"), item)
    log.add("procedure", person, day, item)
    log.add("condition", person, day + 60, condition("sct_status"))
    setting = course.streams.uniform("transplant_setting")[patient]
    inside = setting >= parameter("transplant_outpatient_share")
    log.stay(person[inside], day[inside] - 2, day[inside] + 14, INPATIENT)


def infusions(course: Course):
    """Every CAR-T infusion, the investigational ones among salvage too: patient, line, day."""
    again = np.isin(course.regimen, ending_regimens("gprc5d_cart")) & (course.start >= 0)
    day = np.where(again, course.start + int(parameter("second_cart_wait")), course.infusion)
    patient, line = np.nonzero(day >= 0)
    return patient, line, day[patient, line]


def emit_cell_therapy(log: EventLog, people: People, course: Course) -> None:
    """Apheresis, bridging, lymphodepletion and the infusion, by the site's way of coding it."""
    patient, line = np.nonzero(course.apheresis >= 0)
    person, day = course.rows[patient], course.apheresis[patient, line]
    for name, offset in (("car_t_leukapheresis", 0), ("car_t_processing", 1)):
        item = by_day(day, name, f"{name}_2025")
        item = np.where(day < valid_from(name), procedure("leukapheresis"), item)
        log.add("procedure", person, day + offset, item)
    patient, line = np.nonzero((course.bridging >= 0) & (course.infusion >= 0))
    person, day = course.rows[patient], course.bridging[patient, line]
    for offset in (0, 8):
        log.add("drug", person, day + offset, drug("cyclophosphamide"))
        log.add("drug", person, day + offset, drug("dexamethasone"), end=day + offset + 3)
    patient, line, day = infusions(course)
    person = course.rows[patient]
    for offset in (5, 4, 3):
        log.add("drug", person, day - offset, drug("fludarabine"))
        log.add("drug", person, day - offset, drug("cyclophosphamide"))
    emit_infusions(log, people, course, person, day, course.regimen[patient, line])


def emit_infusions(log, people, course, person, day, regimen) -> None:
    """Product by drug, HCPCS or ICD-10-PCS as the site does; the CPT code while it exists.

    Before the product has a HCPCS code, ICD-10-PCS stands in for it.
    """
    drugs = np.array([row["drugs"] for row in rows("regimens")])[regimen]
    cilta, trial = drugs == "cilta_cel", drugs == "car_t_unspecified"
    evidence = np.where(trial, 2, people.site[person] % 3)
    product = np.where(cilta, drug("cilta_cel"), drug("ide_cel"))
    first = np.where(cilta, valid_from("cilta_cel_hcpcs"), valid_from("ide_cel_hcpcs_first"))
    evidence = np.where((evidence == 1) & (day < first), 2, evidence)
    hcpcs = by_day(day, "ide_cel_hcpcs_first", "ide_cel_hcpcs")
    hcpcs = np.where(cilta, procedure("cilta_cel_hcpcs"), hcpcs)
    pcs = np.where(cilta, procedure("cilta_cel_pcs"), procedure("ide_cel_pcs"))
    pcs = np.where(trial, procedure("car_t_other_pcs"), pcs)
    unnamed = procedure("car_t_unspecified_pcs")
    pcs = np.where(day < valid_from("ide_cel_pcs"), unnamed, pcs)
    for kind, domain, item in (
        (0, "drug", product),
        (1, "procedure", hcpcs),
        (2, "procedure", pcs),
    ):
        here = evidence == kind
        log.add(domain, person[here], day[here], item[here])
    coded = day >= valid_from("car_t_administration")
    cpt = by_day(day, "car_t_administration", "car_t_administration_2025")
    log.add("procedure", person[coded], day[coded], cpt[coded])


def emit_diagnoses(log: EventLog, people: People, course: Course) -> None:
    """Myeloma codes: at diagnosis, at a second visit, at each relapse, and in remission."""
    person, day = course.rows, people.diagnosis[course.rows]
    log.add("condition", person, day, condition("mm_active"))
    log.add("condition", person, day + 31, condition("mm_active"))
    log.add("procedure", person, day, procedure("bone_marrow_biopsy"))
    log.add("procedure", person, day + 5, procedure("pet_ct"))
    patient, line = np.nonzero(course.start >= 0)
    code = np.where(line == 0, condition("mm_active"), condition("mm_relapse"))
    log.add("condition", course.rows[patient], course.start[patient, line], code)
    quiet = np.flatnonzero(course.transplant[:, 0] >= 0)
    day = course.transplant[quiet, 0] + 100
    log.add("condition", course.rows[quiet], day, condition("mm_remission"))


def after_code_starts(item, person, day):
    """Only days on which the code existed."""
    begin = [row["valid_from"] for row in rows("conditions")]
    begin = np.array([day_number(text) if text else 0 for text in begin])
    valid = day >= begin[item]
    return item[valid], person[valid], day[valid]

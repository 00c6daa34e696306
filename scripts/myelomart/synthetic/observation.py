"""Routine observation: visits, laboratories, comorbidities and medication of everybody."""

import numpy as np

from myelomart.synthetic.constants import column, parameter, position, rows
from myelomart.synthetic.emission import condition, drug, lab, procedure
from myelomart.synthetic.events import EventLog, repeated
from myelomart.synthetic.people import YEAR, People
from myelomart.synthetic.treatment import Course

from scipy.special import ndtri  # isort: skip

BACKGROUND_CONDITIONS = ("back_pain", "upper_respiratory_infection", "urinary_tract_infection")
BACKGROUND_PROCEDURES = (
    "blood_draw",
    "office_visit",
    "influenza_vaccine",
    "chest_xray",
    "electrocardiogram",
)


def emit_background(log: EventLog, people: People) -> None:
    """Office visits with the conditions, fills, procedures and laboratories that come with them."""
    span = np.maximum(people.last - people.start, 30)
    counts = np.floor(span / YEAR * parameter("background_visits_per_year")).astype(np.int64) + 2
    row, number = repeated(counts)
    day = people.start[row] + (span[row] * people.streams.at("visit", row, number)).astype(np.int64)
    streams = people.streams
    log.add("procedure", row, day, procedure("office_visit"))

    pick = streams.at("visit_condition", row, number)
    comorbid_row, comorbidity = np.nonzero(people.comorbid)
    onset = people.start[comorbid_row] + (
        90 * streams.at("onset", comorbid_row, comorbidity)
    ).astype(np.int64)
    items = np.array([condition(entry["comorbidity"]) for entry in rows("comorbidities")])
    log.add("condition", comorbid_row, onset, items[comorbidity])
    log.add("condition", comorbid_row, onset + 365, items[comorbidity])
    for place, name in enumerate(BACKGROUND_CONDITIONS):
        chosen = (pick > 0.1 * place) & (pick < 0.1 * (place + 1))
        log.add("condition", row[chosen], day[chosen], condition(name))
    taken = streams.at("visit_procedure", row, number)
    for place, name in enumerate(BACKGROUND_PROCEDURES):
        chosen = (taken > 0.15 * place) & (taken < 0.15 * (place + 1))
        log.add("procedure", row[chosen], day[chosen], procedure(name))

    medicine = [
        (place, drug(entry["drug"]))
        for place, entry in enumerate(rows("comorbidities"))
        if entry["drug"]
    ]
    for place, item in medicine:
        chosen = np.flatnonzero(people.comorbid[:, place])
        fills = np.minimum((people.last[chosen] - people.start[chosen]) // 90, 60)
        which, fill = repeated(fills)
        begin = people.start[chosen][which] + 90 + 90 * fill
        log.add("drug", chosen[which], begin, item, end=begin + 89)

    tested = streams.at("visit_labs", row, number) < 0.4
    emit_panels(log, people, row[tested], day[tested], number[tested], ("blood", "chemistry"), "bg")
    emit_panels(log, people, row, day, number, ("vital",), "vital")


def emit_panels(log, people, row, day, counter, panels, name) -> None:
    """One value of every test of the panels on each (person, day), within its normal clips."""
    for number, entry in enumerate(rows("labs")):
        if entry["panel"] in panels:
            draw = ndtri(people.streams.at(f"{name}/{entry['lab']}", row, counter))
            value = float(entry["median"]) * np.exp(float(entry["log_sd"]) * draw)
            value = np.clip(value, float(entry["clip_low"]), float(entry["clip_high"]))
            log.add("measurement", row, day, number, value)


def emit_myeloma_labs(log: EventLog, people: People, course: Course) -> None:
    """Laboratories from diagnosis on, at the interval of the site's testing intensity."""
    person = course.rows
    step = parameter("routine_interval_days")
    until = np.minimum(people.last[person], course.death)
    counts = np.maximum((until - people.diagnosis[person]) / step, 1).astype(np.int64)
    which, number = repeated(counts)
    day = people.diagnosis[person][which] + (number * step).astype(np.int64)
    row = person[which]
    emit_panels(log, people, row, day, number, ("blood", "chemistry"), "mm")
    every = number % 2 == 0
    emit_panels(log, people, row[every], day[every], number[every], ("immunoglobulin",), "mm")
    every = number % 3 == 0
    emit_panels(log, people, row[every], day[every], number[every], ("inflammation",), "mm")
    emit_panels(
        log,
        people,
        person,
        people.diagnosis[person],
        np.zeros(len(person)),
        ("staging", "cytokine"),
        "mm",
    )
    emit_paraprotein(log, people, course, which, number, day)


def emit_paraprotein(log, people, course, which, number, day) -> None:
    """M-protein and free light chains along response, plateau and regrowth of each line."""
    streams, person = course.streams, course.rows
    line = (course.start[which] <= day[:, None]) & (course.start[which] >= 0)
    line = np.maximum(line.sum(axis=1) - 1, 0)
    start, progression = course.start[which, line], course.progression[which, line]
    peak = 2.0 * np.exp(0.5 * streams.normal("peak"))[which]
    depth = streams.uniform("depth", course.start.shape[1])[which, line]
    nadir = np.where(depth < 0.3, 0.0, np.where(depth < 0.7, 0.15, 0.6))
    since = np.clip(day - start, 0, None)
    fall = nadir + (1 - nadir) * np.exp(-since / 35)
    span = np.maximum(progression - start, 1)
    regrowth = 0.35 * np.exp((day - progression) / (0.15 * span + 20))
    share = np.minimum(np.where(since > 0, fall, 1) + regrowth * (since > 0), 1.6)
    noise = np.exp(0.04 * ndtri(streams.at("m_noise", which, number)))
    value = np.maximum(peak * share * noise - 0.02, 0)
    light_only = (streams.uniform("light_chain_only") < 0.2)[which]
    kappa = (streams.uniform("kappa") < 0.65)[which]
    log.add(
        "measurement", person[which], day, lab("m_protein_serum"), np.where(light_only, 0, value)
    )
    involved = 12 + 350 * value * noise
    other = 10 * np.exp(0.3 * ndtri(streams.at("flc_noise", which, number)))
    low, high = np.where(kappa, involved, other), np.where(kappa, other, involved)
    log.add("measurement", person[which], day, lab("free_light_chain_kappa"), low)
    log.add("measurement", person[which], day, lab("free_light_chain_lambda"), high)
    log.add("measurement", person[which], day, lab("free_light_chain_ratio"), low / high)


__all__ = ["emit_background", "emit_myeloma_labs", "column", "position"]

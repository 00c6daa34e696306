"""Paraprotein, light chains and marrow along response, plateau and regrowth of every line."""

import numpy as np
from scipy.special import ndtri

from myelomart.synthetic.biology import pattern_component
from myelomart.synthetic.constants import column, parameter
from myelomart.synthetic.emission import lab, procedure
from myelomart.synthetic.events import EventLog
from myelomart.synthetic.treatment import MAX_LINES, Course


def levels(course: Course):
    """Tumour load in g/dL of M-protein: at the start, at the nadir and at progression of each line.

    Progression brings 30 % and 1 g/dL above the nadir, beyond both thresholds of 004:63; after
    CAR-T only where the pattern of progression is biochemical.
    """
    remaining = column("response_depth", "remaining")
    biochemical = pattern_component(course.biology, "biochemical")
    start = np.zeros(course.start.shape)
    nadir, grown = start.copy(), start.copy()
    load = course.biology.peak
    for line in range(MAX_LINES):
        share = remaining[np.maximum(course.response[:, line], 0)]
        start[:, line] = load
        nadir[:, line] = load * share
        rises = (line != course.cart_line) | biochemical
        regrown = nadir[:, line] * (1 + parameter("regrowth_share")) + parameter("regrowth_g_dl")
        grown[:, line] = np.where(rises, regrown, nadir[:, line])
        load = np.where(course.start[:, line] >= 0, grown[:, line], load)
        load = np.maximum(load, parameter("relapse_floor_g_dl"))
    return start, nadir, grown


def assessment_days(course: Course, which, day, first, last):
    """Patient and day of each myeloma panel: routine days, starts, progressions and after."""
    parts = [(which, day)]
    patient, line = np.nonzero(course.start >= 0)
    parts.append((patient, course.start[patient, line]))
    found = course.seen[patient, line]
    parts.append((patient, np.minimum(found, last[patient] + 1)))
    parts.append((patient, np.minimum(found + 14, last[patient] + 1)))
    patient, line = np.nonzero(course.infusion >= 0)
    for offset in (-7, 28, 60, 90):
        parts.append((patient, course.infusion[patient, line] + offset))
    which, day = (np.concatenate(part) for part in zip(*parts, strict=True))
    key = np.unique(which * 2**20 + day)
    which, day = key // 2**20, key % 2**20
    inside = (day >= first[which]) & (day <= last[which])
    return which[inside], day[inside]


def load_at(course: Course, which, day) -> np.ndarray:
    """Tumour load of patient `which` on `day`, g/dL."""
    start, nadir, grown = levels(course)
    origin = np.where(course.infusion >= 0, course.infusion, course.start)
    begun = (origin[which] <= day[:, None]) & (origin[which] >= 0)
    line = np.maximum(begun.sum(axis=1) - 1, 0)
    pick = which, line
    since = np.clip(day - origin[pick], 0, None)
    floor = nadir[pick]
    falling = floor + (start[pick] - floor) * np.exp(-since / parameter("response_days"))
    falling = np.where(falling - floor < parameter("response_done_g_dl"), floor, falling)
    ahead = course.seen[pick] - day
    pace = np.clip(parameter("regrowth_pace") * (course.seen[pick] - origin[pick]), 8, 40)
    rising = (grown[pick] - floor) * np.exp(-np.maximum(ahead, -60) / pace)
    rising = np.where(ahead > 5 * pace, 0, np.minimum(rising, 1.5 * (grown[pick] - floor)))
    return np.maximum(falling + rising, 0)


def emit_paraprotein(log: EventLog, course: Course, which, day, first, last) -> None:
    """Serum and urine M-protein, free light chains and their ratio, with analytic noise."""
    which, day = assessment_days(course, which, day, first, last)
    streams, biology = course.streams, course.biology
    load = load_at(course, which, day)
    noise = np.exp(0.03 * ndtri(streams.at("m_noise", which, day)))
    light_only, quiet = biology.light_chain_only[which], biology.oligosecretory[which]
    person = course.rows[which]
    highest = column("labs", "clip_high")[lab("m_protein_serum")]  # what serum can hold
    serum = np.where(light_only | quiet, 0, np.minimum(load * noise, highest))
    log.add("measurement", person, day, lab("m_protein_serum"), serum)
    scale = np.where(light_only, parameter("flc_per_load_light_chain"), parameter("flc_per_load"))
    scale = np.where(quiet, parameter("flc_per_load_oligosecretory"), scale)
    base = 9 * np.exp(0.2 * ndtri(streams.at("flc_base", which, day)))
    other = 9 * np.exp(0.2 * ndtri(streams.at("flc_other", which, day)))
    involved = base + scale * load * noise
    kappa = biology.kappa[which]
    one, two = np.where(kappa, involved, other), np.where(kappa, other, involved)
    log.add("measurement", person, day, lab("free_light_chain_kappa"), one)
    log.add("measurement", person, day, lab("free_light_chain_lambda"), two)
    log.add("measurement", person, day, lab("free_light_chain_ratio"), one / two)
    urine = streams.at("urine", which, day) < np.where(light_only, 0.5, 0.1)
    amount = np.where(light_only, parameter("urine_per_load"), 0.1 * parameter("urine_per_load"))
    log.add(
        "measurement",
        person[urine],
        day[urine],
        lab("m_protein_urine_24h"),
        (amount * load * noise)[urine],
    )
    emit_marrow(log, course)


def emit_marrow(log: EventLog, course: Course) -> None:
    """Marrow plasma cells at diagnosis and relapses, at day 90 and progression after CAR-T."""
    streams = course.streams
    patient, line = np.nonzero(course.start >= 0)
    value = 15 + 55 * streams.uniform("marrow", MAX_LINES)[patient, line]
    tested = (line == 0) | (streams.uniform("marrow_done", MAX_LINES)[patient, line] < 0.3)
    tested &= line != course.cart_line[patient] + 1
    emit_sample(
        log, course.rows[patient[tested]], course.start[patient, line][tested] - 2, value[tested]
    )
    treated = np.flatnonzero(course.cart_line >= 0)
    pick = treated, course.cart_line[treated]
    clear = 4 * streams.uniform("marrow_90")[treated]
    emit_sample(log, course.rows[treated], course.infusion[pick] + 90, clear)
    involved = pattern_component(course.biology, "marrow")[treated]
    value = np.where(involved, 6 + 60 * streams.uniform("marrow_pd")[treated], clear)
    assessed = streams.uniform("marrow_assessed")[treated] < parameter("marrow_assessed_share")
    assessed &= course.seen[pick] < 2**20
    emit_sample(log, course.rows[treated][assessed], course.seen[pick][assessed], value[assessed])


def emit_sample(log: EventLog, person, day, value) -> None:
    """A biopsy and its plasma cells."""
    log.add("procedure", person, day, procedure("bone_marrow_biopsy"))
    log.add("measurement", person, day, lab("bone_marrow_plasma_cells"), value)

"""Paraprotein, light chains and marrow along response, plateau and regrowth of every line."""

import numpy as np
from scipy.special import ndtri

from myelomart_synthetic.biology import pattern_component
from myelomart_synthetic.constants import column, parameter
from myelomart_synthetic.emission import immunofixation, lab
from myelomart_synthetic.events import EventLog
from myelomart_synthetic.marrow import emit_marrow
from myelomart_synthetic.mrd import emit_mrd
from myelomart_synthetic.treatment import MAX_LINES, Course


def levels(course: Course):
    """Tumour load in g/dL of M-protein: at the start, at the nadir and at progression of each line.

    Progression brings 30 % and 1 g/dL above the nadir, beyond both thresholds of specification
    studies D5.2; after CAR-T only where the pattern of progression is biochemical.
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
    return unique_days(parts, first, last)


def unique_days(parts, first, last):
    """Patient and day sorted, each pair once, from each patient's first to last day."""
    which, day = (np.concatenate(part) for part in zip(*parts, strict=True))
    key = np.unique(which * 2**20 + day)
    which, day = key // 2**20, key % 2**20
    inside = (day >= first[which]) & (day <= last[which])
    return which[inside], day[inside]


def load_at(course: Course, which, day) -> tuple[np.ndarray, np.ndarray]:
    """Tumour load of patient `which` on `day` in g/dL, and the line that the day belongs to."""
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
    pace = parameter("regrowth_pace") * (course.seen[pick] - origin[pick])
    pace = np.clip(pace, parameter("regrowth_shortest"), parameter("regrowth_longest"))
    rising = (grown[pick] - floor) * np.exp(-np.maximum(ahead, -60) / pace)
    rising = np.where(ahead > 5 * pace, 0, np.minimum(rising, 1.5 * (grown[pick] - floor)))
    return np.maximum(falling + rising, 0), line


def confirmations(course: Course, which, day) -> np.ndarray:
    """Day that confirms the first assessment of a line without any M-protein, -1 if none does.

    Shape (m, MAX_LINES). IMWG asks for a second assessment; it comes before the next progression.
    """
    load, line = load_at(course, which, day)
    clear = np.flatnonzero(load <= 0)
    key, place = np.unique(which[clear] * MAX_LINES + line[clear], return_index=True)
    again = day[clear[place]] + int(parameter("confirmation_days"))
    result = np.full(course.start.shape, -1, dtype=np.int64)
    result.ravel()[key] = again
    return np.where(result < course.seen, result, -1)


def emit_paraprotein(log: EventLog, course: Course, which, day, first, last) -> None:
    """M-protein, immunofixation, free light chains and their ratio, with analytic noise."""
    which, day = assessment_days(course, which, day, first, last)
    confirmed = confirmations(course, which, day)
    patient, number = np.nonzero(confirmed >= 0)
    parts = [(which, day), (patient, confirmed[patient, number])]
    which, day = unique_days(parts, first, last)
    load, line = load_at(course, which, day)
    noise = np.exp(0.03 * ndtri(course.streams.at("m_noise", which, day)))
    emit_serum(log, course, which, day, load * noise)
    emit_light_chains(log, course, which, day, load * noise)
    fixed = is_fixed(course, which, day, load, line)
    emit_urine(log, course, which, day, load * noise, fixed)
    for specimen in ("serum", "urine"):
        present = (load[fixed] > 0).astype(float)
        log.add(
            "measurement", course.rows[which[fixed]], day[fixed], immunofixation(specimen), present
        )
    emit_marrow(log, course, confirmed)
    emit_mrd(log, course, which, day, confirmed)


def is_fixed(course: Course, which, day, load, line) -> np.ndarray:
    """Whether immunofixation is done: electrophoresis shows nothing, or the patient is restaged.

    Restaging is at the start of the first line, 90 days after CAR-T, and when progression is seen.
    """
    asked = course.streams.uniform("immunofixation", MAX_LINES) < parameter("immunofixation_share")
    infusion = course.infusion[which, line]
    restaged = (infusion >= 0) & (day == infusion + 90)
    restaged |= (day == course.seen[which, line]) | (day == course.start[which, 0])
    return asked[which, line] & (restaged | (load < parameter("detectable_g_dl")))


def emit_serum(log: EventLog, course: Course, which, day, load) -> None:
    """M-protein in serum: none that electrophoresis could not see, no more than serum can hold."""
    biology = course.biology
    silent = biology.light_chain_only[which] | biology.oligosecretory[which]
    highest = column("labs", "clip_high")[lab("m_protein_serum")]
    shown = ~silent & (load >= parameter("detectable_g_dl"))
    value = np.where(shown, np.minimum(load, highest), 0)
    log.add("measurement", course.rows[which], day, lab("m_protein_serum"), value)


def emit_light_chains(log: EventLog, course: Course, which, day, load) -> None:
    """Both free light chains and their ratio."""
    streams, biology, person = course.streams, course.biology, course.rows[which]
    scale = np.where(
        biology.light_chain_only[which],
        parameter("flc_per_load_light_chain"),
        parameter("flc_per_load"),
    )
    quiet = biology.oligosecretory[which]
    scale = np.where(quiet, parameter("flc_per_load_oligosecretory"), scale)
    base = 9 * np.exp(0.2 * ndtri(streams.at("flc_base", which, day)))
    other = 9 * np.exp(0.2 * ndtri(streams.at("flc_other", which, day)))
    involved = base + scale * load
    kappa = biology.kappa[which]
    one, two = np.where(kappa, involved, other), np.where(kappa, other, involved)
    log.add("measurement", person, day, lab("free_light_chain_kappa"), one)
    log.add("measurement", person, day, lab("free_light_chain_lambda"), two)
    log.add("measurement", person, day, lab("free_light_chain_ratio"), one / two)


def emit_urine(log: EventLog, course: Course, which, day, load, fixed) -> None:
    """M-protein of 24 hours in those who are followed by it, always where urine is fixed."""
    streams, light_only = course.streams, course.biology.light_chain_only
    share = np.where(
        light_only, parameter("urine_followed_light_chain"), parameter("urine_followed")
    )
    followed = streams.uniform("urine_followed") < share
    brought = fixed | (streams.at("urine", which, day) < parameter("urine_kept_share"))
    chosen = followed[which] & brought
    which, day, load = which[chosen], day[chosen], load[chosen]
    amount = parameter("urine_per_load") * np.where(light_only[which], 1.0, 0.1)
    log.add("measurement", course.rows[which], day, lab("m_protein_urine_24h"), amount * load)

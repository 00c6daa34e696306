"""Charted findings: FISH, staging, imaging around CAR-T, responses, performance status."""

import numpy as np

from myelomart_synthetic.biology import NONE, UNKNOWN, has_emd, has_pmd, pattern_component
from myelomart_synthetic.constants import column, parameter, rows
from myelomart_synthetic.emission import condition, finding, lab, procedure
from myelomart_synthetic.events import EventLog
from myelomart_synthetic.people import People
from myelomart_synthetic.treatment import MAX_LINES, Course


def emit_staging(log: EventLog, people: People, course: Course) -> None:
    """FISH at diagnosis (every probe, or none), and the two laboratory values of the ISS stage."""
    person, day = course.rows, people.diagnosis[course.rows]
    tested = np.flatnonzero(course.biology.tested)
    for number in range(len(rows("cytogenetics"))):
        item = len(rows("labs")) + number
        value = course.biology.abnormal[tested, number].astype(float)
        log.add("measurement", person[tested], day[tested] + 3, item, value)
    stage, spread = course.biology.stage, course.streams.uniform("stage_value")
    microglobulin = np.select(
        [stage == 1, stage == 2], [2.0 + 1.4 * spread, 3.6 + 1.8 * spread], 5.6 + 9 * spread
    )
    albumin = np.where(stage == 1, 3.6 + 0.8 * spread, 3.0 + 1.1 * spread)
    log.add("measurement", person, day, lab("beta_2_microglobulin"), microglobulin)
    log.add("measurement", person, day, lab("albumin"), albumin)


def emit_imaging(log: EventLog, course: Course) -> None:
    """PET-CT before CAR-T, at day 90, and at progression: soft tissue and new bone lesions."""
    treated = np.flatnonzero(course.cart_line >= 0)
    pick = treated, course.cart_line[treated]
    person, infusion, seen = course.rows[treated], course.infusion[pick], course.seen[pick]
    biology, streams = course.biology, course.streams
    before, after = biology.baseline[treated], biology.progression[treated]
    none = np.zeros(len(treated), dtype=bool)
    emit_scan(log, course, treated, person, infusion - 20, before, none)
    log.add("observation", person, infusion - 7, finding("ecog"), biology.performance[treated])
    quiet = seen > infusion + 95
    emit_scan(
        log,
        course,
        treated[quiet],
        person[quiet],
        infusion[quiet] + 91,
        np.full(quiet.sum(), NONE),
        none[quiet],
    )
    imaged = (seen < 2**20) & (after != UNKNOWN)
    imaged &= streams.uniform("imaging_assessed")[treated] < parameter("imaging_assessed_share")
    bone = pattern_component(biology, "bone")[treated]
    emit_scan(
        log, course, treated[imaged], person[imaged], seen[imaged], after[imaged], bone[imaged]
    )
    soft = imaged & has_emd(after)
    log.add("condition", person[soft], seen[soft], condition("extramedullary_plasmacytoma"))


def emit_scan(log: EventLog, course: Course, patient, person, day, state, bone) -> None:
    """One PET-CT and its three findings; a value of 2 and more is the site of the lesion."""
    log.add("procedure", person, day, procedure("pet_ct"))
    kinds = np.array([row["kind"] for row in rows("lesion_sites")])
    weights = column("lesion_sites", "weight")
    for name, kind, present in (
        ("imaging_emd", "emd", has_emd(state)),
        ("imaging_pmd", "pmd", has_pmd(state)),
    ):
        place = course.streams.choice(f"lesion/{kind}", weights * (kinds == kind))[patient]
        log.add("observation", person, day, finding(name), np.where(present, 2 + place, 0))
    log.add("observation", person, day, finding("imaging_new_bone_lesion"), bone.astype(float))


def emit_charted_responses(log: EventLog, course: Course) -> None:
    """The physician's response at day 90 of a line, earlier in a short one, and progression.

    Progression is charted on the day on which it is seen.
    """
    patient, line = np.nonzero(course.start >= 0)
    origin = np.where(course.infusion >= 0, course.infusion, course.start)[patient, line]
    seen = course.seen[patient, line]
    share = column("populations", "charted_share")[course.population[patient]]
    charted = course.streams.uniform("charted", MAX_LINES)[patient, line] < share
    charted &= line >= 1
    early = origin + (parameter("charted_early") * (seen - origin)).astype(np.int64)
    when = np.where(seen > origin + 90, origin + 90, np.maximum(early, origin + 7))
    assessed = charted & (when < seen)
    value = course.response[patient, line].astype(float)
    log.add(
        "observation",
        course.rows[patient[assessed]],
        when[assessed],
        finding("myeloma_response"),
        value[assessed],
    )
    found = charted & (seen < 2**20)
    log.add(
        "observation", course.rows[patient[found]], seen[found], finding("myeloma_progression"), 1
    )

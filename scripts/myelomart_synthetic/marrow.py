"""Marrow: plasma cells and whether they are of the clone, and scans that go with a remission."""

import numpy as np

from myelomart_synthetic.biology import NONE, has_emd, has_pmd, pattern_component
from myelomart_synthetic.constants import parameter
from myelomart_synthetic.emission import finding, lab, procedure
from myelomart_synthetic.events import EventLog
from myelomart_synthetic.imaging import emit_scan
from myelomart_synthetic.responses import COMPLETE, STRINGENT
from myelomart_synthetic.treatment import MAX_LINES, Course


def emit_marrow(log: EventLog, course: Course, confirmed: np.ndarray) -> None:
    """Marrow at diagnosis, relapses, day 90 and progression after CAR-T, and in remission.

    `confirmed` (m, MAX_LINES) is the day on which a complete response is confirmed, else -1.
    """
    emit_before_lines(log, course)
    emit_after_cart(log, course)
    emit_in_remission(log, course, confirmed)


def emit_before_lines(log: EventLog, course: Course) -> None:
    """At diagnosis always, at a later start of therapy sometimes."""
    streams = course.streams
    patient, line = np.nonzero(course.start >= 0)
    value = 15 + 55 * streams.uniform("marrow", MAX_LINES)[patient, line]
    tested = (line == 0) | (streams.uniform("marrow_done", MAX_LINES)[patient, line] < 0.3)
    tested &= line != course.cart_line[patient] + 1
    day = course.start[patient, line] - 2
    emit_sample(log, course, patient[tested], day[tested], value[tested])


def emit_after_cart(log: EventLog, course: Course) -> None:
    """At day 90 and, where it is assessed, at progression."""
    streams = course.streams
    treated = np.flatnonzero(course.cart_line >= 0)
    pick = treated, course.cart_line[treated]
    clear = 4 * streams.uniform("marrow_90")[treated]
    day = course.infusion[pick] + 90
    emit_sample(log, course, treated, day, clear)
    complete = course.response[pick] >= COMPLETE
    emit_clonality(
        log, course, treated[complete], day[complete], course.cart_line[treated[complete]]
    )
    involved = pattern_component(course.biology, "marrow")[treated]
    value = np.where(involved, 6 + 60 * streams.uniform("marrow_pd")[treated], clear)
    assessed = streams.uniform("marrow_assessed")[treated] < parameter("marrow_assessed_share")
    assessed &= course.seen[pick] < 2**20
    emit_sample(log, course, treated[assessed], course.seen[pick][assessed], value[assessed])


def emit_in_remission(log: EventLog, course: Course, confirmed: np.ndarray) -> None:
    """Marrow, and a scan where there was soft tissue, when a complete response is confirmed."""
    patient, line = np.nonzero(confirmed >= 0)
    day = confirmed[patient, line]
    wait = parameter("confirmation_from_day_90") + parameter("confirmation_days")
    early = (line == course.cart_line[patient]) & (day <= course.infusion[patient, line] + wait)
    patient, line, day = patient[~early], line[~early], day[~early]
    value = 4 * course.streams.uniform("marrow_clear", MAX_LINES)[patient, line]
    emit_sample(log, course, patient, day, value)
    emit_clonality(log, course, patient, day, line)
    onward = course.biology.progression[patient]
    soft = (course.cart_line[patient] >= 0) & (line > course.cart_line[patient])
    soft &= has_emd(onward) | has_pmd(onward)
    patient, day = patient[soft], day[soft]
    gone, none = np.full(len(patient), NONE), np.zeros(len(patient), dtype=bool)
    emit_scan(log, course, patient, course.rows[patient], day, gone, none)


def emit_clonality(log: EventLog, course: Course, patient, day, line) -> None:
    """Whether the few plasma cells of a remission are of the clone: not in a stringent one."""
    clonal = (course.response[patient, line] < STRINGENT).astype(float)
    log.add("observation", course.rows[patient], day, finding("clonal_plasma_cells"), clonal)


def emit_sample(log: EventLog, course: Course, patient, day, value) -> None:
    """A biopsy and its plasma cells."""
    person = course.rows[patient]
    log.add("procedure", person, day, procedure("bone_marrow_biopsy"))
    log.add("measurement", person, day, lab("bone_marrow_plasma_cells"), value)

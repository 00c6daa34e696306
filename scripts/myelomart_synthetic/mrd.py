"""Residual disease: who is tested for it, by which assay, and what the laboratory reports.

A test falls on a day with a myeloma panel, so it brings no visit of its own. Its draws have streams
of their own: without it every other row of the network is the same.
"""

import numpy as np
from scipy.special import ndtri

from myelomart_synthetic.constants import parameter
from myelomart_synthetic.events import EventLog
from myelomart_synthetic.responses import COMPLETE, STRINGENT, VERY_GOOD
from myelomart_synthetic.treatment import MAX_LINES, Course

ASSAYS = ("MRD-FLOW", "MRD-NGS")  # local codes: no public one is known with its number
SENSITIVITY = np.array([1e-5, 1e-6])
YEARS = 4


def emit_mrd(log: EventLog, course: Course, which, day, confirmed: np.ndarray) -> None:
    """Tests when a complete response is confirmed or 90 days after CAR-T, and each year from then.

    `which`, `day` are the panels, sorted; `confirmed` (m, MAX_LINES) the days that confirm a
    complete response, else -1. The value of an event is the share of cells found, 0 for none.
    """
    streams = course.streams
    after_cart = (course.infusion >= 0) & (course.response >= VERY_GOOD)
    first = np.where(after_cart, course.infusion + 90, confirmed)
    tested = (first >= 0) & (course.response >= VERY_GOOD) & (first < course.seen)
    tested &= streams.uniform("mrd_tested", MAX_LINES) < parameter("mrd_tested_share")
    patient, line = np.nonzero(tested)
    for year in range(YEARS):
        due = first[patient, line] + 365 * year
        place = np.searchsorted(which * 2**20 + day, patient * 2**20 + due)
        found = np.minimum(place, len(day) - 1)
        on = (place < len(day)) & (which[found] == patient)
        on &= (day[found] < course.seen[patient, line]) & (day[found] < due + 180)
        on &= day[found] >= parameter("mrd_first_date")
        patient, line, found = patient[on], line[on], found[on]
        emit_tests(log, course, patient, line, day[found])


def emit_tests(log: EventLog, course: Course, patient, line, day) -> None:
    """Log-normal share of cells by depth of response, that grows before a progression is seen."""
    streams, spread = course.streams, parameter("mrd_log10_spread")
    response = course.response[patient, line]
    mean = np.where(
        response >= STRINGENT, parameter("mrd_log10_stringent"), parameter("mrd_log10_complete")
    )
    mean = np.where(response < COMPLETE, parameter("mrd_log10_very_good"), mean)
    mean = mean + parameter("mrd_log10_after_cart") * (course.infusion[patient, line] >= 0)
    ahead = (course.seen[patient, line] - day) / parameter("mrd_regrowth_days")
    own = ndtri(streams.uniform("mrd_level", MAX_LINES)[patient, line])
    share = 10.0 ** (mean + spread * own + 2 * np.clip(1 - ahead, 0, 1))
    assay = (streams.uniform("mrd_assay")[patient] < parameter("mrd_sequencing_share")).astype(int)
    value = np.where(share < SENSITIVITY[assay], 0, np.minimum(share, 0.05))
    log.add("mrd", course.rows[patient], day, assay, value)

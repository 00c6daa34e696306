"""What is known of one moment: isotype, stage, infused cells, counts at infusion and relapse."""

import numpy as np

from myelomart_synthetic.constants import column, parameter, quantile, rows
from myelomart_synthetic.emission import condition, finding, lab
from myelomart_synthetic.events import EventLog
from myelomart_synthetic.people import People
from myelomart_synthetic.treatment import Course

ISOTYPES = ("myeloma_igg", "myeloma_iga", "myeloma_igd", "light_chain_myeloma")
COUNTS = {
    "infusion": ("hemoglobin", "neutrophil_count", "platelet_count", "creatinine"),
    "progression": ("hemoglobin", "wbc_count", "neutrophil_count", "platelet_count"),
}


def emit_isotype(log: EventLog, people: People, course: Course) -> None:
    """The heavy chain in the problem list, once the diagnosis is made."""
    known = course.streams.uniform("isotype_known") < parameter("isotype_known_share")
    items = np.array([condition(name) for name in ISOTYPES])[course.biology.heavy_chain]
    person = course.rows[known]
    log.add("condition", person, people.diagnosis[person] + 5, items[known])


def emit_durie_salmon(log: EventLog, people: People, course: Course) -> None:
    """The stage of Durie and Salmon at diagnosis, where the centre still writes it."""
    share = column("populations", "durie_salmon_share")[course.population]
    known = course.streams.uniform("durie_salmon_known") < share
    person = course.rows[known]
    stage = course.biology.durie_salmon[known]
    log.add(
        "observation", person, people.diagnosis[person] + 5, finding("durie_salmon_stage"), stage
    )


def emit_infused_cells(log: EventLog, course: Course) -> None:
    """Subsets of the infused cells in percent, where the product is phenotyped."""
    patient = np.flatnonzero(course.cart_line >= 0)
    known = course.streams.uniform("phenotyped")[patient] < parameter("phenotyped_share")
    known &= column("populations", "phenotypes")[course.population[patient]] > 0
    patient = patient[known]
    day = course.infusion[patient, course.cart_line[patient]]
    before = np.where(course.transplant < day_limit(course), course.transplant, -1).max(axis=1)
    soon = (before[patient] >= 0) & (day - before[patient] <= parameter("soon_after_transplant"))
    usual, less = (
        column("infused_cells", name) for name in ("share", "share_soon_after_transplant")
    )
    spread = course.streams.normal("infused_cells", len(usual))[patient]
    weight = np.where(soon[:, None], less, usual) * np.exp(parameter("phenotype_sd") * spread)
    percent = 100 * weight / weight.sum(axis=1, keepdims=True)
    for number, row in enumerate(rows("infused_cells")):
        value = np.round(percent[:, number], 1)
        log.add("observation", course.rows[patient], day, finding(row["finding"]), value)


def day_limit(course: Course) -> np.ndarray:
    """The day of the first infusion as a column, 0 for those without one."""
    treated = np.maximum(course.cart_line, 0)
    day = course.infusion[np.arange(len(treated)), treated]
    return np.where(course.cart_line >= 0, day, 0)[:, None]


def emit_relapse_counts(log: EventLog, course: Course) -> None:
    """Blood counts on the day on which progression after CAR-T is seen."""
    seen = relapse_day(course)
    patient = np.flatnonzero(seen < 2**20)
    seen = seen[patient]
    for name, value in counts_at(course, "progression").items():
        log.add("measurement", course.rows[patient], seen, lab(name), value[patient])


def relapse_day(course: Course) -> np.ndarray:
    """Day on which the progression after the first CAR-T is seen; far off where there is none."""
    treated = np.maximum(course.cart_line, 0)
    seen = course.seen[np.arange(len(treated)), treated]
    return np.where(course.cart_line >= 0, np.minimum(seen, 2**20), 2**20)


def counts_at(course: Course, moment: str) -> dict[str, np.ndarray]:
    """Blood counts of every patient at the first CAR-T infusion or at the progression after it.

    At the infusion also creatinine.
    """
    return {
        name: quantile(f"{moment}_{name}", course.streams.uniform(f"{moment}/{name}"))
        for name in COUNTS[moment]
    }

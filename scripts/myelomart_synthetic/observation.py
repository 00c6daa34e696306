"""Routine observation: visits, laboratories, comorbidities and medication of everybody."""

import numpy as np
from scipy.special import ndtri

from myelomart_synthetic.charted import relapse_day
from myelomart_synthetic.constants import parameter, rows
from myelomart_synthetic.emission import condition, drug, procedure
from myelomart_synthetic.events import EventLog, repeated
from myelomart_synthetic.kinetics import emit_paraprotein
from myelomart_synthetic.people import YEAR, People
from myelomart_synthetic.sites import Sites
from myelomart_synthetic.treatment import Course


def emit_background(log: EventLog, people: People) -> None:
    """Office visits with the conditions, fills, procedures and laboratories that come with them."""
    span = np.maximum(people.last - people.start, 30)
    rate = parameter("background_visits_per_year") * (0.5 + people.streams.uniform("visit_rate"))
    counts = np.floor(span / YEAR * rate).astype(np.int64) + 2
    row, number = repeated(counts)
    streams = people.streams
    day = people.start[row] + (span[row] * streams.at("visit", row, number)).astype(np.int64)
    log.add("procedure", row, day, procedure("office_visit"))
    for domain, pick in (("condition", condition), ("procedure", procedure)):
        drawn = streams.at(f"visit_{domain}", row, number)
        reached = 0.0
        for entry in rows("background"):
            if entry["domain"] == domain:
                chosen = (drawn >= reached) & (drawn < reached + float(entry["share"]))
                log.add(domain, row[chosen], day[chosen], pick(entry["item"]))
                reached += float(entry["share"])
    tested = streams.at("visit_labs", row, number) < parameter("visit_labs_share")
    emit_panels(log, people, row[tested], day[tested], number[tested], ("blood", "chemistry"), "bg")
    weighed = streams.at("visit_vitals", row, number) < parameter("visit_vitals_share")
    emit_panels(log, people, row[weighed], day[weighed], number[weighed], ("vital",), "vital")


def emit_comorbidities(log: EventLog, people: People) -> None:
    """Each comorbidity is coded again and again, its drug filled every 90 days.

    People with myeloma are seen more often, so that no year passes without the code.
    """
    person, place = np.nonzero(people.comorbid)
    onset = people.start[person] + (90 * people.streams.at("onset", person, place)).astype(np.int64)
    every = np.where(
        people.is_myeloma[person],
        parameter("comorbidity_code_days_myeloma"),
        parameter("comorbidity_code_days"),
    )
    which, number = repeated(np.maximum((people.last[person] - onset) // every + 1, 1))
    items = np.array([condition(entry["comorbidity"]) for entry in rows("comorbidities")])
    day = onset[which] + (number * every[which]).astype(np.int64)
    log.add("condition", person[which], day, items[place[which]])
    for place, entry in enumerate(rows("comorbidities")):
        if entry["drug"]:
            chosen = np.flatnonzero(people.comorbid[:, place])
            fills = np.minimum(
                (people.last[chosen] - people.start[chosen]) // 90,
                int(parameter("chronic_fills_limit")),
            )
            which, fill = repeated(fills)
            begin = people.start[chosen][which] + 90 + 90 * fill
            log.add("drug", chosen[which], begin, drug(entry["drug"]), end=begin + 89)


def emit_contacts(log: EventLog, people: People, course: Course) -> None:
    """An office visit every so many days for people with myeloma, to their last contact."""
    step = int(parameter("contact_days"))
    first = people.diagnosis[course.rows]
    row, number = repeated((course.last - first) // step + 1)
    day = first[row] + number * step
    log.add("procedure", course.rows[row], day, procedure("office_visit"))
    ends = np.flatnonzero(course.last < course.death)
    log.add("procedure", course.rows[ends], course.last[ends], procedure("office_visit"))


def emit_panels(log: EventLog, people: People, row, day, counter, panels, name: str) -> None:
    """One value of every test of the panels on each (person, day), within its normal clips."""
    for number, entry in enumerate(rows("labs")):
        if entry["panel"] in panels:
            draw = ndtri(people.streams.at(f"{name}/{entry['lab']}", row, counter))
            value = float(entry["median"]) * np.exp(float(entry["log_sd"]) * draw)
            value = np.clip(value, float(entry["clip_low"]), float(entry["clip_high"]))
            log.add("measurement", row, day, number, value)


def emit_myeloma_labs(log: EventLog, people: People, course: Course, sites: Sites) -> None:
    """Laboratories from diagnosis on, at the interval of the site's testing intensity.

    Blood counts from a CAR-T infusion to its day 60 come from toxicity.py instead, and those around
    the progression after it from charted.py.
    """
    person = course.rows
    first = people.diagnosis[person]
    last = np.minimum(course.last, course.death)
    last = np.minimum(last, int(parameter("data_cut_date")))
    step = parameter("routine_interval_days") / sites.testing[people.site[person]]
    counts = np.maximum((last - first) / step, 1).astype(np.int64)
    which, number = repeated(counts)
    day = first[which] + (number * step[which]).astype(np.int64)
    row = person[which]
    near = np.zeros(len(day), dtype=bool)
    for infusion in course.infusion.T:
        when = infusion[which]
        near |= (when >= 0) & (day >= when) & (day <= when + 62)
    near |= np.abs(day - relapse_day(course)[which]) <= parameter("relapse_counts_days")
    emit_panels(log, people, row[~near], day[~near], number[~near], ("blood",), "mm")
    for every, panel in ((2, "chemistry"), (2, "immunoglobulin"), (3, "inflammation")):
        chosen = number % every == 0
        emit_panels(log, people, row[chosen], day[chosen], number[chosen], (panel,), "mm")
    emit_panels(log, people, person, first, np.zeros(len(person)), ("cytokine",), "mm")
    emit_paraprotein(log, course, which, day, first, last)

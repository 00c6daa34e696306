"""After CAR-T: CRS and ICANS with grades, fever, treatment, markers and cytopenias."""

import numpy as np

from myelomart_synthetic.charted import counts_at
from myelomart_synthetic.constants import column, day_number, parameter, rows
from myelomart_synthetic.effects import outcome_names
from myelomart_synthetic.emission import (
    after_code_starts,
    condition,
    drug,
    finding,
    infusions,
    lab,
)
from myelomart_synthetic.events import EventLog
from myelomart_synthetic.outcomes import planted_days
from myelomart_synthetic.treatment import CAR_T, MAX_LINES, Course

BLOOD_DAYS = np.array([0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 14, 18, 21, 25, 28, 35, 42, 60])


def grades(course: Course) -> dict[str, np.ndarray]:
    """Per infusion: patient, day, in_arm, CRS grade and onset, ICANS grade and onset.

    In the arm of cart_vs_pom a planted CRS or ICANS always is one; the others follow toxicity.csv.
    """
    patient, line, day = infusions(course)
    streams, population = course.streams, course.population[patient]

    def draw(name: str) -> np.ndarray:
        return streams.uniform(name, MAX_LINES)[patient, line]

    in_arm = (course.arm[patient] == CAR_T) & (course.index[patient] == day)
    planted, found = planted_days(course)[patient], outcome_names()
    result = {"patient": patient, "line": line, "day": day, "in_arm": in_arm}
    for term, outcome in (("crs", "crs_any"), ("icans", "icans_any")):
        when = planted[:, found.index(outcome)]
        coded = in_arm & (when <= 30)
        any_share = column("toxicity", f"{term}_any")[population]
        severe = column("toxicity", f"{term}_ge3")[population] / np.maximum(any_share, 1e-9)
        happens = coded | (draw(term) < any_share)
        level = draw(f"{term}_grade")
        mild = 1 + (level > severe + (1 - severe) * parameter("grade_1_share"))
        grade = np.where(level < severe, 3 + (level < 0.2 * severe), mild)
        onset = np.where(coded, when, 1 + (parameter(f"{term}_onset_days") * draw(f"{term}_onset")))
        result[term] = np.where(happens, grade, 0)
        result[f"{term}_onset"] = day + onset.astype(np.int64)
        result[f"{term}_planted"] = coded
    return result


def emit_toxicity(log: EventLog, course: Course) -> dict[str, np.ndarray]:
    """Record what the grades bring with them; returns the grades for the truth."""
    graded = grades(course)
    patient, line = graded["patient"], graded["line"]
    person = course.rows[patient]

    def draw(name: str) -> np.ndarray:
        return course.streams.uniform(name, MAX_LINES)[patient, line]

    emit_crs(log, graded, person, draw)
    emit_icans(log, graded, person, draw)
    emit_codes(log, graded, person, draw)
    emit_markers(log, graded, person, draw)
    emit_counts(log, course, graded, person, draw)
    return graded


def emit_crs(log: EventLog, graded, person, draw) -> None:
    """Fever for every grade, low pressure from 2, oxygen and vasopressors from 3, tocilizumab."""
    grade, onset = graded["crs"], graded["crs_onset"]
    for offset in range(3):
        here = grade >= 1
        heat = 38.3 + 1.4 * draw(f"heat/{offset}")
        log.add(
            "measurement", person[here], onset[here] + offset, lab("body_temperature"), heat[here]
        )
    low = grade >= 2
    pressure = 74 + 12 * draw("pressure")
    log.add(
        "measurement", person[low], onset[low] + 1, lab("systolic_blood_pressure"), pressure[low]
    )
    for level, name in ((2, "low_flow_oxygen"), (3, "high_flow_oxygen")):
        here = (grade == level) & (draw("oxygen") < parameter("oxygen_share"))
        log.add("observation", person[here], onset[here] + 1, finding(name), 1)
    for level, name in ((3, "norepinephrine"), (4, "phenylephrine")):
        here = grade >= level
        log.add("drug", person[here], onset[here] + 1, drug(name))
    share = np.where(
        grade >= 2, parameter("tocilizumab_share_ge2"), parameter("tocilizumab_share_1")
    )
    treated = (grade >= 1) & (draw("tocilizumab") < share)
    log.add("drug", person[treated], onset[treated] + 1, drug("tocilizumab"))
    steroid = grade >= 3
    log.add(
        "drug", person[steroid], onset[steroid] + 1, drug("dexamethasone"), end=onset[steroid] + 3
    )


def emit_icans(log: EventLog, graded, person, draw) -> None:
    """ICE scores in the first ten days, 10 unless there is ICANS; steroids from grade 2."""
    ice = np.array([10, 8, 5, 1, 0])
    for offset in range(1, 11):
        day = graded["day"] + offset
        inside = (graded["icans"] > 0) & (day >= graded["icans_onset"])
        inside &= day < graded["icans_onset"] + 4
        score = np.where(inside, ice[graded["icans"]], 10)
        tested = draw("ice_charted") < parameter("ice_charted_share")
        log.add("observation", person[tested], day[tested], finding("ice_score"), score[tested])
    treated = graded["icans"] >= 2
    onset = graded["icans_onset"][treated]
    log.add("drug", person[treated], onset, drug("dexamethasone"), end=onset + 3)
    log.add("drug", person[treated], onset, drug("levetiracetam"), end=onset + 29)


def emit_codes(log: EventLog, graded, person, draw) -> None:
    """Codes outside the planted arm: a share of the episodes, many with no grade."""
    free = ~graded["in_arm"]
    for term in ("crs", "icans"):
        coded = free & (graded[term] > 0) & (draw(f"{term}_coded") < parameter("coded_share"))
        names = [f"{term}_unspecified"] + [f"{term}_grade_{number}" for number in range(1, 5)]
        items = np.array([condition(name) for name in names])
        vague = draw(f"{term}_vague") < parameter("code_without_grade_share")
        item = items[np.where(vague, 0, graded[term])]
        log.add(
            "condition",
            *reordered(
                after_code_starts(item[coded], person[coded], graded[f"{term}_onset"][coded])
            ),
        )
    early = free & (graded["icans"] > 0) & (graded["day"] < day_number("2021-10-01"))
    log.add("condition", person[early], graded["icans_onset"][early], condition("encephalopathy"))


def reordered(parts):
    """(item, person, day) as (person, day, item)."""
    item, person, day = parts
    return person, day, item


def emit_markers(log: EventLog, graded, person, draw) -> None:
    """CRP, IL-6, LDH, ferritin around CRS; in the planted arm ferritin alone, no outcome."""
    for name in ("crp", "il6", "ldh", "ferritin"):
        high = float(rows("labs")[lab(name)]["high_median"])
        here = (graded["crs"] > 0) & (~graded["in_arm"] | (name == "ferritin"))
        for offset in (0, 2):
            value = high * (0.6 + 0.25 * graded["crs"]) * (0.8 + 0.4 * draw(f"{name}/{offset}"))
            when = graded["crs_onset"] + offset
            log.add("measurement", person[here], when[here], lab(name), value[here])


def emit_counts(log: EventLog, course: Course, graded, person, draw) -> None:
    """Blood counts from infusion to day 60: a fall, and the printed share of grade 3 at day 28.

    They begin as low as the document of the commercial centre prints; creatinine is of that day.
    """
    population = course.population[graded["patient"]]
    before = counts_at(course, "infusion")
    tests = (
        ("neutrophil_count", "neutropenia_ge3", 0.25, 0.95, 1.3, 4.0),
        ("platelet_count", "thrombocytopenia_ge3", 12, 46, 62, 190),
        ("hemoglobin", "anemia_ge3", 6.9, 7.8, 8.4, 12.0),
    )
    for name, rate, nadir, severe_top, mild_low, normal in tests:
        severe = draw(rate) < column("toxicity", rate)[population]
        start = before[name][graded["patient"]]
        low = nadir + (severe_top - nadir) * 0.5 * draw(f"{name}/low")
        month = np.where(
            severe,
            nadir + (severe_top - nadir) * draw(f"{name}/month"),
            mild_low + (normal - mild_low) * 0.7 * draw(f"{name}/month"),
        )
        late = np.where(severe, mild_low * 1.1, normal * 0.85)
        for offset in BLOOD_DAYS:
            if offset <= 21:
                value = start + (np.minimum(low, month) - start) * min(offset / 9, 1)
            else:
                value = month if offset <= 42 else late
            log.add("measurement", person, graded["day"] + offset, lab(name), value)
    creatinine = before["creatinine"][graded["patient"]]
    log.add("measurement", person, graded["day"], lab("creatinine"), creatinine)

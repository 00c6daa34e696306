"""What a haematologist asks first of a patient, in sentences under titles."""

from __future__ import annotations

from collections import Counter

from myelomart.history import History, Refractory

STRENGTHS = ("CONFIRMED", "PROBABLE", "EXPOSED")
TERMS = {"crs": "CRS", "icans": "ICANS"}
REASONS = {"no_value": "no value", "no_readable_value": "no readable value"}
SPELLINGS = {
    "al": "AL",
    "imid": "IMiD",
    "pi": "PI",
    "cd38": "CD38",
    "bcma": "BCMA",
    "gprc5d": "GPRC5D",
    "slamf7": "SLAMF7",
    "waldenstrom": "Waldenström",
}
SHOWN_CODES = 12  # the rest is counted


def sections(history: History) -> dict[str, list[str]]:
    """Every title with its sentences; a title without any says so in a sentence of its own."""
    return {
        "Diagnosis and flags": flags(history),
        "Exposed and refractory": refractoriness(history),
        "CRS and ICANS": toxicities(history),
        "Residual disease": residual_disease(history),
        "Cohorts": decisions(history),
        "Results without a value": unread(history),
        "Records that nothing claimed": unclaimed(history),
    }


def flags(history: History) -> list[str]:
    """Each flag of the mart patients as yes, no or not known, and a death that is not plain."""
    told = []
    for one in history.flags:
        for answer, words in ((True, "yes"), (None, "not known"), (False, "no")):
            if names := one.by_answer[answer]:
                told.append(f"{words}: {', '.join(map(_spelt, names))}")
    for one in history.doubts:
        taken = "no death" if history.patient.death_date is None else "the death"
        told.append(f"death in doubt, {one.doubt}; the records say: {one.stated}; {taken} is taken")
    return told or ["No flag is recorded."]


def refractoriness(history: History) -> list[str]:
    """Each class by its strongest status, and each drug of it."""
    best: dict[tuple[str, str], Refractory] = {}
    for one in history.refractory:
        key = one.drug_class, one.ingredient
        if key not in best or _strength(one) < _strength(best[key]):
            best[key] = one
    told = []
    for drug_class in sorted({name for name, _ in best}):
        own = sorted(
            (one for one in best.values() if one.drug_class == drug_class),
            key=lambda one: (_strength(one), one.ingredient),
        )
        drugs = [
            f"{one.ingredient.replace('_', ' ')} {one.status.lower()}"
            + (
                f" in line {one.line_number}"
                + (f" ({one.evidence_date})" if one.evidence_date else "")
                if one.status != "EXPOSED"
                else ""
            )
            for one in own
        ]
        told.append(f"{_spelt(drug_class)}: {own[0].status.lower()}; {', '.join(drugs)}")
    return told or ["No drug that can be refractory is recorded."]


def toxicities(history: History) -> list[str]:
    """Each episode with its grade."""
    told = []
    for one in history.toxicities:
        grade = "grade not known" if one.grade is None else f"grade {one.grade}"
        by = f" ({one.grading_system})" if one.grading_system else ""
        until = f" to {one.end_date}" if one.end_date and one.end_date != one.start_date else ""
        why = f": {one.evidence.replace('_', ' ')}" if one.evidence else ""
        told.append(f"{TERMS.get(one.term, one.term)} {grade}{by}, {one.start_date}{until}{why}")
    return told or ["None is recorded."]


def residual_disease(history: History) -> list[str]:
    """Each test, and what it says at each threshold."""
    days: dict[tuple, list[str]] = {}
    for one in history.residual:
        answer = {True: "negative", False: "not negative", None: "not known"}[one.is_negative]
        since = one.negative_since
        if one.is_negative and since and since != one.tested_date:
            answer += f" since {since}"
        head = one.tested_date, one.method, one.result or "result not read"
        days.setdefault(head, []).append(f"at {one.threshold} {answer}")
    told = [
        f"{day} by {'an unnamed method' if method == 'unknown' else method}, {result}: "
        + ", ".join(answers)
        for (day, method, result), answers in days.items()
    ]
    return told or ["No test is recorded: it is not known."]


def decisions(history: History) -> list[str]:
    """In which cohorts the person is, and at which step the others were left."""
    told = []
    for one in history.decisions:
        if one.decision == "in":
            words = "in"
        else:
            words = f"out at step {one.step}, {one.label or 'a step without a label'}"
            if one.decision == "unknown":
                words += " (not known)"
        told.append(f"{one.cohort}, index {one.index_date}: {words}")
    return told or ["The person has the index event of no cohort."]


def unread(history: History) -> list[str]:
    """Per test how many results had no readable value, and how many none at all."""
    told = [
        f"{one.name.replace('_', ' ')}: {one.count} with "
        f"{REASONS.get(one.why, 'a value set aside (' + one.why.replace('_', ' ') + ')')}, "
        + (
            f"{one.first_date}"
            if one.first_date == one.last_date
            else f"{one.first_date} to {one.last_date}"
        )
        for one in history.unread
    ]
    return told or ["Every result has a value."]


def unclaimed(history: History) -> list[str]:
    """How many records of each table no concept set names, those worth a look first."""
    if not history.unclaimed:
        return ["Every record is claimed."]
    counts = Counter()
    for one in history.unclaimed:
        counts[one.domain] += one.count
    told = [", ".join(f"{count} of {domain}" for domain, count in sorted(counts.items()))]
    pointed = [one for one in history.unclaimed if one.points_to]
    told += [
        f"worth a look: {one.code} ({one.domain}, {one.count} from {one.first_date}), "
        f"{one.points_to.replace('_', ' ')}"
        for one in pointed
    ]
    rest = sorted(
        (one for one in history.unclaimed if not one.points_to), key=lambda one: -one.count
    )
    if rest:
        shown = ", ".join(f"{one.code} ({one.domain}, {one.count})" for one in rest[:SHOWN_CODES])
        more = f", and {len(rest) - SHOWN_CODES} codes more" if len(rest) > SHOWN_CODES else ""
        told.append(f"the most frequent: {shown}{more}")
    return told


def _spelt(name: str) -> str:
    """A name of the marts in words, abbreviations as they are written."""
    return " ".join(SPELLINGS.get(word, word) for word in name.replace("_", " ").split())


def _strength(one: Refractory) -> int:
    """The place of a status, the strongest first."""
    return STRENGTHS.index(one.status)

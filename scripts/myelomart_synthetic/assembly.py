"""From compact events to the rows of OMOP tables: observation, visits, codes, units, ids."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from myelomart_synthetic import providers
from myelomart_synthetic.constants import column, day_number, rows
from myelomart_synthetic.events import EventLog
from myelomart_synthetic.mrd import ASSAYS, SENSITIVITY
from myelomart_synthetic.people import People
from myelomart_synthetic.responses import NAMES as RESPONSES
from myelomart_synthetic.schema import as_table, words
from myelomart_synthetic.sites import Sites
from myelomart_synthetic.vocabulary import catalogue, worded_tests

EHR = 32817
EQUALS, BELOW = 4172703, 4171756
PERCENT = 8554
POSITIVE, NEGATIVE, PRESENT, ABSENT = 9191, 9189, 4181412, 4132135
OUTPATIENT, EMERGENCY = 9202, 9203
STAGES = ("I", "II", "III")
SLOTS = 1_000_000
DAYS = 2**21
ICD10_START = day_number("2015-10-01")


@dataclass
class Visits:
    """Visits sorted by person and start; `key` = person * DAYS + start day."""

    person: np.ndarray
    start: np.ndarray
    end: np.ndarray
    concept: np.ndarray
    identifier: np.ndarray


def keys(person: np.ndarray, day: np.ndarray) -> np.ndarray:
    """One sortable number per person and day."""
    return person * DAYS + day + DAYS // 2


def observed(person, day, end, first, last):
    """Which events are observed, their day not before observation, their end not after it."""
    kept = (day <= last[person]) & (end >= first[person])
    person, day, end = person[kept], day[kept], end[kept]
    day = np.maximum(day, first[person])
    return kept, person, day, np.maximum(np.minimum(end, last[person]), day)


def separate_stays(person, start, end, concept):
    """Stays sorted, an inpatient stay dropped that begins before the former one ended."""
    order = np.lexsort((concept, start, person))
    person, start, end, concept = (part[order] for part in (person, start, end, concept))
    inpatient = concept == 9201
    begin, finish = keys(person, start), np.where(inpatient, keys(person, end), 0)
    reach = np.concatenate([[0], np.maximum.accumulate(finish)[:-1]]) if len(person) else finish
    kept = ~inpatient | (begin > reach)
    first = np.ones(len(person), dtype=bool)
    if len(person) > 1:
        first[1:] = (begin[1:] != begin[:-1]) | (concept[1:] != concept[:-1])
    kept &= first
    return person[kept], start[kept], end[kept], concept[kept]


def make_visits(people: People, stays, event_keys: list[np.ndarray]) -> Visits:
    """Stays plus one outpatient visit for each day with events that no stay covers."""
    person, start, end, concept = stays
    inpatient = concept == 9201
    days = np.unique(np.concatenate(event_keys))
    covered = cover(days, keys(person, start)[inpatient], keys(person, end)[inpatient]) >= 0
    covered |= np.isin(days, keys(person, start)[~inpatient])
    days = days[~covered]
    office_person, office_day = days // DAYS, days % DAYS - DAYS // 2
    person = np.concatenate([person, office_person])
    start = np.concatenate([start, office_day])
    end = np.concatenate([end, office_day])
    concept = np.concatenate([concept, np.full(len(days), OUTPATIENT)])
    order = np.lexsort((concept, start, person))
    person = person[order]
    return Visits(
        person=person,
        start=start[order],
        end=end[order],
        concept=concept[order],
        identifier=identifiers(people, person),
    )


def cover(days, begins, ends):
    """Number of the interval that covers each day, -1 if none; intervals are sorted, disjoint."""
    if not len(begins):
        return np.full(len(days), -1)
    place = np.searchsorted(begins, days, side="right") - 1
    inside = (place >= 0) & (ends[np.maximum(place, 0)] >= days)
    return np.where(inside, place, -1)


def identifiers(people: People, person: np.ndarray) -> np.ndarray:
    """Ids that depend on the person alone: person_id times SLOTS plus a running number."""
    first = np.searchsorted(person, person, side="left")
    return people.person_id[person] * SLOTS + (np.arange(len(person)) - first)


def visit_of(visits: Visits, event: np.ndarray) -> np.ndarray:
    """The visit id of each event key: the covering stay, else the visit of that day."""
    begin = keys(visits.person, visits.start)
    inpatient = np.flatnonzero(visits.concept == 9201)
    within = cover(event, begin[inpatient], keys(visits.person, visits.end)[inpatient])
    others = np.flatnonzero(visits.concept != 9201)
    same = np.searchsorted(begin[others], event)
    same = others[np.minimum(same, len(others) - 1)] if len(others) else np.zeros(len(event), int)
    stay = inpatient[np.maximum(within, 0)] if len(inpatient) else same
    return visits.identifier[np.where(within >= 0, stay, same)]


def assemble(log: EventLog, people: People, death: np.ndarray, sites: Sites) -> dict[str, pa.Table]:
    """All clinical tables of a chunk, sorted by person and day."""
    last = np.minimum(people.last, death)
    stays = [np.concatenate(part) for part in zip(*log.stays, strict=True)] if log.stays else None
    if stays is None:
        stays = [np.zeros(0, dtype=np.int64)] * 4
    kept, person, start, end = observed(stays[0], stays[1], stays[2], people.start, last)
    stays = separate_stays(person, start, end, stays[3][kept])
    domains = {}
    for name, columns in log.domains.items():
        person, day, item, value, end = columns.joined()
        kept, person, day, end = observed(person, day, end, people.start, last)
        item, value = item[kept], value[kept]
        order = np.lexsort((value, item, keys(person, day)))
        domains[name] = tuple(part[order] for part in (person, day, item, value, end))
    domains = bill_as_procedures(domains, people, sites)
    residual = domains.pop("mrd")
    event_keys = [keys(person, day) for person, day, *_ in domains.values()]
    visits = make_visits(people, stays, event_keys)
    tables = {"visit_occurrence": visit_table(people, visits)}
    shapes = {
        "condition": condition_table,
        "drug": drug_table,
        "procedure": procedure_table,
        "measurement": measurement_table,
        "observation": observation_table,
        "device": device_table,
    }
    for name, shape in shapes.items():
        person, day, item, value, end = domains[name]
        common = {
            "person_id": people.person_id[person],
            "visit_occurrence_id": visit_of(visits, keys(person, day)),
        }
        identifier = identifiers(people, person)
        tables.update(shape(people, sites, common, identifier, person, day, item, value, end))
    tables["measurement"] = with_residual_disease(
        tables["measurement"], people, visits, domains["measurement"][0], *residual[:4]
    )
    tables.update(person_tables(people, sites, visits, death))
    return tables


def bill_as_procedures(domains, people: People, sites: Sites):
    """At some sites an infused drug is only a HCPCS procedure: item numbers move up."""
    person, day, item, value, end = domains["drug"]
    moved = has_code(item, day) & sites.codes_as_procedure[people.site[person]]
    offset = len(rows("procedures"))
    drugs = tuple(part[~moved] for part in (person, day, item, value, end))
    joined = [
        np.concatenate([old, new])
        for old, new in zip(
            domains["procedure"],
            (person[moved], day[moved], item[moved] + offset, value[moved], day[moved]),
            strict=True,
        )
    ]
    order = np.lexsort((joined[2], keys(joined[0], joined[1])))
    return {**domains, "drug": drugs, "procedure": tuple(part[order] for part in joined)}


def has_code(item: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Whether a drug could be billed by its own HCPCS code on that day."""
    begin = [row["code_from"] or "1900-01-01" for row in rows("drugs")]
    coded = np.array([bool(row["source_code"]) for row in rows("drugs")])
    return coded[item] & (day >= np.array([day_number(text) for text in begin])[item])


def visit_table(people: People, visits: Visits) -> pa.Table:
    """visit_occurrence."""
    names = {9201: "inpatient", OUTPATIENT: "outpatient", 9203: "emergency"}
    index = visits.concept - 9201
    return as_table(
        "visit_occurrence",
        {
            "visit_occurrence_id": visits.identifier,
            "person_id": people.person_id[visits.person],
            "visit_concept_id": visits.concept,
            "visit_start_date": visits.start,
            "visit_end_date": visits.end,
            "visit_type_concept_id": EHR,
            "provider_id": providers.of_visits(
                people, visits.person, visits.start, visits.concept, EMERGENCY
            ),
            "care_site_id": people.site[visits.person] + 1,
            "visit_source_value": words([names[9201 + place] for place in range(3)], index),
            "visit_source_concept_id": 0,
        },
        len(visits.person),
    )


def condition_table(people, sites, common, identifier, person, day, item, value, end):
    """condition_occurrence, with ICD-9 before October 2015 and the dot as the site writes it.

    What has no ICD code comes from a problem list, in SNOMED.
    """
    _, ids = catalogue()
    standard, ten, nine = ids["conditions"].T
    old = (day < ICD10_START) & (nine[item] > 0)
    dotted = sites.dotted[people.site[person]]
    codes = [row["icd10cm"] or row["snomed"] for row in rows("conditions")]
    codes += [row["icd9cm"] for row in rows("conditions")]
    choices = codes + [code.replace(".", "") for code in codes]
    size = len(rows("conditions"))
    table = as_table(
        "condition_occurrence",
        {
            **common,
            "condition_occurrence_id": identifier,
            "condition_concept_id": standard[item],
            "condition_start_date": day,
            "condition_end_date": end,
            "condition_type_concept_id": EHR,
            "condition_source_value": words(choices, item + size * old + 2 * size * ~dotted),
            "condition_source_concept_id": np.where(old, nine[item], ten[item]),
        },
        len(person),
    )
    return {"condition_occurrence": table}


def drug_table(people, sites, common, identifier, person, day, item, value, end):
    """drug_exposure: product concept, and J-code or product text as the source."""
    _, ids = catalogue()
    product, source, _ = ids["drugs"].T
    coded = has_code(item, day)
    texts = [row["product"] for row in rows("drugs")] + [
        row["source_code"] for row in rows("drugs")
    ]
    supply = column("drugs", "days_supply")[item]
    table = as_table(
        "drug_exposure",
        {
            **common,
            "drug_exposure_id": identifier,
            "drug_concept_id": product[item],
            "drug_exposure_start_date": day,
            "drug_exposure_end_date": end,
            "drug_type_concept_id": EHR,
            "provider_id": providers.of_drugs(people, person, day, item),
            "days_supply": supply,
            "quantity": supply,
            "route_concept_id": column("drugs", "route_concept_id")[item],
            "drug_source_value": words(texts, item + len(rows("drugs")) * coded),
            "drug_source_concept_id": np.where(coded, source[item], 0),
            "route_source_value": words([row["route"] for row in rows("drugs")], item),
        },
        len(person),
    )
    return {"drug_exposure": table}


def procedure_table(people, sites, common, identifier, person, day, item, value, end):
    """procedure_occurrence; the HCPCS codes of drugs follow the procedures' own items."""
    _, ids = catalogue()
    _, source, _ = ids["drugs"].T
    standard, own = ids["procedures"].T
    concept = np.concatenate([standard, np.zeros(len(source), dtype=np.int64)])
    origin = np.concatenate([own, source])
    texts = [row["code"] for row in rows("procedures")]
    texts += [row["source_code"] for row in rows("drugs")]
    table = as_table(
        "procedure_occurrence",
        {
            **common,
            "procedure_occurrence_id": identifier,
            "procedure_concept_id": concept[item],
            "procedure_date": day,
            "procedure_end_date": end,
            "procedure_type_concept_id": EHR,
            "quantity": 1,
            "procedure_source_value": words(texts, item),
            "procedure_source_concept_id": origin[item],
        },
        len(person),
    )
    return {"procedure_occurrence": table}


def measurement_table(people, sites, common, identifier, person, day, item, value, end):
    """measurement in the unit of the site, rounded as a laboratory prints it, or in words."""
    _, ids = catalogue()
    size, concept = len(rows("labs")), ids["measurements"]
    worded = item >= size
    test = np.where(worded, 0, item)
    alternative = sites.unit_alternative[people.site[person], test] & ~worded
    factor = np.where(alternative, column("labs", "alt_factor", 1.0)[test], 1.0)
    digits = np.maximum(column("labs", "digits")[test] - np.floor(np.log10(factor) + 1e-9), 0)
    scale = 10.0**digits
    units = [row["unit"] for row in rows("labs")] + [row["alt_unit"] for row in rows("labs")]
    unit_ids = np.concatenate(
        [column("labs", "unit_concept_id"), column("labs", "alt_unit_concept_id", 0.0)]
    )
    chosen = test + size * alternative
    codes = [row["loinc"] for row in (*rows("labs"), *worded_tests())]

    def numeric(values: np.ndarray) -> np.ndarray:
        return np.where(worded, np.nan, values)

    table = as_table(
        "measurement",
        {
            **common,
            "measurement_id": identifier,
            "measurement_concept_id": concept[item],
            "measurement_date": day,
            "measurement_type_concept_id": EHR,
            "operator_concept_id": numeric(np.full(len(item), EQUALS)),
            "value_as_number": numeric(np.rint(value * factor * scale) / scale),
            "value_as_concept_id": np.where(
                worded, np.where(value > 0, POSITIVE, NEGATIVE), np.nan
            ),
            "unit_concept_id": numeric(unit_ids[chosen]),
            "range_low": numeric(column("labs", "range_low")[test] * factor),
            "range_high": numeric(column("labs", "range_high")[test] * factor),
            "measurement_source_value": words(codes, item),
            "measurement_source_concept_id": concept[item],
            "unit_source_value": words(units, np.where(worded, -1, chosen)),
            "value_source_value": words(
                ["Negative", "Positive"], np.where(worded, value > 0, -1).astype(np.int64)
            ),
        },
        len(person),
    )
    return {"measurement": table}


def with_residual_disease(table, people, visits, tested, person, day, item, value) -> pa.Table:
    """The measurements and the tests of residual disease, whose ids follow those of the person.

    `tested` are the people of the measurements, sorted. A negative test reads "less than what the
    assay sees", in percent.
    """
    taken = np.searchsorted(tested, person, side="right") - np.searchsorted(tested, person)
    codes = catalogue()[1]["mrd"]
    seen = value > 0
    percent = 100 * np.where(seen, value, SENSITIVITY[item])
    added = as_table(
        "measurement",
        {
            "person_id": people.person_id[person],
            "visit_occurrence_id": visit_of(visits, keys(person, day)),
            "measurement_id": identifiers(people, person) + taken,
            "measurement_concept_id": codes[item],
            "measurement_date": day,
            "measurement_type_concept_id": EHR,
            "operator_concept_id": np.where(seen, EQUALS, BELOW),
            "value_as_number": np.round(percent, 6),
            "unit_concept_id": PERCENT,
            "measurement_source_value": words(list(ASSAYS), item),
            "measurement_source_concept_id": codes[item],
            "unit_source_value": "%",
        },
        len(person),
    )
    whole = pa.concat_tables([table, added])
    owner = np.concatenate([tested, person])
    days = whole["measurement_date"].cast(pa.int32()).to_numpy()
    return whole.take(np.lexsort((days, owner)))


def observation_table(people, sites, common, identifier, person, day, item, value, end):
    """observation: charted findings as present or absent, a score, a response or a stage."""
    _, ids = catalogue()
    kind = np.array([row["kind"] for row in rows("findings")])[item]
    present, response, stage = kind == "presence", kind == "response", kind == "stage"
    known = np.where(present, np.where(value > 0, PRESENT, ABSENT), np.nan)
    texts = ["absent", "present", *RESPONSES, *STAGES]
    first = np.select([present, response, stage], [0, 2, 1 + len(RESPONSES)], -1)
    worded = np.where(present, value > 0, np.nan_to_num(value))
    index = np.where(first >= 0, first + worded, -1)
    places = [row["site"] for row in rows("lesion_sites")]
    table = as_table(
        "observation",
        {
            **common,
            "observation_id": identifier,
            "observation_concept_id": ids["findings"][item],
            "observation_date": day,
            "observation_type_concept_id": EHR,
            "value_as_number": np.where(kind == "number", value, np.nan),
            "value_as_string": words(texts, index.astype(np.int64)),
            "value_as_concept_id": known,
            "observation_source_value": words([row["code"] for row in rows("findings")], item),
            "observation_source_concept_id": ids["findings"][item],
            "qualifier_source_value": words(
                places, np.where(present & (value >= 2), value - 2, -1).astype(np.int64)
            ),
        },
        len(person),
    )
    return {"observation": table}


def device_table(people, sites, common, identifier, person, day, item, value, end):
    """device_exposure, its items numbered as the procedures."""
    _, ids = catalogue()
    standard, own = ids["procedures"].T
    table = as_table(
        "device_exposure",
        {
            **common,
            "device_exposure_id": identifier,
            "device_concept_id": standard[item],
            "device_exposure_start_date": day,
            "device_exposure_end_date": end,
            "device_type_concept_id": EHR,
            "quantity": 1,
            "device_source_value": words([row["code"] for row in rows("procedures")], item),
            "device_source_concept_id": own[item],
        },
        len(person),
    )
    return {"device_exposure": table}


def person_tables(people: People, sites: Sites, visits: Visits, death: np.ndarray):
    """person, observation_period and death."""
    size = len(people)
    known = death <= people.last
    heard = people.streams.uniform("death_heard") < sites.death_capture[people.site]
    recorded = np.flatnonzero(known & heard)
    last_visit = people.start.copy()
    np.maximum.at(last_visit, visits.person, visits.end)
    end = np.where(known & heard, death, last_visit)
    birth = people.birth.astype("datetime64[D]")
    races = rows("races")
    person = as_table(
        "person",
        {
            "person_id": people.person_id,
            "gender_concept_id": np.where(people.male, 8507, 8532),
            "year_of_birth": birth.astype("datetime64[Y]").astype(np.int64) + 1970,
            "month_of_birth": birth.astype("datetime64[M]").astype(np.int64) % 12 + 1,
            "day_of_birth": (birth - birth.astype("datetime64[M]")).astype(np.int64) + 1,
            "race_concept_id": column("races", "concept_id")[people.race],
            "ethnicity_concept_id": np.where(people.hispanic, 38003563, 38003564),
            "provider_id": providers.usual(people, np.arange(size), providers.specialty("general")),
            "care_site_id": people.site + 1,
            "location_id": people.site + 1,
            "person_source_value": [f"P{number}" for number in people.person_id],
            "gender_source_value": words(["F", "M"], people.male.astype(np.int64)),
            "gender_source_concept_id": 0,
            "race_source_value": words([row["source_value"] for row in races], people.race),
            "race_source_concept_id": 0,
            "ethnicity_source_value": words(
                ["Not Hispanic", "Hispanic"], people.hispanic.astype(np.int64)
            ),
            "ethnicity_source_concept_id": 0,
        },
        size,
    )
    period = as_table(
        "observation_period",
        {
            "observation_period_id": people.person_id,
            "person_id": people.person_id,
            "observation_period_start_date": people.start,
            "observation_period_end_date": end,
            "period_type_concept_id": EHR,
        },
        size,
    )
    deaths = as_table(
        "death",
        {
            "person_id": people.person_id[recorded],
            "death_date": death[recorded],
            "death_type_concept_id": EHR,
        },
        len(recorded),
    )
    return {"person": person, "observation_period": period, "death": deaths}

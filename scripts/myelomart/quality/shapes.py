"""The columns by which a landed table is checked, in whatever layout it came."""

from __future__ import annotations

from dataclasses import dataclass

from myelomart.sources import layout

STARTS_AND_ENDS = {
    "observation_period": ("observation_period_start_date", "observation_period_end_date"),
    "visit_occurrence": ("visit_start_date", "visit_end_date"),
    "visit_detail": ("visit_detail_start_date", "visit_detail_end_date"),
    "condition_occurrence": ("condition_start_date", "condition_end_date"),
    "drug_exposure": ("drug_exposure_start_date", "drug_exposure_end_date"),
    "procedure_occurrence": ("procedure_date", "procedure_end_date"),
    "device_exposure": ("device_exposure_start_date", "device_exposure_end_date"),
    "measurement": ("measurement_date", None),
    "observation": ("observation_date", None),
    "death": ("death_date", None),
    "episode": ("episode_start_date", "episode_end_date"),
    "trinetx_encounter": ("start_date", "end_date"),
    "trinetx_diagnosis": ("date", None),
    "trinetx_procedure": ("date", None),
    "trinetx_medication_ingredient": ("start_date", None),
    "trinetx_medication_drug": ("start_date", None),
    "trinetx_lab_result": ("date", None),
    "trinetx_vitals_signs": ("date", None),
}
# tables of which one row stands for a person or a long span: their months say nothing
NOT_BY_MONTH = ("death", "observation_period", "episode")
CONCEPTS = {
    "visit_occurrence": "visit_concept_id",
    "condition_occurrence": "condition_concept_id",
    "drug_exposure": "drug_concept_id",
    "procedure_occurrence": "procedure_concept_id",
    "device_exposure": "device_concept_id",
    "measurement": "measurement_concept_id",
    "observation": "observation_concept_id",
}
# what the conditions of these tables look up besides person, visit and concept
DRUG_KEYS = {"drug_exposure": "drug_concept_id", "trinetx_medication_ingredient": "code"}
# a key that no concept has; none without a unit
OF_UNIT_TEXT = """cast(
    case when trim(event.unit_source_value) != ''
        then hash(event.unit_source_value) // 2 end as bigint
)"""
TEST_KEYS = {
    "measurement": (
        "measurement_concept_id",
        f"coalesce(nullif(event.unit_concept_id, 0), {OF_UNIT_TEXT})",
    ),
    "trinetx_lab_result": ("code", "event.units_of_measure"),
}


@dataclass(frozen=True)
class Shape:
    """The columns of ``table`` that name a row, person, start, end and visit, where there are."""

    table: str
    key: str | None
    person: str | None
    start: str | None
    end: str | None
    visit: str | None


def shape_of(table: str) -> Shape:
    """How ``table`` is checked. The tables of people have no person column of their own here."""
    names = {column.name for column in layout.tables()[table]}
    start, end = STARTS_AND_ENDS.get(table, (None, None))
    if table in ("person", "trinetx_patient"):
        return Shape(table, "person_id" if table == "person" else "patient_id", None, *[None] * 3)
    if table.startswith("trinetx_"):
        person = "patient_id" if "patient_id" in names else None
        visit = "encounter_id" if "encounter_id" in names and table != "trinetx_encounter" else None
        return Shape(table, None, person, start, end, visit)
    key = None if table == "death" else layout.key_of(table)
    person = "person_id" if "person_id" in names else None
    has_visit = "visit_occurrence_id" in names and table != "visit_occurrence"
    return Shape(table, key, person, start, end, "visit_occurrence_id" if has_visit else None)


def from_clause(table: str, event: str, used: str) -> str:
    """The FROM clause of a table whose rows are ``event``, with the lookups that ``used`` names.

    ``used`` is the SQL of all conditions; a lookup that it does not name is not joined.
    """
    shape = shape_of(table)
    parts = [f"{event} as event cross join span"]
    person = shape.person or shape.key
    if "person." in used and person and (shape.person or table in ("person", "trinetx_patient")):
        parts.append(f"left join person on event.{person} = person.person_key")
    if "visit." in used and shape.visit:
        parts.append(f"left join visit on event.{shape.visit} = visit.visit_key")
    if "concept." in used and table in CONCEPTS:
        parts.append(f"left join concept on event.{CONCEPTS[table]} = concept.concept_id")
    if "launch." in used and table in DRUG_KEYS:
        parts.append(f"left join launch on event.{DRUG_KEYS[table]} = launch.drug_key")
    if table in TEST_KEYS:
        test, unit = TEST_KEYS[table]
        if "lab." in used:
            parts.append(f"left join lab on event.{test} = lab.test_key")
        if "known_unit." in used:
            parts.append(
                f"left join known_unit on event.{test} = known_unit.test_key "
                f"and {unit} = known_unit.unit_key"
            )
    return " ".join(parts)

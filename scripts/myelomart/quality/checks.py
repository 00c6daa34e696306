"""The checks: one object each, with its category, level, threshold, severity and meaning.

Categories are those of Kahn et al. (eGEMs 2016;4:1244), levels those of the OHDSI
DataQualityDashboard. A check of rows is an SQL condition that is true for a row that fails; DuckDB
counts all conditions of a table in one pass. In a condition, ``event`` is the row, ``person`` its
person (birth year, death date), ``visit`` its visit, ``span`` the dates that are possible, ``lab``
the laboratory test, ``known_unit`` the hard limits in the unit of the row, ``launch`` the day on
which the drug was approved (`lookups.py`). ``WHOLE`` holds the checks that look at more than a row
(`across.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

from myelomart.sources import layout

CONFORMANCE, COMPLETENESS, PLAUSIBILITY = "conformance", "completeness", "plausibility"
BLOCKING, WARNING = "blocking", "warning"
DAYS_AFTER_DEATH = 60  # claims and results arrive late
EARLIEST_DATE = "1900-01-01"
EARLIEST_BIRTH_YEAR = 1880
UNITS_MISSING = 0.01  # of the numbers of a test at a site


@dataclass(frozen=True)
class Check:
    """One check of one table. ``fails`` and ``counted`` are SQL conditions on a row.

    ``threshold`` is the share of the counted rows that may fail; ``sets_aside`` says that a failing
    row cannot be used and is taken out before the build, so that even one is a warning.
    """

    table: str
    name: str
    category: str
    level: str
    severity: str
    threshold: float
    fails: str
    meaning: str
    column: str = ""
    counted: str = "true"
    sets_aside: bool = False

    @property
    def id(self) -> str:
        """Name of the check together with table and column."""
        return "__".join(part for part in (self.table, self.column, self.name) if part)


@dataclass(frozen=True)
class Count:
    """How many of the ``counted`` rows of a source's table fail a check."""

    source: str
    check: Check
    counted: int
    failing: int

    @property
    def share(self) -> float:
        """Failing rows among those counted; 0 when none is counted."""
        return self.failing / self.counted if self.counted else 0.0


@dataclass(frozen=True)
class Shape:
    """The columns by which a table is checked, in whatever layout it came."""

    table: str
    key: str | None
    person: str | None
    start: str | None
    end: str | None
    visit: str | None


CDM_STARTS = {
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
}
TRINETX_STARTS = {
    "trinetx_encounter": ("start_date", "end_date"),
    "trinetx_diagnosis": ("date", None),
    "trinetx_procedure": ("date", None),
    "trinetx_medication_ingredient": ("start_date", None),
    "trinetx_medication_drug": ("start_date", None),
    "trinetx_lab_result": ("date", None),
    "trinetx_vitals_signs": ("date", None),
}
CONCEPTS = {
    "visit_occurrence": "visit_concept_id",
    "condition_occurrence": "condition_concept_id",
    "drug_exposure": "drug_concept_id",
    "procedure_occurrence": "procedure_concept_id",
    "device_exposure": "device_concept_id",
    "measurement": "measurement_concept_id",
    "observation": "observation_concept_id",
}


def shape_of(table: str) -> Shape:
    """How ``table`` is checked."""
    if table == "person":
        return Shape(table, "person_id", None, None, None, None)
    if table == "trinetx_patient":
        return Shape(table, "patient_id", None, None, None, None)
    names = {column.name for column in layout.tables()[table]}
    start, end = (CDM_STARTS | TRINETX_STARTS).get(table, (None, None))
    if table.startswith("trinetx_"):
        person = "patient_id" if "patient_id" in names else None
        visit = "encounter_id" if "encounter_id" in names and table != "trinetx_encounter" else None
        return Shape(table, None, person, start, end, visit)
    key = None if table == "death" else layout.key_of(table)
    person = "person_id" if "person_id" in names else None
    visit = (
        "visit_occurrence_id"
        if "visit_occurrence_id" in names and table != "visit_occurrence"
        else None
    )
    return Shape(table, key, person, start, end, visit)


def checks_of(table: str, has_vocabulary: bool) -> list[Check]:
    """The checks of rows of ``table``; concepts must be known where there is a vocabulary."""
    shape = shape_of(table)
    return [
        *_keys(shape),
        *_references(shape),
        *_dates(shape),
        *_concepts(shape, has_vocabulary),
        *_of_table(table),
    ]


def _keys(shape: Shape) -> list[Check]:
    if shape.key is None:
        return []
    # distinct keys are counted, not compared row by row: see scan.py
    meaning = (
        "Rows that share a key would be counted twice in every study; all but one are set aside."
    )
    return [
        Check(
            shape.table, "key_is_unique", CONFORMANCE, "field", BLOCKING, 0.0,
            "false", meaning, shape.key, sets_aside=True,
        )
    ]  # fmt: skip


def _references(shape: Shape) -> list[Check]:
    found = []
    if shape.person:
        meaning = (
            "Nobody can say whose event it is: it is set aside, and outcomes are undercounted."
        )
        found.append(
            Check(
                shape.table, "person_exists", CONFORMANCE, "field", BLOCKING, 0.0,
                "person.person_key is null", meaning, shape.person, sets_aside=True,
            )
        )  # fmt: skip
    if shape.visit:
        meaning = "The event counts, but not as part of a stay: hospital days are undercounted."
        found.append(
            Check(
                shape.table, "visit_exists", CONFORMANCE, "field", WARNING, 0.0,
                "visit.visit_key is null", meaning, shape.visit,
                counted=f"event.{shape.visit} is not null",
            )
        )  # fmt: skip
        meaning = "Without a visit, events cannot be tied to stays; TriNetX often leaves it out."
        found.append(
            Check(
                shape.table, "visit_is_given", COMPLETENESS, "field", WARNING, 0.5,
                f"event.{shape.visit} is null", meaning, shape.visit,
            )
        )  # fmt: skip
    return found


def _dates(shape: Shape) -> list[Check]:
    if not shape.start:
        return []
    start, end = f"event.{shape.start}", f"event.{shape.end}"
    is_death = shape.table == "death"
    found = [
        Check(
            shape.table, "date_is_possible", PLAUSIBILITY, "field", BLOCKING, 0.01,
            f"({start} < span.first_date or {start} > span.last_date)",
            "A date before 1900 or after the data were cut would move first diagnoses and last "
            "contacts; the row is set aside. More than 1 in 100 is a wrong feed, and blocks.",
            shape.start, sets_aside=True,
        ),
        Check(
            shape.table, "date_is_given", COMPLETENESS, "field", WARNING, 0.0,
            f"{start} is null", "An event without a date cannot be placed in time and is not used.",
            shape.start,
        ),
        Check(
            shape.table, "date_is_after_birth", PLAUSIBILITY, "field", WARNING, 0.0,
            f"year({start}) < person.birth_year",
            "An event before birth is a wrong date or a wrong person.", shape.start,
        ),
    ]  # fmt: skip
    if shape.end:
        found.append(
            Check(
                shape.table, "end_is_after_start", PLAUSIBILITY, "field", WARNING, 0.0,
                f"{end} < {start}", "Durations would be negative; the end is not to be trusted.",
                shape.end,
            )
        )  # fmt: skip
        found.append(
            Check(
                shape.table, "end_is_possible", PLAUSIBILITY, "field", WARNING, 0.0,
                f"({end} < span.first_date or {end} > span.last_date)",
                "Time at risk or on drug would run past the end of the data.", shape.end,
            )
        )  # fmt: skip
    if not is_death and shape.table not in ("observation_period", "episode"):
        found.append(
            Check(
                shape.table, "event_is_before_death", PLAUSIBILITY, "field", WARNING, 0.0,
                f"{start} > person.death_date + {DAYS_AFTER_DEATH}",
                f"Results and claims arrive late, but not {DAYS_AFTER_DEATH} days after a death: "
                "one of the two dates is wrong, and survival with it.",
                shape.start,
            )
        )  # fmt: skip
    return found


def _concepts(shape: Shape, has_vocabulary: bool) -> list[Check]:
    concept = CONCEPTS.get(shape.table)
    if concept is None:
        return []
    source_concept = concept.replace("_concept_id", "_source_concept_id")
    found = [
        Check(
            shape.table, "concept_is_given", COMPLETENESS, "concept", WARNING, 0.2,
            f"coalesce(event.{concept}, 0) = 0 and coalesce(event.{source_concept}, 0) = 0",
            "Such rows are found by their source code alone; a concept set without codes of that "
            "vocabulary misses them.", concept,
        )
    ]  # fmt: skip
    if has_vocabulary:
        found.append(
            Check(
                shape.table, "concept_is_known", CONFORMANCE, "concept", WARNING, 0.0,
                "concept.concept_id is null",
                "A concept id that the vocabulary does not hold has no descendants and no mapping: "
                "rows may be missed.", concept, counted=f"coalesce(event.{concept}, 0) != 0",
            )
        )  # fmt: skip
    return found


def _of_table(table: str) -> list[Check]:
    return [check for check in SPECIAL if check.table == table]


def _laboratory(table: str, value: str) -> list[Check]:
    """What holds for the value of a test that a concept set names."""
    counted = f"lab.lab is not null and event.{value} is not null"
    return [
        Check(
            table, "value_is_not_negative", PLAUSIBILITY, "concept", WARNING, 0.0,
            f"event.{value} < 0", "Concentrations and counts are never negative.", value,
            counted=counted,
        ),
        Check(
            table, "value_is_inside_hard_limits", PLAUSIBILITY, "concept", WARNING, 0.0,
            f"event.{value} not between known_unit.hard_low and known_unit.hard_high",
            "Values that no living patient has: a wrong unit, or a wrong entry.", value,
            counted=f"{counted} and known_unit.unit_key is not null",
        ),
    ]  # fmt: skip


SPECIAL = [
    Check(
        "person", "gender_is_known", COMPLETENESS, "concept", WARNING, 0.01,
        "coalesce(event.gender_concept_id, 0) not in (8507, 8532)",
        "Models that adjust for sex drop these people or need a class of their own for them.",
        "gender_concept_id",
    ),
    Check(
        "person", "birth_year_is_possible", PLAUSIBILITY, "field", WARNING, 0.0,
        f"event.year_of_birth not between {EARLIEST_BIRTH_YEAR} and year(span.last_date)",
        "Age, and all that is adjusted for it, is wrong.", "year_of_birth",
    ),
    Check(
        "trinetx_patient", "birth_year_is_given", COMPLETENESS, "field", WARNING, 0.05,
        "event.year_of_birth is null", "Age is unknown; TriNetX masks the very old.",
        "year_of_birth",
    ),
    Check(
        "drug_exposure", "days_supply_is_positive", PLAUSIBILITY, "field", WARNING, 0.0,
        "event.days_supply <= 0", "The end of the exposure cannot be told from it.", "days_supply",
        counted="event.days_supply is not null",
    ),
    Check(
        "drug_exposure", "drug_is_after_launch", PLAUSIBILITY, "concept", WARNING, 0.0,
        "event.drug_exposure_start_date < launch.launched_on",
        "A drug before its approval was given in a trial, or the date is wrong (perhaps shifted).",
        "drug_exposure_start_date", counted="launch.launched_on is not null",
    ),
    Check(
        "trinetx_medication_ingredient", "drug_is_after_launch", PLAUSIBILITY, "concept", WARNING,
        0.0, "event.start_date < launch.launched_on",
        "A drug before its approval was given in a trial, or the dates are shifted: then codes "
        "with dates fall out too.", "start_date", counted="launch.launched_on is not null",
    ),
    Check(
        "measurement", "value_is_given", COMPLETENESS, "field", WARNING, 0.2,
        "event.value_as_number is null and coalesce(event.value_as_concept_id, 0) = 0 "
        "and event.value_source_value is null",
        "A test without a result cannot cross a threshold: laboratory outcomes are missed.",
        "value_as_number",
    ),
    *_laboratory("measurement", "value_as_number"),
    *_laboratory("trinetx_lab_result", "lab_result_num_val"),
    Check(
        "trinetx_diagnosis", "code_is_given", COMPLETENESS, "field", WARNING, 0.01,
        "event.code is null", "A record without a code says nothing.", "code",
    ),
]  # fmt: skip

WHOLE = {
    check.name: check
    for check in [
        Check(
            "", "table_is_there", CONFORMANCE, "table", WARNING, 0.0, "",
            "What the table would hold is unknown, not absent: outcomes from it cannot occur.",
        ),
        Check(
            "", "columns_are_there", CONFORMANCE, "table", WARNING, 0.6, "",
            "Columns of the standard that the table lacks are empty: what they would hold is "
            "unknown (the manifest names them).",
        ),
        Check(
            "", "values_are_readable", CONFORMANCE, "field", WARNING, 0.0, "",
            "Rows without a readable key, person or date were set aside, other cells emptied.",
        ),
        Check(
            "", "months_are_filled", PLAUSIBILITY, "table", WARNING, 0.05, "",
            "Months with less than a tenth of the usual volume are gaps in the feed: rates drop.",
        ),
        Check(
            "", "unit_is_given", COMPLETENESS, "concept", WARNING, 0.0, "",
            f"Tests of a site with more than {UNITS_MISSING:.0%} of their numbers without a unit: "
            "it is inferred where only one fits, else the number is rejected.",
        ),
        Check(
            "", "units_are_not_mixed", CONFORMANCE, "concept", WARNING, 0.0, "",
            "One test in several units at one site: each row is converted by its own; check the "
            "conversion.",
        ),
        Check(
            "", "light_chains_fit_their_ratio", PLAUSIBILITY, "concept", WARNING, 0.001, "",
            "Kappa over lambda is nearer to ten times (or a tenth of) the ratio of that day than "
            "to the ratio: a unit is wrong or the two are swapped, and the response with them.",
        ),
        Check(
            "", "infusion_has_a_diagnosis", PLAUSIBILITY, "concept", WARNING, 0.0, "",
            "People with a BCMA CAR-T, or one that names no product and none against CD19, and "
            "without any myeloma diagnosis: it is missing, or the code is wrong; they reach no "
            "cohort.",
        ),
    ]
}  # fmt: skip

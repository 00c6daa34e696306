"""A patient's treatment history: what the clinical marts hold of one person, a class per kind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

import duckdb

from myelomart import warehouse
from myelomart.errors import MyelomartError


@dataclass(frozen=True)
class Patient:
    """Who it is, and what became of the person."""

    site_id: str
    sex: str | None
    year_of_birth: int | None
    myeloma_diagnosis_date: date
    myeloma_rule: str
    rrmm_date: date | None
    last_contact_date: date
    death_date: date | None


@dataclass(frozen=True)
class Line:
    """A line of therapy; ``infusion_date`` where it is one of CAR-T cells."""

    number: int
    start_date: date
    end_date: date
    regimen_name: str | None
    start_reason: str
    reason: str
    end_reason: str
    progression_date: date | None
    infusion_date: date | None


@dataclass(frozen=True)
class Drug:
    """One exposure to a drug, in a role."""

    ingredient: str
    role: str
    start_date: date
    end_date: date | None


@dataclass(frozen=True)
class Infusion:
    """An infusion of CAR-T cells and the way to it."""

    infusion_date: date
    product: str
    apheresis_date: date | None
    is_apheresis_imputed: bool
    lymphodepletion_start_date: date | None
    bridging_start_date: date | None
    bridging_drugs: str | None
    is_reinfusion: bool


@dataclass(frozen=True)
class Transplant:
    """A transplant; ``sort`` says tandem or salvage."""

    transplant_date: date
    kind: str
    sort: str | None


@dataclass(frozen=True)
class Response:
    """The best response of a line."""

    line_number: int
    best_response: str


@dataclass(frozen=True)
class Progression:
    """A day of progression."""

    progression_date: date


@dataclass(frozen=True)
class Lab:
    """A laboratory value."""

    name: str
    measured_date: date
    value: float
    unit: str | None


@dataclass(frozen=True)
class Flags:
    """The row of the person in the mart patients, as JSON."""

    row: str

    @property
    def by_answer(self) -> dict[bool | None, list[str]]:
        """The names of all flags that are true, false and NULL: whatever the mart holds."""
        answers: dict[bool | None, list[str]] = {True: [], False: [], None: []}
        for name, value in json.loads(self.row).items():
            is_flag = name.startswith(("is_", "has_", "meets_"))
            if isinstance(value, bool) or (value is None and is_flag):
                words = name.removeprefix("is_").removeprefix("has_").replace("_", " ")
                answers[value].append(words)
        return answers


@dataclass(frozen=True)
class Doubt:
    """What is not plain about a death, and what each record says of it."""

    doubt: str
    stated: str


@dataclass(frozen=True)
class Refractory:
    """The status of a drug in a line."""

    ingredient: str
    drug_class: str
    status: str
    line_number: int
    evidence_date: date | None


@dataclass(frozen=True)
class Toxicity:
    """An episode of CRS or ICANS."""

    start_date: date
    end_date: date | None
    term: str
    grade: int | None
    grading_system: str | None
    evidence: str | None


@dataclass(frozen=True)
class Residual:
    """A test of residual disease at a threshold."""

    tested_date: date
    threshold: str
    method: str
    result: str | None
    is_negative: bool | None
    negative_since: date | None


@dataclass(frozen=True)
class Decision:
    """A cohort whose index event the person has: in, or out at the first step not passed."""

    cohort: str
    index_date: date
    decision: str
    step: int | None
    label: str | None


@dataclass(frozen=True)
class Unread:
    """Results of a test without a value, and why."""

    name: str
    why: str
    count: int
    first_date: date
    last_date: date


@dataclass(frozen=True)
class Unclaimed:
    """Records with a code that no concept set names."""

    domain: str
    code: str
    count: int
    points_to: str | None
    first_date: date
    last_date: date


# the rows of `studies.patient_histories`, whose columns mean another thing in each kind; the order
# is that of the class
COLUMNS = {
    Patient: "name, detail, cast(number as integer), start_date, note, other_date, end_date, "
    "final_date",
    Line: "cast(number as integer), start_date, end_date, name, detail, reason, note, "
    "other_date, final_date",
    Drug: "name, detail, start_date, end_date",
    Infusion: "start_date, name, other_date, detail is not null, final_date, end_date, note, "
    "number = 1",
    Transplant: "start_date, name, detail",
    Response: "cast(number as integer), name",
    Progression: "start_date",
    Lab: "name, start_date, number, detail",
    Flags: "note",
    Doubt: "name, note",
    Refractory: "name, detail, note, cast(number as integer), other_date",
    Toxicity: "start_date, end_date, name, cast(number as integer), detail, note",
    Residual: "start_date, name, note, detail, number = 1, end_date",
    Decision: "name, start_date, note, cast(number as integer), detail",
    Unread: "name, detail, cast(number as integer), start_date, end_date",
    Unclaimed: "detail, name, cast(number as integer), note, start_date, end_date",
}


@dataclass(frozen=True)
class History:
    """One patient's rows of the clinical marts, each kind in the order of its columns."""

    person_id: int
    patient: Patient
    lines: tuple[Line, ...] = ()
    drugs: tuple[Drug, ...] = ()
    infusions: tuple[Infusion, ...] = ()
    transplants: tuple[Transplant, ...] = ()
    responses: tuple[Response, ...] = ()
    progressions: tuple[Progression, ...] = ()
    labs: tuple[Lab, ...] = ()
    flags: tuple[Flags, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    refractory: tuple[Refractory, ...] = ()
    toxicities: tuple[Toxicity, ...] = ()
    residual: tuple[Residual, ...] = ()
    decisions: tuple[Decision, ...] = ()
    unread: tuple[Unread, ...] = ()
    unclaimed: tuple[Unclaimed, ...] = ()

    @property
    def first_date(self) -> date:
        """The diagnosis, or the first drug when that came before it."""
        return min([self.patient.myeloma_diagnosis_date, *(one.start_date for one in self.drugs)])

    @property
    def last_date(self) -> date:
        """The last contact, or the last drug when that began later."""
        return max([self.patient.last_contact_date, *(one.start_date for one in self.drugs)])

    @property
    def response_of(self) -> dict[int, str]:
        """The best response by number of the line."""
        return {one.line_number: one.best_response for one in self.responses}


def read_history(connection: duckdb.DuckDBPyConnection, person_id: int) -> History:
    """Read the history of ``person_id``; raise ``MyelomartError`` when there is none."""
    found = {
        kind: tuple(
            kind(*row)
            for row in warehouse.rows(
                connection,
                f"select {columns} from studies.patient_histories "
                "where person_id = $person_id and kind = $kind order by all",
                {"person_id": person_id, "kind": kind.__name__.lower()},
            )
        )
        for kind, columns in COLUMNS.items()
    }
    patients = found.pop(Patient)
    if not patients:
        raise MyelomartError(
            "No patient of this warehouse has this person_id: "
            "the mart patients lists those who have one."
        )
    return History(person_id, patients[0], *found.values())

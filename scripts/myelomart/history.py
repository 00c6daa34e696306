"""A patient's treatment history: what the clinical marts hold of one person, a class per kind."""

from __future__ import annotations

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

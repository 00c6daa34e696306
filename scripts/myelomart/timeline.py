"""A patient's treatment history, drawn as a page of text against one axis of time.

It looks at one patient on the machine of who asks; nothing is written anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

from myelomart.errors import MyelomartError

LABEL_WIDTH = 22
SHOWN_LABS = ("m_protein_serum", "free_light_chain_kappa", "free_light_chain_lambda", "hemoglobin")
REASONS = {
    "FIRST": "first treatment",
    "ADD": "a drug was added while the line went on",
    "SWITCH": "another drug was begun after the line had stopped",
    "GAP": "the drug came back after a long pause",
    "PROGRESSION_GAP": "the drug came back after a progression in a pause",
    "ASCT": "a further autologous transplant",
    "ALLO": "an allogeneic transplant",
    "CART": "CAR-T cells",
}
LEGEND = (
    "= core  s steroid  m mobilisation  c conditioning  l lymphodepletion  b bridging",
    "A autologous  L allogeneic  C CAR-T  P progression",
    "labs: . low, -, +, # high within the patient's own range",
)
COLUMNS = {
    "patient": "name, detail, cast(number as integer), start_date, note, other_date, end_date, "
    "final_date",
    "line": "cast(number as integer), start_date, end_date, name, detail, note",
    "drug": "name, detail, start_date, end_date",
    "infusion": "start_date, name, other_date, detail is not null, final_date",
    "transplant": "start_date, name",
    "response": "cast(number as integer), name",
    "progression": "start_date",
    "lab": "name, start_date, number",
}


@dataclass(frozen=True)
class History:
    """Rows of the clinical marts of one patient, by kind."""

    person_id: int
    rows: dict[str, list[tuple]]

    @property
    def first_date(self) -> date:
        """The diagnosis, or the first drug when that came before it."""
        return min([self.rows["patient"][0][3], *(row[2] for row in self.rows["drug"])])

    @property
    def last_date(self) -> date:
        """The last contact, or the last drug when that lasts longer."""
        last_contact = self.rows["patient"][0][6]
        return max([last_contact, *(row[2] for row in self.rows["drug"])])


def read_history(connection: duckdb.DuckDBPyConnection, person_id: int) -> History:
    """Read the history of ``person_id``; raise ``MyelomartError`` when there is none."""
    rows = {
        kind: connection.execute(
            f"select {columns} from studies.patient_histories "
            "where person_id = $person_id and kind = $kind order by all",
            {"person_id": person_id, "kind": kind},
        ).fetchall()
        for kind, columns in COLUMNS.items()
    }
    rows["lab"] = [row for row in rows["lab"] if row[0] in SHOWN_LABS]
    if not rows["patient"]:
        raise MyelomartError(
            "No patient of this warehouse has this person_id: "
            "the mart patients lists those who have one."
        )
    return History(person_id, rows)


def as_page(history: History, width: int = 100) -> str:
    """The page: who, a bar per drug, marks of procedures and progressions, labs, and the lines."""
    site, sex, born, diagnosed, rule, relapsed, last_contact, died = history.rows["patient"][0]
    axis = _Axis(history.first_date, history.last_date, width - LABEL_WIDTH)
    page = [
        f"Person {history.person_id}: {sex or 'sex unknown'}, born {born or 'unknown'}, {site}",
        f"Myeloma {diagnosed} (rule {rule}), relapsed or refractory {relapsed or 'not yet'}, "
        f"{f'died {died}' if died else f'last contact {last_contact}'}",
        "",
        _label("") + axis.ruler(),
    ]
    starts = [(row[1], str(row[0] % 10)) for row in history.rows["line"]]
    page.append(_label("line begins") + axis.marks(starts))
    for drug, spans in _by_first(history.rows["drug"]).items():
        bars = [(start, end or start, _letter(role)) for _, role, start, end in spans]
        page.append(_label(drug.replace("_", " ")) + axis.bars(bars))
    letters = {"autologous": "A", "allogeneic": "L"}
    procedures = [(day, letters[kind]) for day, kind in history.rows["transplant"]]
    procedures += [(row[0], "C") for row in history.rows["infusion"]]
    progressions = [(day, "P") for (day,) in history.rows["progression"]]
    page.append(_label("transplant, CAR-T") + axis.marks(procedures))
    page.append(_label("progression") + axis.marks(progressions))
    page += [
        _label(lab.replace("_", " ")) + axis.levels([(row[1], row[2]) for row in values])
        for lab, values in _by_first(history.rows["lab"]).items()
    ]
    page += ["", *LEGEND, ""]
    responses = dict(history.rows["response"])
    for number, start, end, regimen, why, ended in history.rows["line"]:
        page.append(
            f"{number:2d}  {start} to {end}  {regimen or '-':12s} began: {REASONS[why]}; "
            f"ended: {ended.lower().replace('_', ' ')}; "
            f"best response {responses.get(number) or 'not known'}"
        )
    for infused, product, apheresis, imputed, depleted in history.rows["infusion"]:
        page.append(
            f"    {infused}  {product}: apheresis {apheresis}{' (assumed)' if imputed else ''}, "
            f"lymphodepletion {depleted or 'not recorded'}"
        )
    return "\n".join(page)


class _Axis:
    """Days on a row of ``width`` characters."""

    def __init__(self, first: date, last: date, width: int) -> None:
        self.first, self.width = first, width
        self.days = max((last - first).days, 1)

    def place(self, day: date) -> int:
        """The character of ``day``, kept on the row."""
        share = (day - self.first).days / self.days
        return min(max(int(share * (self.width - 1)), 0), self.width - 1)

    def ruler(self) -> str:
        """The years that begin within the axis, where they begin."""
        row = [" "] * self.width
        last_year = self.first.year + self.days // 365 + 1
        for year in range(self.first.year + 1, last_year + 1):
            at = (date(year, 1, 1) - self.first).days / self.days * (self.width - 1)
            if 0 <= at <= self.width - 4 and all(c == " " for c in row[int(at) : int(at) + 4]):
                row[int(at) : int(at) + 4] = str(year)
        return "".join(row).rstrip()

    def marks(self, marks: list[tuple[date, str]]) -> str:
        """A letter on each day; the later wins where two fall on one character."""
        row = [" "] * self.width
        for day, letter in marks:
            row[self.place(day)] = letter
        return "".join(row).rstrip()

    def bars(self, spans: list[tuple[date, date, str]]) -> str:
        """A bar over each span of days in the letter of the span."""
        row = [" "] * self.width
        for start, end, letter in spans:
            for at in range(self.place(start), self.place(end) + 1):
                row[at] = letter
        return "".join(row).rstrip()

    def levels(self, values: list[tuple[date, float]]) -> str:
        """Values as one of four heights between the lowest and the highest of them."""
        lowest = min(value for _, value in values)
        spread = max(value for _, value in values) - lowest
        marks = [
            (day, ".-+#"[min(int(4 * (value - lowest) / spread), 3)] if spread else "-")
            for day, value in values
        ]
        return self.marks(marks)


def _label(text: str) -> str:
    return f"{text[: LABEL_WIDTH - 1]:{LABEL_WIDTH}s}"


def _letter(role: str) -> str:
    return "=" if role == "core" else role[0]


def _by_first(rows: list[tuple]) -> dict[str, list[tuple]]:
    groups: dict[str, list[tuple]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(row)
    return groups

"""A patient's treatment history: what it holds, and a page of text against one axis of time.

It looks at one patient on the machine of who asks; nothing is written unless a file is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from myelomart.errors import MyelomartError
from myelomart.figures.patient_page import patient_page

LABEL_WIDTH = 22
LABS_BEFORE = timedelta(days=60)  # older values would only stretch the axis
SHOWN_LABS = {
    "m_protein_serum": "serum M-protein",
    "free_light_chain_kappa": "kappa light chain",
    "free_light_chain_lambda": "lambda light chain",
    "hemoglobin": "hemoglobin",
}
PROCEDURES = ("ASCT", "ALLO", "CART")
PRODUCTS = {
    "ide_cel": "ide-cel",
    "cilta_cel": "cilta-cel",
    "unknown": "CAR-T of no named product",
    "other_target": "CAR-T against another target",
}
LEGEND = (
    "= core  s steroid  m mobilisation  c conditioning  l lymphodepletion  b bridging",
    "A autologous  L allogeneic  C CAR-T  P progression  D death",
    "labs: . low, -, +, # high within the patient's own range, which stands beside",
)
COLUMNS = {
    "patient": "name, detail, cast(number as integer), start_date, note, other_date, end_date, "
    "final_date",
    "line": "cast(number as integer), start_date, end_date, name, detail, note, other_date, "
    "final_date, reason",
    "drug": "name, detail, start_date, end_date",
    "infusion": "start_date, name, other_date, detail is not null, final_date, end_date, note, "
    "number = 1",
    "transplant": "start_date, name, detail",
    "response": "cast(number as integer), name",
    "progression": "start_date",
    "lab": "name, start_date, number, detail",
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
    if not rows["patient"]:
        raise MyelomartError(
            "No patient of this warehouse has this person_id: "
            "the mart patients lists those who have one."
        )
    history = History(person_id, rows)
    since = history.first_date - LABS_BEFORE
    rows["lab"] = [row for row in rows["lab"] if row[0] in SHOWN_LABS and row[1] >= since]
    return history


def heading(history: History) -> tuple[str, str]:
    """Who it is, and what became of the person, in two lines."""
    site, sex, born, diagnosed, rule, relapsed, last_contact, died = history.rows["patient"][0]
    return (
        f"Person {history.person_id}: {sex or 'sex unknown'}, born {born or 'unknown'}, {site}",
        f"Myeloma {diagnosed} (rule {rule}), relapsed or refractory {relapsed or 'not yet'}, "
        f"{f'died {died}' if died else f'last contact {last_contact}'}",
    )


def why_it_began(history: History, row: tuple) -> str:
    """Why a line began, with the drugs of the day on which it did."""
    number, start, _, _, why, _, _, infused, reason = row
    given = [drug for drug in history.rows["drug"] if drug[1] in ("core", "bridging")]
    drugs = {name for name, _, begun, _ in given if begun == start}
    if why == "ADD":  # what went on was not added
        before = next(other[1] for other in history.rows["line"] if other[0] == number - 1)
        drugs -= {name for name, _, begun, _ in given if before <= begun < start}
    drugs = [name.replace("_", " ") for name in sorted(drugs)]
    if why == "CART" and infused and infused != start:
        return f"{reason}, with {' and '.join(drugs) or 'a drug'} to bridge"
    if why in PROCEDURES or not drugs:
        return reason
    return f"{', '.join(drugs)}: {reason}"


def how_it_ended(row: tuple) -> str:
    """What ended a line, with the day of the progression."""
    ended, progressed = row[5:7]
    words = ended.lower().replace("_", " ")
    return f"{words} of {progressed}" if ended == "PROGRESSION" else words


def way_to(infusion: tuple) -> str:
    """An infusion and the way to it in words."""
    infused, product, apheresis, imputed, depleted, bridged, bridging, again = infusion
    words = [
        f"{infused}  {PRODUCTS.get(product, product)}{', infused again' if again else ''}:",
        f"apheresis {apheresis}{' (assumed)' if imputed else ''},",
        f"bridging {bridged} ({bridging.replace('+', ', ').replace('_', ' ')}),"
        if bridged
        else "no bridging,",
        f"lymphodepletion {depleted or 'not recorded'}",
    ]
    return " ".join(words)


def as_page(history: History, width: int = 100) -> str:
    """The page: who, a bar per drug, marks of procedures and progressions, labs, and the lines."""
    died = history.rows["patient"][0][7]
    axis = _Axis(history.first_date, history.last_date, width - LABEL_WIDTH)
    page = [*heading(history), "", _label("") + axis.ruler()]
    starts = [(row[1], str(row[0] % 10)) for row in history.rows["line"]]
    page.append(_label("line begins") + axis.marks(starts))
    for drug, spans in by_first(history.rows["drug"]).items():
        bars = [(start, end or start, _letter(role)) for _, role, start, end in spans]
        page.append(_label(drug.replace("_", " ")) + axis.bars(bars))
    letters = {"autologous": "A", "allogeneic": "L"}
    procedures = [(row[0], letters[row[1]]) for row in history.rows["transplant"]]
    procedures += [(row[0], "C") for row in history.rows["infusion"]]
    progressions = [(day, "P") for (day,) in history.rows["progression"]]
    page.append(_label("transplant, CAR-T") + axis.marks(procedures))
    page.append(_label("progression, death") + axis.marks([*progressions, *_mark(died, "D")]))
    ranges = []
    for lab, values in by_first(history.rows["lab"]).items():
        page.append(_label(SHOWN_LABS[lab]) + axis.levels([(row[1], row[2]) for row in values]))
        numbers = [row[2] for row in values]
        ranges.append(
            f"{SHOWN_LABS[lab]} {min(numbers):g} to {max(numbers):g} {values[0][3] or ''}".strip()
        )
    page += ["", *LEGEND]
    page += [text for text in ("; ".join(ranges),) if text]
    page.append("")
    responses = dict(history.rows["response"])
    if not history.rows["line"]:
        page.append("No line of therapy is recorded.")
    for row in history.rows["line"]:
        number, start, end, regimen = row[:4]
        page.append(
            f"{number:2d}  {start} to {end}  {regimen or '-':12s} "
            f"best response {responses.get(number) or 'not known'}"
        )
        page.append(f"    began: {why_it_began(history, row)}; ended: {how_it_ended(row)}")
    page += [
        f"    {day}  {kind} transplant{f', {sort}' if sort else ''}"
        for day, kind, sort in history.rows["transplant"]
    ]
    page += [f"    {way_to(infusion)}" for infusion in history.rows["infusion"]]
    return "\n".join(page)


def as_svg(history: History) -> str:
    """The same page drawn: what the text can only hint at, the days and the values, to scale."""
    responses = dict(history.rows["response"])
    letters = {"autologous": "A", "allogeneic": "L"}
    marks = [(day, letters[kind], sort or "") for day, kind, sort in history.rows["transplant"]]
    marks += [
        (row[0], "C", "again" if row[7] else PRODUCTS[row[1]].split(" of ")[0])
        for row in history.rows["infusion"]
    ]
    lab_days = [row[1] for row in history.rows["lab"]]
    return patient_page(
        heading(history),
        (min([history.first_date, *lab_days]), max([history.last_date, *lab_days])),
        [
            {
                "number": row[0],
                "start": row[1],
                "end": row[2],
                "name": row[3] or "-",
                "why": why_it_began(history, row),
                "ended": how_it_ended(row),
                "response": responses.get(row[0]) or "not known",
            }
            for row in history.rows["line"]
        ],
        {
            drug.replace("_", " "): [(start, end or start, role) for _, role, start, end in spans]
            for drug, spans in by_first(history.rows["drug"]).items()
        },
        sorted(marks),
        [day for (day,) in history.rows["progression"]],
        history.rows["patient"][0][7],
        {
            f"{SHOWN_LABS[lab]}|{values[0][3] or ''}": [(row[1], row[2]) for row in values]
            for lab, values in by_first(history.rows["lab"]).items()
        },
        [way_to(infusion) for infusion in history.rows["infusion"]],
    )


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


def _mark(day: date | None, letter: str) -> list[tuple[date, str]]:
    return [(day, letter)] if day else []


def _letter(role: str) -> str:
    return "=" if role == "core" else role[0]


def by_first(rows: list[tuple]) -> dict[str, list[tuple]]:
    """Rows by the text in their first column, in the order of the rows."""
    groups: dict[str, list[tuple]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(row)
    return groups

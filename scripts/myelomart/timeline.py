"""A patient's treatment history as a page: text against one axis of time, or a drawing.

It looks at one patient on the machine of who asks; nothing is written unless a file is named.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from textwrap import wrap

from myelomart.figures.patient_page import patient_page
from myelomart.findings import sections
from myelomart.history import Drug, History, Infusion, Lab, Line

LABEL_WIDTH = 22
LABS_BEFORE = timedelta(days=60)  # older values would only stretch the axis
SHOWN_LABS = {
    "m_protein_serum": "serum M-protein",
    "free_light_chain_kappa": "kappa light chain",
    "free_light_chain_lambda": "lambda light chain",
    "hemoglobin": "hemoglobin",
}
PROCEDURES = ("ASCT", "ALLO", "CART")
LETTERS = {"autologous": "A", "allogeneic": "L"}
PRODUCTS = {
    "ide_cel": "ide-cel",
    "cilta_cel": "cilta-cel",
    "other_bcma": "CAR-T against BCMA, another product",
    "unknown": "CAR-T of no named product",
    "other_target": "CAR-T against another target",
}
LEGEND = (
    "= core  s steroid  m mobilisation  c conditioning  l lymphodepletion  b bridging",
    "A autologous  L allogeneic  C CAR-T  P progression  D death",
    "labs: . low, -, +, # high within the patient's own range, which stands beside",
)


def heading(history: History) -> tuple[str, str]:
    """Who it is, and what became of the person, in two lines."""
    one = history.patient
    born, ended = one.year_of_birth or "unknown", f"last contact {one.last_contact_date}"
    if one.death_date:
        ended = f"died {one.death_date}"
    return (
        f"Person {history.person_id}: {one.sex or 'sex unknown'}, born {born}, {one.site_id}",
        f"Myeloma {one.myeloma_diagnosis_date} (rule {one.myeloma_rule}), "
        f"relapsed or refractory {one.rrmm_date or 'not yet'}, {ended}",
    )


def why_it_began(history: History, line: Line) -> str:
    """Why a line began, with the drugs of the day on which it did."""
    why, start = line.start_reason, line.start_date
    given = [drug for drug in history.drugs if drug.role in ("core", "bridging")]
    drugs = {drug.ingredient for drug in given if drug.start_date == start}
    if why == "ADD":  # what went on was not added
        before = next(one.start_date for one in history.lines if one.number == line.number - 1)
        drugs -= {drug.ingredient for drug in given if before <= drug.start_date < start}
    drugs = [name.replace("_", " ") for name in sorted(drugs)]
    if why == "CART" and line.infusion_date and line.infusion_date != start:
        return f"{line.reason}, with {' and '.join(drugs) or 'a drug'} to bridge"
    if why in PROCEDURES or not drugs:
        return line.reason
    return f"{', '.join(drugs)}: {line.reason}"


def how_it_ended(line: Line) -> str:
    """What ended a line, with the day of the progression."""
    words = line.end_reason.lower().replace("_", " ")
    return f"{words} of {line.progression_date}" if line.end_reason == "PROGRESSION" else words


def way_to(one: Infusion) -> str:
    """An infusion and the way to it in words."""
    product = PRODUCTS.get(one.product, one.product)
    bridging = "no bridging"
    if one.bridging_start_date:
        drugs = one.bridging_drugs.replace("+", ", ").replace("_", " ")
        bridging = f"bridging {one.bridging_start_date} ({drugs})"
    return (
        f"{one.infusion_date}  {product}{', infused again' if one.is_reinfusion else ''}: "
        f"apheresis {one.apheresis_date}{' (assumed)' if one.is_apheresis_imputed else ''}, "
        f"{bridging}, lymphodepletion {one.lymphodepletion_start_date or 'not recorded'}"
    )


def as_page(history: History, width: int = 100) -> str:
    """The page: who, a bar per drug, marks of procedures and progressions, labs, and the lines."""
    axis = _Axis(history.first_date, history.last_date, width - LABEL_WIDTH)
    page = [*heading(history), "", _label("") + axis.ruler()]
    starts = [(line.start_date, str(line.number % 10)) for line in history.lines]
    page.append(_label("line begins") + axis.marks(starts))
    for name, own in _by_ingredient(history.drugs).items():
        bars = [(one.start_date, one.end_date or one.start_date, _letter(one.role)) for one in own]
        page.append(_label(name) + axis.bars(bars))
    procedures = [(one.transplant_date, LETTERS[one.kind]) for one in history.transplants]
    procedures += [(one.infusion_date, "C") for one in history.infusions]
    endings = [(one.progression_date, "P") for one in history.progressions]
    endings += _mark(history.patient.death_date, "D")
    page.append(_label("transplant, CAR-T") + axis.marks(procedures))
    page.append(_label("progression, death") + axis.marks(endings))
    ranges = []
    for name, own in _shown_labs(history).items():
        page.append(_label(name) + axis.levels([(one.measured_date, one.value) for one in own]))
        values = [one.value for one in own]
        ranges.append(f"{name} {min(values):g} to {max(values):g} {own[0].unit or ''}".strip())
    page += ["", *LEGEND]
    page += [text for text in ("; ".join(ranges),) if text]
    page.append("")
    if not history.lines:
        page.append("No line of therapy is recorded.")
    for line in history.lines:
        page.append(
            f"{line.number:2d}  {line.start_date} to {line.end_date}  "
            f"{line.regimen_name or '-':12s} best response {_response(history, line)}"
        )
        page.append(f"    began: {why_it_began(history, line)}; ended: {how_it_ended(line)}")
    page += [
        f"    {one.transplant_date}  {one.kind} transplant{f', {one.sort}' if one.sort else ''}"
        for one in history.transplants
    ]
    page += [f"    {way_to(one)}" for one in history.infusions]
    for title, told in sections(history).items():
        page += ["", title]
        page += [
            row
            for one in told
            for row in wrap(one, width, initial_indent="    ", subsequent_indent="      ")
        ]
    return "\n".join(page)


def as_svg(history: History) -> str:
    """The same page drawn: what the letters only hint at, the days and the values, to scale."""
    marks = [
        (one.transplant_date, LETTERS[one.kind], one.sort or "") for one in history.transplants
    ]
    marks += [
        (one.infusion_date, "C", "again" if one.is_reinfusion
         else PRODUCTS.get(one.product, one.product).split(" of ")[0])
        for one in history.infusions
    ]  # fmt: skip
    labs = _shown_labs(history)
    lab_days = [one.measured_date for own in labs.values() for one in own]
    return patient_page(
        heading(history),
        (min([history.first_date, *lab_days]), max([history.last_date, *lab_days])),
        [
            {
                "number": line.number,
                "start": line.start_date,
                "end": line.end_date,
                "name": line.regimen_name or "-",
                "why": why_it_began(history, line),
                "ended": how_it_ended(line),
                "response": _response(history, line),
            }
            for line in history.lines
        ],
        {
            name: [(one.start_date, one.end_date or one.start_date, one.role) for one in own]
            for name, own in _by_ingredient(history.drugs).items()
        },
        sorted(marks),
        [one.progression_date for one in history.progressions],
        history.patient.death_date,
        {
            f"{name}|{own[0].unit or ''}": [(one.measured_date, one.value) for one in own]
            for name, own in labs.items()
        },
        {"Infusions": [way_to(one) for one in history.infusions]} | sections(history),
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


def _response(history: History, line: Line) -> str:
    return history.response_of.get(line.number) or "not known"


def _by_ingredient(drugs: Iterable[Drug]) -> dict[str, list[Drug]]:
    """Exposures by the drug's name in words, in the order of the rows."""
    groups: dict[str, list[Drug]] = {}
    for one in drugs:
        groups.setdefault(one.ingredient.replace("_", " "), []).append(one)
    return groups


def _shown_labs(history: History) -> dict[str, list[Lab]]:
    """The values that a page shows, by the name it gives them: none from long before."""
    since = history.first_date - LABS_BEFORE
    groups: dict[str, list[Lab]] = {}
    for one in history.labs:
        if one.name in SHOWN_LABS and one.measured_date >= since:
            groups.setdefault(SHOWN_LABS[one.name], []).append(one)
    return groups

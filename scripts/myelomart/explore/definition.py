"""A cohort that is tried out: rows as in `cohorts.csv` and `cohort_criteria.csv`, some off."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, field, fields, replace

from myelomart.errors import MyelomartError

COHORT = "tried_out"


@dataclass(frozen=True)
class Criterion:
    """A row of `cohort_criteria.csv`; ``is_on`` says whether it counts now."""

    step: int
    kind: str
    label: str
    criterion_type: str
    event_group: str | None = None
    characteristic: str | None = None
    value_operator: str | None = None
    value_number: float | None = None
    value_text: str | None = None
    min_count: int = 1
    window_start_days: int | None = None
    window_end_days: int | None = None
    is_on: bool = True


@dataclass(frozen=True)
class Definition:
    """A row of `cohorts.csv` with its criteria; ``groups`` are events named for it alone."""

    index_event_group: str
    index_occurrence: int = 1
    index_offset_days: int = 0
    index_from: str | None = None
    index_to: str | None = None
    criteria: tuple[Criterion, ...] = ()
    groups: dict[str, tuple[str, str]] = field(default_factory=dict)  # group: kind and code

    @property
    def counted(self) -> tuple[Criterion, ...]:
        """The criteria that are switched on."""
        return tuple(one for one in self.criteria if one.is_on)

    @property
    def next_step(self) -> int:
        """The number of a step after the last."""
        return max((one.step for one in self.criteria), default=0) + 1

    def with_criterion(self, one: Criterion) -> Definition:
        """The same with one criterion more, in the order of the steps."""
        return replace(self, criteria=tuple(sorted((*self.criteria, one), key=lambda c: c.step)))

    def as_text(self) -> str:
        """The definition in a line, for a link."""
        told = {name: value for name, value in asdict(self).items() if value not in (None, {}, ())}
        told["criteria"] = [_changed(one) for one in self.criteria]
        return json.dumps(told, separators=(",", ":"), ensure_ascii=False)

    def as_csv(self, cohort_id: str, study_id: str = "") -> dict[str, str]:
        """The rows of what is switched on, by the name of the seed that they belong to."""
        cohort = {
            "cohort_id": cohort_id,
            "study_id": study_id,
            "arm": "single",
            "label": cohort_id,
        } | {
            name: value
            for name, value in asdict(self).items()
            if name not in ("criteria", "groups")
        }
        criteria = [{"cohort_id": cohort_id} | _row(one) for one in self.counted]
        names = ["cohort_id", *(one.name for one in fields(Criterion) if one.name != "is_on")]
        groups = [
            {
                "event_group_id": name,
                "label": name.replace("_", " "),
                "event_type": kind,
                "event_code": code,
                "excluded_role": None,
            }
            for name, (kind, code) in self.groups.items()
        ]
        made = {
            "cohorts.csv": _csv(list(cohort), [cohort]),
            "cohort_criteria.csv": _csv(names, criteria),
        }
        if groups:
            made["event_groups.csv"] = _csv(list(groups[0]), groups)
        return made


def from_text(text: str) -> Definition:
    """The definition that `Definition.as_text` wrote; ``MyelomartError`` for any other text."""
    try:
        told = json.loads(text)
        criteria = tuple(Criterion(**one) for one in told.pop("criteria", []))
        groups = {name: tuple(pair) for name, pair in told.pop("groups", {}).items()}
        return Definition(**told, criteria=criteria, groups=groups)
    except (ValueError, TypeError, AttributeError) as error:
        raise MyelomartError(
            "The link holds no definition of a cohort that this version can read: choose a cohort "
            "to start from, or ask for the link again."
        ) from error


def _row(one: Criterion) -> dict:
    return {name: value for name, value in asdict(one).items() if name != "is_on"}


def _changed(one: Criterion) -> dict:
    """What of a criterion is not as a new one has it."""
    usual = {part.name: part.default for part in fields(Criterion)}
    return {name: value for name, value in asdict(one).items() if value != usual[name]}


def _csv(names: list[str], rows: list[dict]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _plain(value):
    """A whole number without its point, as the seeds write it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value

"""A cohort that is tried out: the rows of a study's cohort, with criteria that may be off."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace

from myelomart import study
from myelomart.errors import MyelomartError

COHORT = "tried_out"


@dataclass(frozen=True, kw_only=True)
class Criterion(study.Criterion):
    """A criterion of the cohort; ``is_on`` says whether it counts now."""

    cohort_id: str = COHORT
    window_start_days: int | None = None
    window_end_days: int | None = None
    is_on: bool = True

    @property
    def criterion_type(self) -> str:
        """What is looked at: event or characteristic."""
        return "event" if self.event_group else "characteristic"

    def row(self) -> dict[str, object]:
        """The row of `cohort_criteria`."""
        told = asdict(self) | {"criterion_type": self.criterion_type}
        del told["is_on"]
        return told


@dataclass(frozen=True)
class Definition:
    """The index event, its period and the criteria; ``groups`` are events named for it alone."""

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
    def asked(self) -> tuple:
        """What decides who is in: the criteria that are on, and the codes of own events."""
        return self.counted, self.groups

    @property
    def bare(self) -> Definition:
        """The index event alone."""
        own = {k: v for k, v in self.groups.items() if k == self.index_event_group}
        return replace(self, criteria=(), groups=own)

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

    def row(self) -> dict[str, object]:
        """The row of `cohorts`."""
        told = asdict(self)
        del told["criteria"], told["groups"]
        return told | {"cohort_id": COHORT, "arm": "single"}


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


def _changed(one: Criterion) -> dict:
    """What of a criterion is not as a new one has it."""
    usual = {part.name: part.default for part in fields(Criterion)}
    return {name: value for name, value in asdict(one).items() if value != usual[name]}

"""Policies of disclosure: rows of `seeds/disclosure`, and the kind of each statistic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from myelomart.errors import MyelomartError
from myelomart.project import seed

ROUNDS_TO = 5  # of a limit given as a bare number
NOT_TO_ONE = 3  # how far apart the ends must be of what is known of a count to be small


@dataclass(frozen=True)
class Policy:
    """What may be shown: no count from 1 to below ``hides_below``, all others in ``rounds_to``."""

    name: str
    hides_below: int
    rounds_to: int
    step_events: int = 0  # events that a step of a curve holds at least; 0: the limit
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_events", self.step_events or self.hides_below)

    @property
    def least_width(self) -> int:
        """How far apart the least and the most that a hidden count may be must stay."""
        return min(self.hides_below - 2, max(3, self.hides_below // 2))

    @property
    def hides_none_of_few(self) -> bool:
        """Whether a column of few persons shows no 0 either.

        Known and unknown, both hidden and so not 0, are the limit less 2 each at most: too near to
        1 where the limit is low.
        """
        return self.hides_below - 2 - 1 < NOT_TO_ONE

    @property
    def least_shown(self) -> float:
        """The smallest count above 0 that is ever shown."""
        return self.round(self.hides_below)

    def is_small(self, count: float) -> bool:
        """Whether a count is too small to show; a missing one, and none, hide nothing."""
        return 0 < count < self.hides_below

    def round(self, count: float) -> float:
        """A count to the nearest of what is shown, halves upwards."""
        return (count + self.rounds_to / 2) // self.rounds_to * self.rounds_to

    def possible(self, shown: float) -> tuple[int, int]:
        """The least and the most that a shown count may stand for."""
        if not shown:
            return 0, 0
        low = -(-(2 * shown - self.rounds_to) // 2)
        high = -(-(2 * shown + self.rounds_to) // 2) - 1
        return max(int(low), self.hides_below), int(high)


def below(limit: int) -> Policy:
    """The policy of a bare limit: counts from 1 to below it are hidden, others in fives."""
    return Policy(f"below {limit}", limit, ROUNDS_TO)


def named(name: str) -> Policy:
    """A policy of the seed; ``MyelomartError`` names the known ones for any other name."""
    rows = {row["policy"]: row for row in seed("disclosure/disclosure_policies")}
    if name not in rows:
        raise MyelomartError(f"there is no policy {name!r}: {', '.join(rows)} are known.")
    return from_row(rows[name])


def from_row(row: dict) -> Policy:
    """A policy from its row, of the seed or of a release."""
    limits = (int(row[name]) for name in ("hides_below", "rounds_to", "step_events"))
    return Policy(row["policy"], *limits, row["source"])


def as_row(policy: Policy) -> dict:
    """A policy as a row, which `from_row` reads."""
    return {"policy": policy.name, "hides_below": policy.hides_below,
            "rounds_to": policy.rounds_to, "step_events": policy.step_events,
            "source": policy.source}  # fmt: skip


@cache
def kinds() -> dict[str, str]:
    """Statistic to its kind: what its counts are, how it is shown (specification pooling 11.2)."""
    return {row["statistic"]: row["kind"] for row in seed("disclosure/disclosure_statistics")}

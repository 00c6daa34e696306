"""Is follow-up long enough to speak of a plateau?

Maller RA, Zhou S. J Am Stat Assoc 1994;89:1499 and Survival Analysis with Long-Term Survivors
(1996): where everybody's last possible event lies within the follow-up, hardly any event falls into
the stretch before the last one that is as long as the quiet stretch behind it. With N events there
among n persons, (1 - N / n) ** n is small only if follow-up is sufficient.
"""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from myelomart.results_shown import Shown
from myelomart.survival.inputs import event_flags, event_times

LEVEL = 0.05
FEWEST_BEYOND = 10  # persons followed beyond the last event, below whom a tail says little


@dataclass(frozen=True)
class FollowUp(Shown):
    """What lies behind the last event, and the test of Maller and Zhou (NaN without an event)."""

    n: int
    events: int
    last_event: float
    last_follow_up: float
    beyond: int  # persons followed beyond the last event
    late_events: int  # in the stretch before it that is as long as the one behind it
    p: float

    @property
    def share_beyond(self) -> float:
        """Share of all persons followed beyond the last event."""
        return self.beyond / self.n

    @property
    def allows_a_statement(self) -> bool:
        """Whether the tail is long and full enough to speak of those who never have the event."""
        return bool(self.p < LEVEL and self.beyond >= FEWEST_BEYOND)

    def in_words(self, unit: str = "") -> str:
        """One sentence on what the follow-up allows.

        >>> follow_up([1, 2, 3, 4], [0, 0, 0, 0]).in_words()
        'Follow-up does not allow a statement on a plateau: nobody had the event.'
        """
        unit = f" {unit}" if unit else ""
        if not self.events:
            return "Follow-up does not allow a statement on a plateau: nobody had the event."
        if not self.beyond:
            why = "nobody is followed beyond the last event"
            return f"Follow-up does not allow a statement on a plateau: {why}."
        few = "only " if self.beyond < FEWEST_BEYOND else ""
        tail = (
            f"{few}{self.beyond} of {self.n} are followed beyond the last event at "
            f"{self.last_event:.4g}{unit}, the longest to {self.last_follow_up:.4g}{unit} "
            f"(test of sufficient follow-up, p {_p(self.p)})"
        )
        if self.allows_a_statement:
            return f"Follow-up allows a statement on a plateau: {tail}."
        return f"Follow-up does not allow a statement on a plateau: {tail}."


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def follow_up(time: ArrayLike, event: ArrayLike) -> FollowUp:
    """``time`` (n,) and ``event`` (n,) of one group.

    >>> found = follow_up([1, 2, 3, 4, 9, 10], [1, 1, 1, 1, 0, 0])
    >>> found.beyond, found.late_events, round(found.p, 3)
    (2, 4, 0.001)
    """
    times, _ = event_times(time)
    events = event_flags(event, times).astype(bool)
    last = float(times.max())
    if not events.any():
        return FollowUp(len(times), 0, float("nan"), last, 0, 0, float("nan"))
    latest = float(times[events].max())
    start = 2 * latest - last
    late = int((events & (times > start) & (times <= latest)).sum())
    count = len(times)
    p = float((1 - late / count) ** count) if last > latest else 1.0
    return FollowUp(count, int(events.sum()), latest, last, int((times > latest).sum()), late, p)

"""What is emulated: treatment within a grace period against none within it, and until when.

Both arms begin at one time zero, at which nobody's strategy can be told yet; the grace period is
the time in which treatment may begin (Hernan MA. BMJ 2018;360:k182).
"""

from dataclasses import dataclass

import numpy as np

from myelomart.errors import StatisticsError

INITIATION = ("observed", "uniform", "natural")
CONTROL = ("later", "never")
MOST_PERIODS = 1000


@dataclass(frozen=True)
class Protocol:
    """Two strategies from time zero: treated by ``grace`` against not; all in one unit of time.

    ``control`` "later": whoever is not treated within the grace period may be treated after it;
    "never": treatment at any time departs from the strategy.

    ``initiation`` says when the strategy treats, among those alive and not yet treated (Wanis KN et
    al. J R Stat Soc A 2024;187:796): "observed", at the times at which those are who are treated
    within the grace period; "uniform", evenly over it; "natural", as is usual until the last
    period, in which all who remain are treated (Cain LE et al. Int J Biostat 2010;6:18).
    """

    grace: float
    horizon: float
    period: float
    initiation: str = "observed"
    control: str = "later"

    def __post_init__(self) -> None:
        """Refuse times and words that say no trial."""
        for name in ("grace", "horizon", "period"):
            value = getattr(self, name)
            if not 0 < value < np.inf:
                raise StatisticsError(f"--{name} {value:g}: give a time above 0")
        if self.horizon <= self.grace:
            raise StatisticsError(
                f"--horizon {self.horizon:g}: it lies beyond the grace period ({self.grace:g})"
            )
        if self.period > self.grace:
            raise StatisticsError(
                f"--period {self.period:g}: the grace period ({self.grace:g}) holds one or more"
            )
        if self.horizon / self.period > MOST_PERIODS:
            raise StatisticsError(
                f"--period {self.period:g}: {self.horizon / self.period:.0f} periods to the "
                f"horizon, and {MOST_PERIODS} at most: make it longer"
            )
        for name, allowed in (("initiation", INITIATION), ("control", CONTROL)):
            if getattr(self, name) not in allowed:
                raise StatisticsError(
                    f"--{name} {getattr(self, name)} is unknown: use one of {', '.join(allowed)}"
                )

    @property
    def edges(self) -> np.ndarray:
        """Where periods begin and end (K + 1,): the end of the grace period is one of them.

        >>> Protocol(grace=5, horizon=9, period=2).edges.tolist()
        [0.0, 2.0, 4.0, 5.0, 7.0, 9.0]
        """
        within = _cut(0.0, self.grace, self.period)
        return np.concatenate([within, _cut(self.grace, self.horizon, self.period)[1:]])

    @property
    def grace_periods(self) -> int:
        """How many periods the grace period has."""
        return len(_cut(0.0, self.grace, self.period)) - 1

    @property
    def modelled_periods(self) -> int:
        """How many periods have a model of treatment: all of them where it may never begin."""
        return len(self.edges) - 1 if self.control == "never" else self.grace_periods


def _cut(first: float, last: float, length: float) -> np.ndarray:
    """From first to last by steps of ``length``, the last of them shorter where it must be."""
    steps = int(np.ceil((last - first) / length - 1e-9))
    return np.append(first + length * np.arange(steps), last)

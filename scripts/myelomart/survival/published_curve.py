"""Rows of persons from a published Kaplan-Meier curve and its numbers at risk.

Guyot P, Ades AE, Ouwens MJ, Welton NJ. BMC Med Res Methodol 2012;12:9. Between two printed numbers
at risk, persons leave evenly; their number is changed until the curve's own events leave as many at
risk as are printed. After the last number, persons leave at the rate of before or, where the total
number of events is known, so many that the events add up.

Ours: points that stray are set aside, the others made to fall by isotonic regression, which is the
nearest falling curve (running minima would lie too low); a point is added where a number at risk
is printed; persons who left keep the time at which they did.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from myelomart.errors import StatisticsError
from myelomart.survival.kaplan_meier import SurvivalCurve, kaplan_meier

FEWEST_POINTS = 3
LARGEST_SHARE = 1.5  # a curve with a point above this is in percent
BEYOND = 0.05  # how far a careful click may lie above 1 or below 0
STRAY = 0.02  # a point this far from both its neighbours, on the same side, is a wrong click


@dataclass(frozen=True)
class Points:
    """A curve that falls from (0, 1), from the points clicked on it."""

    time: np.ndarray  # (K,) not falling, the first 0
    level: np.ndarray  # (K,) share without the event, not rising, the first 1
    n_stray: int  # points set aside
    n_moved: int  # points that rose, and were made level


@dataclass(frozen=True)
class RebuiltCurve:
    """Persons whose Kaplan-Meier curve is the published one, and how near it comes."""

    time: np.ndarray  # (n,) of persons
    event: np.ndarray  # (n,) 0/1
    points: Points
    at_risk: pd.DataFrame  # time, printed, rebuilt
    curve: SurvivalCurve
    distance: np.ndarray  # (K,) rebuilt minus clicked at each time of a point
    distance_time: np.ndarray  # (K,)

    @property
    def largest_distance(self) -> float:
        """The largest distance between the rebuilt curve and the points, as a share."""
        return float(np.abs(self.distance).max())

    @property
    def root_mean_square(self) -> float:
        """The root mean square of these distances."""
        return float(np.sqrt((self.distance**2).mean()))

    @property
    def median_read(self) -> float:
        """The time at which the points themselves come to one half; NaN where they do not."""
        below = self.points.level <= 0.5
        return float(self.points.time[np.argmax(below)]) if below.any() else float("nan")


def falling_points(time: ArrayLike, survival: ArrayLike) -> Points:
    """The curve behind clicked points (K,), in share or percent; points at or before 0 count not.

    >>> points = falling_points([1, 2, 3, 4, 5], [99, 90, 20, 80, 81])
    >>> points.level.round(3).tolist(), points.n_stray, points.n_moved
    ([1.0, 0.99, 0.9, 0.805, 0.805], 1, 2)
    """
    times, levels = np.asarray(time, float), np.asarray(survival, float)
    if not (np.isfinite(times).all() and np.isfinite(levels).all()):
        raise StatisticsError("points of a curve: a time or a survival is missing or infinite")
    if len(levels) and levels.max() > LARGEST_SHARE:
        levels = levels / 100
    wild = (levels > 1 + BEYOND) | (levels < -BEYOND)
    if wild.any():
        raise StatisticsError(
            f"points of a curve: {int(wild.sum())} of {len(wild)} lie below 0 or above 1 (100 %): "
            "check the axes they were read by"
        )
    order = np.lexsort((-levels, times))
    times, levels = times[order], np.clip(levels[order], 0, 1)
    times, levels = times[times > 0], levels[times > 0]
    if len(times) < FEWEST_POINTS:
        raise StatisticsError(
            f"points of a curve: {len(times)} after time 0, and it needs {FEWEST_POINTS}: click on "
            "every step"
        )
    if levels[-1] > levels[0] + BEYOND:
        raise StatisticsError(
            "points of a curve: they rise; give the share without the event, not with it"
        )
    times, levels = np.append(0.0, times), np.append(1.0, levels)
    middle = np.median([levels[:-2], levels[1:-1], levels[2:]], axis=0)
    stray = np.zeros(len(levels), bool)
    stray[1:-1] = np.abs(levels[1:-1] - middle) > STRAY  # a falling curve has no such point
    times, levels = times[~stray], levels[~stray]
    fallen = np.minimum(isotonic_regression(levels, increasing=False).x, 1.0)
    return Points(times, fallen, int(stray.sum()), int((np.abs(fallen - levels) > 1e-12).sum()))


def rebuilt_rows(
    time: ArrayLike, survival: ArrayLike, risk_time: ArrayLike, at_risk: ArrayLike,
    events: int | None = None,
) -> RebuiltCurve:  # fmt: skip
    """Persons behind points (K,) and numbers at risk (R,), the first of which is at time 0.

    ``events``: the total number of events, where it is printed. One number at risk, that of the
    start, is enough; then nobody is known to have left before the end, unless ``events`` says so.

    >>> rebuilt = rebuilt_rows([1, 2, 3, 4], [0.9, 0.8, 0.7, 0.5], [0, 3], [10, 8])
    >>> rebuilt.time.tolist(), rebuilt.event.tolist()
    ([1.0, 2.0, 3.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0], [1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
    """
    points = falling_points(time, survival)
    moments, printed = _checked_risk(risk_time, at_risk, events)
    end = points.time[-1]
    shown = moments < end
    times, levels = _with_moments(points, moments[shown])
    starts = np.append(np.searchsorted(times, moments[shown]), len(times))
    floor = int(printed[~shown][0]) if (~shown).any() else 0
    walk = _Walk(int(printed[0]), events)
    for one in range(len(starts) - 1):
        own = slice(starts[one], starts[one + 1])
        if one + 2 < len(starts):
            walk.to_number(times[own], levels[own], times[starts[one + 1]], int(printed[one + 1]))
        else:
            walk.to_end(times[own], levels[own], end, floor)
    return _told(walk, points, moments, printed, end)


class _Walk:
    """The persons so far, and how many are still at risk on which level of the curve."""

    def __init__(self, persons: int, events: int | None):
        self.left, self.level, self.wanted = persons, 1.0, events
        self.event_times: list[float] = []
        self.leaving_times: list[float] = []
        self.walked = 0.0

    def to_number(self, time, level, until: float, printed: int) -> None:
        """To the next printed number: change how many leave until so many remain."""
        count = max(0, round(self.left * level[-1] / max(self.level, level[0]) - printed))
        self._search(time, level, until, count, lambda step: step.left - printed, most=self.left)

    def to_end(self, time, level, until: float, floor: int) -> None:
        """To the end of the curve: by the events that are missing, or by the rate of before."""
        most = max(0, self.left - floor)
        rate = len(self.leaving_times) / self.walked if self.walked else 0.0
        usual = min(round(rate * (until - time[0])), most)
        if self.wanted is None:
            self._take(_step(time, level, until, self.left, self.level, usual), until)
            return
        missing = self.wanted - len(self.event_times)
        if missing <= 0:  # they are all there: the rest is followed to the end
            level = np.full(len(level), self.level)
            self._take(_step(time, level, until, self.left, self.level, 0), until)
            return
        self._search(time, level, until, usual, lambda step: len(step.event_times) - missing, most)

    def _search(self, time, level, until, count, excess, most) -> None:
        """Take the step with no ``excess`` of persons or events, or else with the smallest."""
        seen: dict[int, _Step] = {}
        while count not in seen:
            seen[count] = _step(time, level, until, self.left, self.level, count)
            count = min(max(0, count + excess(seen[count])), most)
        self._take(min(seen.values(), key=lambda step: abs(excess(step))), until)

    def _take(self, step: "_Step", until: float) -> None:
        self.event_times += step.event_times
        self.leaving_times += step.leaving_times
        self.left, self.level, self.walked = step.left, step.level, until


@dataclass(frozen=True)
class _Step:
    """What happened from one printed number to the next."""

    event_times: list[float]
    leaving_times: list[float]
    left: int
    level: float


def _step(time, level, until, left: int, on: float, count: int) -> _Step:
    """Events by the curve's fall below the rebuilt level; ``count`` persons leave evenly."""
    leaving = time[0] + np.arange(1, count + 1) * (until - time[0]) / (count + 1)
    bounds = np.searchsorted(leaving, np.append(time[1:], np.inf))
    happened: list[float] = []
    gone: list[float] = []
    before = 0
    for moment, height, bound in zip(time, level, bounds, strict=True):
        died = min(round(left * (1 - height / on)), left) if on > 0 and left else 0
        if died > 0:
            on *= 1 - died / left
            happened += [float(moment)] * died
            left -= died
        off = min(bound - before, left)
        gone += leaving[before : before + off].tolist()
        before, left = bound, left - off
    return _Step(happened, gone, int(left), on)


def _with_moments(points: Points, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The points, with one more where a number at risk is printed: the curve runs on until then.

    A step that falls on that very day comes after the number.
    """
    times, levels = points.time, points.level
    for moment in moments[1:]:
        at = np.searchsorted(times, moment)
        times = np.insert(times, at, moment)
        levels = np.insert(levels, at, levels[at - 1])
    return times, levels


def _checked_risk(risk_time, at_risk, events) -> tuple[np.ndarray, np.ndarray]:
    """The numbers at risk in order of time; refuses what no trial has."""
    moments, counts = np.asarray(risk_time, float), np.asarray(at_risk, float)
    if not len(moments) or not (np.isfinite(moments).all() and np.isfinite(counts).all()):
        raise StatisticsError("numbers at risk: a time or a number is missing")
    order = np.argsort(moments, kind="stable")
    moments, counts = moments[order], counts[order]
    if moments[0] != 0 or (np.diff(moments) == 0).any():
        raise StatisticsError("numbers at risk: they begin at time 0 and have one row per time")
    if (counts != np.floor(counts)).any() or (counts < 0).any() or counts[0] < 1:
        raise StatisticsError("numbers at risk: they are whole numbers, at the start at least 1")
    risen = np.flatnonzero(np.diff(counts) > 0)
    if len(risen):
        raise StatisticsError(
            f"numbers at risk: {counts[risen[0] + 1]:g} at time {moments[risen[0] + 1]:g} is more "
            f"than the {counts[risen[0]]:g} before it"
        )
    if events is not None and not 0 <= events <= counts[0]:
        raise StatisticsError(
            f"the total number of events: {events} among {counts[0]:g} persons is impossible"
        )
    return moments, counts.astype(int)


def _told(walk: _Walk, points: Points, moments, printed, end: float) -> RebuiltCurve:
    """The persons in order of time, events first, and their curve beside the points."""
    leaving = [*walk.leaving_times, *[float(end)] * walk.left]
    time = np.array([*walk.event_times, *leaving])
    event = np.repeat([1, 0], [len(walk.event_times), len(leaving)])
    order = np.lexsort((-event, time))
    time, event = time[order], event[order]
    curve = kaplan_meier(time, event)
    last = np.append(np.diff(points.time) > 0, True)  # of a step, its foot
    where = np.searchsorted(curve.time, points.time[last] * (1 + 1e-12), side="right")
    rebuilt = np.append(1.0, curve.survival)[where]
    counts = pd.DataFrame(
        {"time": moments, "printed": printed, "rebuilt": [(time >= one).sum() for one in moments]}
    )
    return RebuiltCurve(
        time, event, points, counts, curve, rebuilt - points.level[last], points.time[last]
    )

"""Everything `myelomart curve` prints: clicked points and numbers at risk as rows of persons.

The files may hold several curves, told apart by the columns ``study`` and ``arm``, which the rows
keep. Keys are those of docs/schemas/curve.json.
"""

from dataclasses import dataclass

import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.input_file import complete_rows, numbers
from myelomart.survival.published_curve import RebuiltCurve, rebuilt_rows

OF_A_CURVE = ("study", "arm")
RISK = ("time", "at_risk")


@dataclass(frozen=True)
class CurveOptions:
    """Choices; see `myelomart curve --help`."""

    time: str = "time"
    survival: str = "survival"
    persons: int | None = None
    events: int | None = None


def rebuilt_curves(
    points: pd.DataFrame, risk: pd.DataFrame | None, options: CurveOptions
) -> tuple[dict, pd.DataFrame]:
    """The summary and the persons (study and arm if given, time, event) behind every curve.

    >>> points = pd.DataFrame({"time": [1, 2, 3, 4], "survival": [90, 80, 70, 50]})
    >>> risk = pd.DataFrame({"time": [0, 3], "at_risk": [10, 8]})
    >>> summary, rows = rebuilt_curves(points, risk, CurveOptions())
    >>> summary["curves"][0]["events"], len(rows), list(rows.columns)
    (5, 10, ['time', 'event'])
    """
    if (risk is None) == (options.persons is None):
        raise StatisticsError(
            "give --risk, a file of the numbers at risk, or --persons, how many there were at first"
        )
    keys = [name for name in OF_A_CURVE if name in points.columns]
    complete = complete_rows(points, [*keys, options.time, options.survival])
    if risk is None:
        risk = complete.frame[keys].drop_duplicates().assign(time=0.0, at_risk=options.persons)
    _check_risk(risk, keys)
    counts = complete_rows(risk, [*keys, *RISK])
    told, rows = [], []
    for label, own in _curves(complete.frame, keys):
        at_risk = _of(counts.frame, label, "the file of numbers at risk")
        events = _total(risk.loc[at_risk.index], options, label)
        try:
            rebuilt = rebuilt_rows(
                numbers(own, options.time), numbers(own, options.survival),
                *(numbers(at_risk, name) for name in RISK), events,
            )  # fmt: skip
        except StatisticsError as cause:
            raise StatisticsError(f"{_name(label)}{cause}") from None
        told.append(_summary(label, rebuilt, len(own), events))
        rows.append(
            pd.DataFrame({**label, "time": rebuilt.time, "event": rebuilt.event}).reset_index(
                drop=True
            )
        )
    _refuse_unread(counts.frame, complete.frame, keys)
    summary = {
        "curves": told,
        "n_dropped": complete.n_dropped,
        "dropped": complete.dropped,
        "notes": [note for one in told for note in _notes(one)],
    }
    return summary, pd.concat(rows, ignore_index=True)


def _curves(points: pd.DataFrame, keys: list[str]) -> list[tuple[dict, pd.DataFrame]]:
    """The points of each curve beside its study and arm."""
    if not keys:
        return [({}, points)]
    return [
        (dict(zip(keys, values, strict=True)), own)
        for values, own in points.groupby(keys, sort=False)
    ]


def _check_risk(risk: pd.DataFrame, keys: list[str]) -> None:
    """Refuse a file of numbers at risk that does not tell the same curves apart."""
    other = [name for name in OF_A_CURVE if (name in risk.columns) != (name in keys)]
    if other:
        raise StatisticsError(
            f"column {other[0]}: only one of the two files has it; it tells curves apart in both"
        )


def _of(frame: pd.DataFrame, label: dict, where: str) -> pd.DataFrame:
    """The rows of one curve."""
    for name, value in label.items():
        frame = frame[frame[name] == value]
    if frame.empty:
        raise StatisticsError(f"{_name(label)}no row in {where}")
    return frame


def _refuse_unread(risk: pd.DataFrame, points: pd.DataFrame, keys: list[str]) -> None:
    """Numbers at risk of a curve without points are a name misspelt."""
    if not keys:
        return
    known = set(points[keys].itertuples(index=False, name=None))
    for values in risk[keys].drop_duplicates().itertuples(index=False, name=None):
        if values not in known:
            label = dict(zip(keys, values, strict=True))
            raise StatisticsError(f"{_name(label)}it has numbers at risk and no points")


def _total(risk: pd.DataFrame, options: CurveOptions, label: dict) -> int | None:
    """The printed total of events: of --events, or of the column ``events``, the same in its rows.

    A total is of one curve, so --events goes with a single one.
    """
    if options.events is not None:
        if label:
            raise StatisticsError("--events is of one curve: for several, give a column events")
        return options.events
    if "events" not in risk.columns or risk["events"].isna().all():
        return None
    totals = numbers(risk[risk["events"].notna()], "events").unique()
    if len(totals) > 1 or totals[0] != int(totals[0]):
        raise StatisticsError(f"{_name(label)}column events: give one whole number for the curve")
    return int(totals[0])


def _summary(label: dict, rebuilt: RebuiltCurve, points: int, events: int | None) -> dict:
    """One curve: what was read, what was made of it, and how near it comes."""
    low, high = rebuilt.curve.median_ci
    at = abs(rebuilt.distance).argmax()
    return {
        "study": label.get("study"),
        "arm": label.get("arm"),
        "points": points,
        "points_stray": rebuilt.points.n_stray,
        "points_moved": rebuilt.points.n_moved,
        "n": len(rebuilt.time),
        "events": int(rebuilt.event.sum()),
        "events_printed": events,
        "largest_distance": rebuilt.largest_distance,
        "largest_distance_at": float(rebuilt.distance_time[at]),
        "root_mean_square": rebuilt.root_mean_square,
        "median": rebuilt.curve.median,
        "median_ci_low": low,
        "median_ci_high": high,
        "median_of_points": rebuilt.median_read,
        "at_risk": rebuilt.at_risk.to_dict("records"),
    }


def _notes(curve: dict) -> list[str]:
    """What a reader must know of a curve that is not met."""
    label = {name: curve[name] for name in OF_A_CURVE if curve[name] is not None}
    notes = [
        f"{_name(label)}at time {row['time']:g}, {row['rebuilt']} are at risk and {row['printed']} "
        "are printed"
        for row in curve["at_risk"]
        if row["rebuilt"] != row["printed"]
    ]
    if curve["points_stray"]:
        notes.append(
            f"{_name(label)}{curve['points_stray']} points stray from both their neighbours and "
            "were set aside"
        )
    if curve["events_printed"] not in (None, curve["events"]):
        notes.append(
            f"{_name(label)}{curve['events']} events are rebuilt and {curve['events_printed']} are "
            "printed: only what follows the last number at risk is made to meet the total"
        )
    return notes


def _name(label: dict) -> str:
    return "".join(f"{name} {value}, " for name, value in label.items())[:-2] + ": " * bool(label)

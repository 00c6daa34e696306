"""Small counts stay at the site: what is hidden before tables, curves and pages are written.

What is shown of the long estimates is made from rounded counts alone: a share is one rounded count
of another. Ratios, medians and tests, which are made from persons, are shown in few digits, and not
at all where they rest on a hidden count (specification pooling 11.2). Figures are drawn again from
what is shown; those that show single persons are left out.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from myelomart.disclosure.counts import AT, WHAT, counts_of
from myelomart.disclosure.hiding import hidden_cells
from myelomart.disclosure.policies import Policy
from myelomart.figures.love_plot import love_plot
from myelomart.figures.survival_plot import coarse_plot
from myelomart.results import CURVE_COLUMNS, Results
from myelomart.tables import wilson_interval

SUPPRESSED = "suppressed"
NUMBERS = ["estimate", "ci_low", "ci_high", "iqr_low", "iqr_high", "range_low", "range_high",
           "p_value"]  # fmt: skip
SAMPLE_DIGITS, EFFECT_DIGITS, P_STEP = 3, 2, 0.01
DIFFERENCE_STEP = 0.05  # of a standardized difference; a tenth is the usual limit
MONTH_STEP = 0.5  # of the times of a curve
NO_COUNT = "days?|months?|years?|%|standard|[munp]?g/|[mu]?mol/|U/|×"  # after what counts nobody
FEWEST_POINTS = 3  # of a curve that is drawn
ROUNDED = "Straight lines join points with enough events between them; counts are rounded."


def suppress(made: list[Results], policy: Policy, months: dict[str, list[float]]) -> None:
    """Hide what ``policy`` hides in studies that are shown together; one may tell of another."""
    frames = [one.estimate_frame() for one in made]
    shown = coarsened(pd.concat(frames, ignore_index=True), policy)
    ends = np.cumsum([len(frame) for frame in frames])
    for one, end, frame in zip(made, ends, frames, strict=True):
        one.estimates = shown.iloc[end - len(frame) : end].to_dict("records")
        _finish(one, policy, months)


def _finish(results: Results, policy: Policy, months: dict[str, list[float]]) -> None:
    """Curves, figures, words and pairs of results whose estimates are as they may be shown."""
    results.curves = [_curve(one, policy) for one in results.curves]
    results.pairs = []  # one row per person
    left_out = len(results.figures)
    results.figures, results.figure_of = {}, {}
    results.panels = {}  # their ticks are single persons' times
    _draw(results, months)
    results.warnings = [without_small_numbers(one, policy) for one in results.warnings]
    results.missing = {k: without_small_numbers(v, policy) for k, v in results.missing.items()}
    results.warnings.append(
        f"Policy {policy.name}: counts from 1 to {policy.hides_below - 1} are hidden, with what "
        f"rests on them and what would tell them; other counts are rounded to {policy.rounds_to}, "
        "and shares are made from rounded counts. Ratios have two digits. Smallest and largest "
        f"values and the list of matched pairs are left out, as are {left_out} figures; "
        f"{len(results.figures)} are drawn from the rounded numbers."
    )


def coarsened(frame: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The estimates as they may be shown; a hidden row has status ``suppressed`` and no number."""
    counts = counts_of(frame)
    cells = hidden_cells(frame, policy)
    ours = counts["is_ours"]
    hidden = pd.Series([(index, "x") in cells for index in frame.index], frame.index)
    hidden |= ours & _rests_on_hidden(frame, counts, hidden)
    hidden |= ours & counts["kind"].eq("hidden")
    hidden |= pd.Series([(index, "n") in cells for index in frame.index], frame.index)
    shown = frame.copy()
    for name, count in (("denominator", "n"), ("n_missing", "u")):
        kept = [(index, count) not in cells for index in frame.index]
        rounded = counts[count].map(policy.round, na_action="ignore").where(kept)
        shown[name] = rounded.where(ours, frame[name])
    x = counts["x"].map(policy.round, na_action="ignore")
    shown["numerator"] = x.where(frame["numerator"].notna()).where(ours, frame["numerator"])
    most = shown["numerator"] > shown["denominator"]
    shown["numerator"] = shown["numerator"].mask(ours & most, shown["denominator"])
    for index in frame.index[ours & ~hidden]:
        shown.loc[index, NUMBERS] = _rounded(shown.loc[index], counts.loc[index], policy)
    shown.loc[ours, ["range_low", "range_high"]] = np.nan
    shown.loc[hidden, [*NUMBERS, "numerator"]] = np.nan
    shown.loc[hidden, "status"] = SUPPRESSED
    counted = counts["kind"].eq("hidden")  # their labels hold counts, others limits and grades
    words = frame["row_label"].map(lambda text: without_small_numbers(text, policy), "ignore")
    return shown.assign(row_label=words.where(ours & counted, frame["row_label"]))


def _rests_on_hidden(frame: pd.DataFrame, counts: pd.DataFrame, hidden: pd.Series) -> pd.Series:
    """Rows without a numerator of their own that were made from hidden ones."""
    whose = [frame[name].astype("string").fillna("") for name in [*AT, *WHAT]]
    bare = counts["kind"].isin(["test", "difference", "effect", "hidden"]) & counts["x"].isna()
    made_from = hidden & counts["kind"].isin(["count", "share", "effect", "sample"])
    return bare & made_from.groupby(whose).transform("any")


def _rounded(row: pd.Series, own: pd.Series, policy: Policy) -> list[float]:
    """The numbers of a row as they are shown, in the order of ``NUMBERS``."""
    numbers = row[NUMBERS].astype(float)
    kind = own["kind"]
    if kind == "count":
        numbers["estimate"] = policy.round(own["x"])
    elif kind == "share":
        numbers[["estimate", "ci_low", "ci_high"]] = _share(row)
    elif kind in ("remaining", "reached"):
        numbers = numbers.map(lambda value: _share_of_size(value, own["size"], policy))
    elif kind in ("sample", "time_median"):
        numbers = numbers.map(lambda value: significant(value, SAMPLE_DIGITS))
    elif kind == "effect":
        numbers = numbers.map(lambda value: significant(value, EFFECT_DIGITS))
    elif kind == "difference":
        step = DIFFERENCE_STEP if row["statistic"] == "standardized_difference" else 5.0
        numbers = numbers.map(lambda value: _to_step(value, step))
    if kind == "test":
        numbers["estimate"] = np.nan  # it says p once more, in more digits
    p = float(row["p_value"])
    numbers["p_value"] = max(_to_step(p, P_STEP), P_STEP) if p == p else p
    return list(numbers)


def _share(row: pd.Series) -> list[float]:
    """Percent and Wilson limits of the rounded counts; nothing where nobody is known."""
    if not row["denominator"] > 0:
        return [np.nan] * 3
    count, known = int(row["numerator"]), int(row["denominator"])
    low, high = wilson_interval(count, known)
    return [100 * count / known, 100 * low, 100 * high]


def _share_of_size(value: float, size: float, policy: Policy) -> float:
    """A share of a curve, in steps of as many persons as counts are rounded to."""
    if value != value or not size > 0:
        return value
    return min(1.0, _to_step(value, policy.rounds_to / policy.round(size)))


def _to_step(value: float, step: float) -> float:
    return value if value != value else float(round(np.floor(value / step + 0.5) * step, 10))


def significant(value: float, digits: int) -> float:
    """``value`` in as many significant digits."""
    if value != value or not value:
        return value
    return float(f"{value:.{digits}g}")


def _curve(curve: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """A curve whose steps are joined until each holds the limit; it ends where few are at risk."""
    if not len(curve):
        return curve
    ordered = curve.sort_values("time_months", ignore_index=True)
    size = float(ordered["n_risk"].max())
    if size < policy.hides_below:
        return curve.iloc[:0]
    start = {"time_months": 0.0, "n_risk": size, "survival": _start(ordered)}
    rows, waiting = [ordered.iloc[0].to_dict() | start], 0.0
    for at in ordered.fillna({"n_event": 0}).to_dict("records"):
        waiting += at["n_event"]
        if at["n_risk"] < policy.hides_below:
            break
        if waiting >= policy.hides_below:
            rows.append(at)
            waiting = 0.0
    shown = pd.DataFrame(rows)
    shown["time_months"] = shown["time_months"].map(lambda time: _to_step(time, MONTH_STEP))
    shown["n_risk"] = shown["n_risk"].map(policy.round)
    for name in ("survival", "ci_low", "ci_high"):
        shown[name] = shown[name].map(lambda value: _share_of_size(value, size, policy))
    shown.loc[0, ["ci_low", "ci_high"]] = shown.loc[0, "survival"]
    return shown.assign(n_event=np.nan, n_censored=np.nan)[list(CURVE_COLUMNS)]


def _start(ordered: pd.DataFrame) -> float:
    """1 of what falls, 0 of what rises."""
    return 0.0 if ordered["survival"].iloc[-1] > ordered["survival"].iloc[0] else 1.0


def _draw(results: Results, months: dict[str, list[float]]) -> None:
    """The shown curves and balances as figures, one per analysis and endpoint."""
    shown, curves = results.estimate_frame(), results.curve_frame()
    whose = ["analysis_id", "output_id", "endpoint", "population"]
    at = shown[shown["statistic"].isin(["survival", "cumulative_incidence"])]
    for keys, own in curves.groupby(whose, dropna=False, sort=False):
        lines = dict(list(own.groupby("arm", sort=False)))
        about = at[(at[whose].fillna("") == pd.Series(keys, whose).fillna("")).all(axis=1)]
        if len(about) and all(len(rows) >= FEWEST_POINTS for rows in lines.values()):
            ticks = months.get(keys[1]) or sorted(about["timepoint_months"].unique())
            risk = {arm: _at_months(about[about["arm"] == arm], ticks) for arm in lines}
            results.analysis_id = keys[0]
            results.add_figure(
                f"{keys[1]}_{keys[2]}",
                coarse_plot(lines, risk, about["row_label"].iloc[0], ticks, ROUNDED),
            )
    differences = shown[shown["statistic"].eq("standardized_difference") & shown["arm"].notna()]
    for (analysis, output), own in differences.groupby(["analysis_id", "output_id"], sort=False):
        told = own.dropna(subset="estimate").rename(
            columns={"row_label": "label", "row_group": "group", "estimate": "smd"}
        )
        if len(told):
            results.analysis_id = analysis
            results.add_figure(f"{output}_balance", love_plot(told))
    results.analysis_id = None


def _at_months(rows: pd.DataFrame, months: list[float]) -> np.ndarray:
    return rows.set_index("timepoint_months")["denominator"].reindex(months).to_numpy(float)


def without_small_numbers(words: str, policy: Policy) -> str:
    """A sentence whose small counts are hidden and whose others are rounded; times, shares and
    years stay."""

    def shown(found: re.Match) -> str:
        number = int(found.group().replace(",", ""))
        if policy.is_small(number):
            return f"<{policy.hides_below}"
        return found.group() if _is_year(number) else f"{policy.round(number):.0f}"

    return re.sub(
        rf"(?<![\w.,–-])\d+(?:,\d{{3}})*(?![\d.,–-]*\d)(?! ?(?:{NO_COUNT}))", shown, words
    )


def _is_year(number: int) -> bool:
    return 1900 < number < 2100

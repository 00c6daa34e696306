"""Analyses of the latent course: the correct design of a scenario, and the one it misleads.

No records are written: the arms, times and covariates are those of the truth, the matching and the
Cox regression are the project's own. `bench/recovery.py` does the same through the whole pipeline.
"""

from functools import lru_cache

import numpy as np
import pandas as pd

from myelomart.matching import match_nearest, propensity_score
from myelomart.survival import cox_regression
from myelomart_synthetic.constants import parameter, rows
from myelomart_synthetic.effects import NEVER, outcome_names
from myelomart_synthetic.outcomes import NEEDS_A_LOOK, detected, planted_days
from myelomart_synthetic.people import YEAR, make_people
from myelomart_synthetic.scenarios import scenario_named
from myelomart_synthetic.sites import make_sites
from myelomart_synthetic.treatment import CAR_T, Course, simulate

FEWEST_EVENTS = 5
NORMAL_95 = 1.959964
ADJUSTED = ("age", "male", "transplanted", "prior_lines", "index_year")
DESIGNS = {
    "published": ("matched", "matched"),
    "null": ("matched", "matched"),
    "benefit": ("matched", "matched"),
    "immortal_time": ("intention to treat from the decision", "infused against the rest"),
    "era": ("matched", "no calendar floor"),
    "surveillance": ("onset known without a test", "recorded values"),
    "informative_censoring": ("deaths known after loss", "censored at loss"),
    "crossover": ("censored at the next T-cell therapy", "followed through the crossover"),
}


@lru_cache(maxsize=8)
def arm_frame(first: int, patients: int, seed: int, scenario: str) -> tuple[pd.DataFrame, Course]:
    """The patients with a choice between the arms, with covariates at the decision."""
    people = make_people(first, patients, seed, 1.0, make_sites(4, seed))
    course = simulate(people, seed, scenario_named(scenario))
    arms = np.flatnonzero(course.assigned > 0)
    chosen = course.rows[arms]
    before = course.transplant[arms]
    frame = pd.DataFrame(
        {
            "arm": course.arm[arms],
            "assigned": course.assigned[arms],
            "decided": course.decided[arms],
            "index": course.index[arms],
            "death": course.death[arms],
            "doom": course.doom[arms],
            "last": course.last[arms],
            "crossed": course.clock[arms] + np.minimum(course.crossover[arms], NEVER // 2),
            "age": course.age[arms],
            "male": people.male[chosen].astype(float),
            "transplanted": ((before >= 0) & (before < course.decided[arms][:, None]))
            .any(axis=1)
            .astype(float),
            "prior_lines": (
                (course.start[arms] >= 0) & (course.start[arms] < course.decided[arms][:, None])
            ).sum(axis=1),
            "index_year": course.decided[arms] / YEAR + 1970,
        },
        index=arms,
    )
    for place, row in enumerate(rows("comorbidities")):
        if float(row["charlson"]):
            frame[row["comorbidity"]] = people.comorbid[chosen, place].astype(float)
    return frame, course


def analysed(frame: pd.DataFrame, design: str) -> pd.DataFrame:
    """Who is analysed, with `treated`, the day `origin`, and the day `until` follow-up holds."""
    by_choice = design in DESIGNS["immortal_time"]
    rows_kept = frame if by_choice else frame[frame["arm"] > 0]
    given = "assigned" if design == DESIGNS["immortal_time"][0] else "arm"
    rows_kept = rows_kept.assign(treated=rows_kept[given] == CAR_T)
    rows_kept["origin"] = rows_kept["decided"] if by_choice else rows_kept["index"]
    if design != "no calendar floor":
        rows_kept = rows_kept[rows_kept["origin"] >= parameter("cart_era_start")]
    loss_known = design == "deaths known after loss"
    window = rows_kept["origin"] + int(parameter("arm_window_days"))
    rows_kept["until"] = window if loss_known else np.minimum(window, rows_kept["last"])
    if design == DESIGNS["crossover"][0]:
        rows_kept["until"] = np.minimum(rows_kept["until"], rows_kept["crossed"])
    return rows_kept


def event_days(course: Course, frame: pd.DataFrame, outcome: str, design: str) -> np.ndarray:
    """Calendar day of the outcome for each row of `frame`, NEVER if it does not come."""
    if outcome == "all_cause_mortality":
        known = np.minimum(frame["death"], frame["doom"])
        return known.to_numpy()
    place = outcome_names().index(outcome)
    days = planted_days(course)[:, place]
    reached = np.flatnonzero((course.arm > 0) & (days < NEVER))
    day = course.clock[reached] + days[reached]
    if design == "recorded values" and rows("outcomes")[place]["kind"] in NEEDS_A_LOOK:
        reached, day = detected(course, reached, day, outcome)
    found = np.full(len(days), NEVER)
    found[reached] = day
    return found[frame.index.to_numpy()]


def covariates_of(frame: pd.DataFrame, design: str) -> pd.DataFrame:
    """What the arms of a design are made alike by: the columns that vary."""
    charlson = [row["comorbidity"] for row in rows("comorbidities") if float(row["charlson"])]
    names = [*ADJUSTED, *charlson]
    if design == "no calendar floor":
        names.remove("index_year")
    return frame[[name for name in names if frame[name].nunique() > 1]]


def followed(
    frame: pd.DataFrame, course: Course, outcome: str, design: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days, whether the outcome came, and whether it had come before (each n,)."""
    prior = course.planted.prior[frame.index.to_numpy(), outcome_names().index(outcome)]
    day = event_days(course, frame, outcome, design)
    death = np.minimum(frame["death"], frame["doom"]).to_numpy()
    end = np.minimum(np.minimum(day, death), frame["until"].to_numpy())
    origin = frame["origin"].to_numpy()
    return np.maximum(end - origin, 1).astype(float), (day <= end) & (day > origin), prior


def hazard_ratios(
    first: int, patients: int, seed: int, scenario: str, design: str, outcomes: list[str]
) -> list[dict]:
    """One row an outcome: log hazard ratio and standard error in a matched replicate.

    `smaller` is the number of events in the arm with fewer.
    """
    frame, course = arm_frame(first, patients, seed, scenario)
    frame = analysed(frame, design)
    treated = frame["treated"].to_numpy()
    score = propensity_score(treated, covariates_of(frame, design))
    matches = match_nearest(
        score.probability, treated, caliper=0.1, scale="probability", order="smallest"
    )
    frame = frame[np.asarray(matches.pair_ids) >= 0]
    found = []
    for outcome in outcomes:
        time, event, prior = followed(frame, course, outcome, design)
        time, event, arm = time[~prior], event[~prior], frame["treated"].to_numpy()[~prior]
        smaller = min(int(event[arm].sum()), int(event[~arm].sum()))
        row = {"outcome": outcome, "pairs": len(frame) // 2, "smaller": smaller}
        if smaller:
            model = pd.DataFrame({"treated": arm.astype(float)})
            fit = cox_regression(time, event, model).table().iloc[0]
            row["log_hr"] = np.log(fit["hr"])
            row["se"] = np.log(fit["ci_high"] / fit["ci_low"]) / 2 / NORMAL_95
        found.append(row)
    return found


def coverage(found: pd.DataFrame, truth: dict[str, float]) -> pd.DataFrame:
    """Per outcome: replicates with enough events, mean ratio, bias with its error, coverage."""
    table = []
    for outcome, group in found[found["smaller"] >= FEWEST_EVENTS].groupby("outcome", sort=False):
        difference = group["log_hr"] - np.log(truth[outcome])
        table.append(
            {
                "outcome": outcome,
                "true_hr": truth[outcome],
                "replicates": len(group),
                "mean_hr": float(np.exp(group["log_hr"].mean())),
                "bias_log_hr": float(difference.mean()),
                "monte_carlo_se": float(difference.std(ddof=1) / np.sqrt(len(group))),
                "coverage": float((difference.abs() <= NORMAL_95 * group["se"]).mean()),
            }
        )
    return pd.DataFrame(table)

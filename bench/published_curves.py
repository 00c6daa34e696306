"""Rows rebuilt from published curves beside the true ones, over simulated trials.

    python bench/published_curves.py --trials 200

Each trial has two arms with a planted hazard ratio. Its curves are clicked as a person would: at
the foot of the steps that a plot of 600 by 400 pixels shows apart, one pixel off in both
directions, in whole pixels. Numbers at risk are printed every six months. The rebuilt rows are
compared with the true ones; the docs page published_curves.md holds the table.
"""

import argparse

import numpy as np
import pandas as pd

from myelomart.survival import cox_regression, kaplan_meier, logrank_test
from myelomart.survival.published_curve import rebuilt_rows

RATIO, MONTHS, EVERY = 0.65, 36.0, 6.0
PIXELS = np.array([600, 400])
KNOWN = {
    "numbers at risk": (True, False),
    "numbers at risk, total of events": (True, True),
    "persons, total of events": (False, True),
    "persons alone": (False, False),
}


def arm_rows(random: np.random.Generator, persons: int, rate: float) -> pd.DataFrame:
    """Persons of one arm: Weibull events, accrual over a year, one in ten lost on the way."""
    event = random.weibull(1.2, persons) / rate
    end = MONTHS - random.uniform(0, 12, persons)
    lost = np.where(random.random(persons) < 0.1, random.uniform(0, MONTHS, persons), np.inf)
    last = np.minimum(end, lost)
    return pd.DataFrame({"time": np.minimum(event, last), "event": (event <= last).astype(int)})


def clicked(random: np.random.Generator, rows: pd.DataFrame) -> pd.DataFrame:
    """The points that a person clicks on the curve of ``rows``."""
    curve = kaplan_meier(rows["time"], rows["event"])
    seen = curve.n_event > 0
    foot = np.column_stack([curve.time[seen] / MONTHS, curve.survival[seen]]) * PIXELS
    foot = np.vstack([foot, np.array([curve.time[-1] / MONTHS, curve.survival[-1]]) * PIXELS])
    kept, last = [], np.full(2, -np.inf)
    for point in foot:
        if np.abs(point - last).max() >= 3 or point is foot[-1]:
            kept.append(point)
            last = point
    shaken = np.round(np.array(kept) + random.normal(0, 1, (len(kept), 2))) / PIXELS
    return pd.DataFrame({"time": shaken[:, 0] * MONTHS, "survival": shaken[:, 1]})


def rebuilt(points: pd.DataFrame, rows: pd.DataFrame, has_risk: bool, has_total: bool):
    """The rows behind the points, given what the publication prints."""
    moments = np.arange(0, MONTHS, EVERY) if has_risk else np.zeros(1)
    at_risk = [(rows["time"] >= moment).sum() for moment in moments]
    events = int(rows["event"].sum()) if has_total else None
    return rebuilt_rows(points["time"], np.clip(points["survival"], 0, 1), moments, at_risk, events)


def compared(arms: list[pd.DataFrame]) -> dict:
    """Log hazard ratio with its limits, log-rank z and the medians of two arms."""
    both = pd.concat(arms, keys=[0, 1], names=["arm", None]).reset_index("arm")
    term = cox_regression(both["time"], both["event"], both[["arm"]]).table().iloc[0]
    test = logrank_test(both["time"], both["event"], both["arm"])
    return {
        "log_hr": term["coef"],
        "covers": term["ci_low"] <= RATIO <= term["ci_high"],
        "z": np.sqrt(test.chi2),
        "p": test.p,
        "median": np.array([kaplan_meier(arm["time"], arm["event"]).median for arm in arms]),
        "events": sum(arm["event"].sum() for arm in arms),
    }


def main() -> None:
    """Print one row for each of the things a publication may print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = []
    for one in range(given.trials):
        random = np.random.default_rng([given.seed, one])
        persons = int(random.integers(60, 300))
        arms = [arm_rows(random, persons, rate) for rate in (0.06, 0.06 * RATIO ** (1 / 1.2))]
        points = [clicked(random, arm) for arm in arms]
        true = compared(arms)
        for name, known in KNOWN.items():
            made = [rebuilt(*pair, *known) for pair in zip(points, arms, strict=True)]
            own = compared([pd.DataFrame({"time": r.time, "event": r.event}) for r in made])
            found.append(
                {
                    "known": name,
                    "difference": own["log_hr"] - true["log_hr"],
                    "error": own["log_hr"] - np.log(RATIO),
                    "true_error": true["log_hr"] - np.log(RATIO),
                    "covers": own["covers"],
                    "true_covers": true["covers"],
                    "z": own["z"] - true["z"],
                    "same_verdict": (own["p"] < 0.05) == (true["p"] < 0.05),
                    "median": np.nanmean(own["median"] - true["median"]),
                    "median_off": np.nanmax(np.abs(own["median"] - true["median"])),
                    "events": own["events"] / true["events"] - 1,
                    "distance": max(r.largest_distance for r in made),
                }
            )
    rows = pd.DataFrame(found).groupby("known", sort=False)
    table = pd.DataFrame(
        {
            "bias of log HR (SE)": rows["error"].mean(),
            "se": rows["error"].sem(),
            "bias, true rows": rows["true_error"].mean(),
            "rebuilt minus true": rows["difference"].mean(),
            "sd": rows["difference"].std(),
            "coverage": 100 * rows["covers"].mean(),
            "coverage, true rows": 100 * rows["true_covers"].mean(),
            "z": rows["z"].mean(),
            "same verdict": 100 * rows["same_verdict"].mean(),
            "median": rows["median"].mean(),
            "median, 95 % within": rows["median_off"].quantile(0.95),
            "events": 100 * rows["events"].mean(),
            "distance": 100 * rows["distance"].mean(),
        }
    )
    print(table.round(3).T.to_string())


if __name__ == "__main__":
    main()

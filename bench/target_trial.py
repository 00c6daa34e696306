"""Cloning, censoring and weighting against planted truth: bias and coverage.

    python bench/target_trial.py --replicates 200 --patients 3000

Two worlds, in both of which treatment does nothing. `immortal_time` is the scenario of that name of
the synthetic network, in its latent course: many are chosen for CAR-T, and some die before the
infusion; what decides on the choice is known at the decision. `time_varying` is simulated here: a
marker that worsens from month to month brings both treatment and death nearer. Each replicate is
analysed by the naive comparison, by cloning without weights, and by the whole emulation. Bias is
that of the log hazard ratio and of the difference in risk; coverage that of 95 % intervals.
"""

import argparse

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.survival import cox_regression
from myelomart.target_trial import Effect, Options, Protocol, emulate
from myelomart_synthetic.constants import parameter, rows
from myelomart_synthetic.recovery import ADJUSTED, arm_frame
from myelomart_synthetic.treatment import CAR_T

INFUSION = Protocol(grace=90, horizon=365, period=7)  # days from the decision
MARKER = Protocol(grace=6, horizon=24, period=1)  # months
MONTHS = 24
World = tuple[pd.DataFrame, pd.DataFrame, dict[str, np.ndarray]]


def immortal_time(number: int, patients: int, seed: int) -> World:
    """Those with a choice between the arms, from the decision: time, event, treated_at."""
    frame, _ = arm_frame(1 + number * patients, patients, seed, "immortal_time")
    frame = frame[frame["decided"] >= parameter("cart_era_start")]
    until = np.minimum(frame["decided"] + int(parameter("arm_window_days")), frame["last"])
    death = np.minimum(frame["death"], frame["doom"])
    infused = (frame["index"] - frame["decided"]).where(frame["arm"] == CAR_T)
    followed = pd.DataFrame(
        {
            "time": np.maximum(np.minimum(death, until) - frame["decided"], 1).astype(float),
            "event": death <= until,
            "treated_at": infused.astype(float),
        }
    )
    charlson = [row["comorbidity"] for row in rows("comorbidities") if float(row["charlson"])]
    baseline = frame[[*ADJUSTED, *charlson]]
    counts = baseline.apply(lambda column: column.value_counts().min())
    usable = (baseline.nunique() > 2) | ((baseline.nunique() == 2) & (counts >= 5))
    return followed, baseline.loc[:, usable], {}


def time_varying(number: int, patients: int, seed: int) -> World:
    """A marker that walks at random; the higher, the sooner treatment and death come."""
    generator = np.random.default_rng([seed, number])
    marker = generator.normal(size=patients)
    time = np.full(patients, float(MONTHS))
    event = np.zeros(patients, bool)
    treated_at = np.full(patients, np.nan)
    history = np.empty((patients, MONTHS))
    for month in range(MONTHS):
        history[:, month] = marker
        alive = ~event
        death = month + generator.exponential(1 / (0.02 * np.exp(0.8 * marker)))
        begins = month + generator.exponential(1 / (0.08 * np.exp(0.8 * marker)))
        dies = alive & (death < month + 1)
        starts = alive & np.isnan(treated_at) & (begins < np.minimum(death, month + 1))
        time[dies], event[dies] = death[dies], True
        treated_at[starts] = begins[starts]
        marker = 0.9 * marker + 0.4 * generator.normal(size=patients) + 0.05
    followed = pd.DataFrame({"time": time, "event": event, "treated_at": treated_at})
    return followed, pd.DataFrame({"marker at time zero": history[:, 0]}), {"marker": history}


WORLDS = {"immortal_time": (immortal_time, INFUSION), "time_varying": (time_varying, MARKER)}


def analyses(world: World, protocol: Protocol, samples: int) -> list[dict]:
    """Every design of one replicate: log hazard ratio, difference in risk, and what they cover."""
    followed, baseline, varying = world
    columns = [followed[name].to_numpy() for name in ("time", "event", "treated_at")]
    naive = cox_regression(
        columns[0], columns[1], pd.DataFrame({"ever": (columns[2] <= columns[0]).astype(float)})
    ).table().iloc[0]  # fmt: skip
    found = [
        {
            "design": "ever against never treated",
            "log_hr": naive["coef"],
            "covers": naive["ci_low"] <= 1 <= naive["ci_high"],
        }
    ]
    ways = {
        "cloned, not weighted": (None, {}, Options(weighted=False, samples=0)),
        "cloned and weighted": (baseline, varying, Options(samples=samples)),
    }
    if varying:
        ways["cloned, weighted by time zero alone"] = (baseline, {}, Options(samples=0))
    for design, (at_zero, later, options) in ways.items():
        one = emulate(*columns, protocol, baseline=at_zero, varying=later, options=options)
        ratio, odds = one.effects["hazard_ratio"], one.effects.get("pooled_odds_ratio")
        own, gap = one.effects["hazard_ratio_bootstrap"], one.effects["risk_difference"]
        found.append(
            {
                "design": design,
                "log_hr": np.log(ratio.estimate),
                "covers": _holds(ratio, 1),
                "bootstrap": _holds(own, 1),
                "risk_difference": gap.estimate,
                "risk_covers": _holds(gap, 0),
                "log_or": None if odds is None else np.log(odds.estimate),
                "or_covers": None if odds is None else _holds(odds, 1),
            }
        )
    return found


def _holds(effect: Effect, truth: float) -> float | None:
    """Whether an interval holds the truth; None where there is none."""
    if np.isnan(effect.ci_low):
        return None
    return float(effect.ci_low <= truth <= effect.ci_high)


def main() -> None:
    """Print one table a world."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--patients", type=int, default=3_000, help="persons of a replicate")
    parser.add_argument("--samples", type=int, default=200, help="of the bootstrap")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--world", action="append", choices=list(WORLDS))
    given = parser.parse_args()
    for name in given.world or list(WORLDS):
        make, protocol = WORLDS[name]
        patients = given.patients if name == "immortal_time" else given.patients // 5
        found, refused, persons = [], 0, 0
        for number in range(given.replicates):
            world = make(number, patients, given.seed)
            persons += len(world[0])
            try:
                found += analyses(world, protocol, given.samples)
            except StatisticsError as refusal:
                refused += 1
                print(f"replicate {number}: {refusal}", flush=True)
        table = pd.DataFrame(found)
        numbers = [one for one in table.columns if one != "design"]
        table[numbers] = table[numbers].astype(float)
        means = table.groupby("design", sort=False)[numbers].mean()
        spread = table.groupby("design", sort=False)["log_hr"]
        means.insert(1, "monte_carlo_se", spread.std() / np.sqrt(spread.size()))
        print(f"\n{name}: {given.replicates - refused} replicates, {refused} refused, ", end="")
        print(f"{persons / given.replicates:.0f} persons each")
        print(means.round(3).to_string())


if __name__ == "__main__":
    main()

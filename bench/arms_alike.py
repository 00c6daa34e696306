"""Does every way to make two arms alike find what was planted? Bias and coverage of its ratio.

    python bench/arms_alike.py --replicates 200 --patients 3000
    python bench/arms_alike.py --replicates 200 --page docs/recovery.md

The ways are the estimators of `cart_vs_pom` (seeds/studies/analysis_choices): matching of every
kind and all weights, with the study's own functions and robust variance. Each replicate is the
latent course of the synthetic network, whose patients choose by age, illness and transplant; the
truth is the marginal ratio in those whom the way stands for (the treated, everyone, the overlap).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from pages import into_page

from myelomart.errors import StatisticsError
from myelomart.matching import propensity_score, robust_hazard_ratio
from myelomart.population.alike import Alike, ScoredArms, made_alike
from myelomart.project import project_root
from myelomart_synthetic.estimands import effect_table
from myelomart_synthetic.recovery import DESIGNS, analysed, arm_frame, covariates_of, followed
from myelomart_synthetic.scenarios import scenario_named

MARKS = "<!-- arms made alike -->", "<!-- end of arms made alike -->"
STUDY, DIMENSION = "cart_vs_pom", "estimator"
OUTCOMES = ("all_cause_mortality", "neutropenia")
STANDS_FOR = {"ate": "everyone", "overlap": "overlap"}  # the others for the treated
NAIVE = "not made alike"


def ways() -> list[dict]:
    """The estimators of the study, in their order."""
    found = pd.read_csv(project_root() / "seeds" / "studies" / "analysis_choices.csv")
    own = found[(found["study_id"] == STUDY) & (found["dimension"] == DIMENSION)]
    return own.sort_values("sort_order").to_dict("records")


def replicate(first: int, patients: int, seed: int, scenario: str) -> list[dict]:
    """One row a way and outcome: the log hazard ratio with its robust limits."""
    design = DESIGNS[scenario][0]
    frame, course = arm_frame(first, patients, seed, scenario)
    frame = analysed(frame, design)
    treated, covariates = frame["treated"].to_numpy(), covariates_of(frame, design)
    score = propensity_score(treated, covariates).probability
    arms = ScoredArms(frame.assign(sex=frame["male"]), treated, score, covariates)
    everyone = Alike(np.arange(len(frame)), np.ones(len(frame)), np.arange(len(frame)))
    found = []
    for outcome in OUTCOMES:
        time, event, had_before = followed(frame, course, outcome, design)
        for way in [None, *ways()]:
            try:
                made = everyone if way is None else made_alike(arms, way)
                kept = ~had_before[made.rows] & (made.weights > 0)
                at = made.rows[kept]
                fit = robust_hazard_ratio(
                    time[at], event[at], treated[at], made.clusters[kept], made.weights[kept], at
                ).table().iloc[0]  # fmt: skip
            except StatisticsError:
                continue
            found.append(
                {
                    "outcome": outcome,
                    "way": NAIVE if way is None else way["label"],
                    "stands_for": STANDS_FOR.get(way["method"] if way else "", "treated"),
                    "estimate": np.log(fit["hr"]),
                    "low": np.log(fit["ci_low"]),
                    "high": np.log(fit["ci_high"]),
                }
            )
    return found


def truths(scenario: str, seed: int) -> dict[tuple[str, str], float]:
    """The marginal log ratio of each outcome in those whom a way stands for."""
    found = {}
    for whom in ("treated", *STANDS_FOR.values()):
        table = effect_table(scenario_named(scenario), seed, 200_000, whom).to_pandas()
        ratios = table.set_index("outcome")["marginal_hazard_ratio"]
        for outcome in OUTCOMES:
            found[outcome, whom] = 0.0 if scenario == "null" else float(np.log(ratios[outcome]))
    return found


def summary(found: pd.DataFrame, truth: dict[tuple[str, str], float]) -> pd.DataFrame:
    """A row per outcome and way: the truth, bias with its Monte Carlo error, coverage."""
    keys = zip(found["outcome"], found["stands_for"], strict=True)
    found = found.assign(true=[truth[key] for key in keys])
    found["gap"] = found["estimate"] - found["true"]
    found["covers"] = found["true"].between(found["low"], found["high"])
    found["length"] = found["high"] - found["low"]
    return found.groupby(["outcome", "way"], sort=False).agg(
        true=("true", "first"), replicates=("gap", "count"), bias=("gap", "mean"),
        error=("gap", lambda gap: gap.std() / np.sqrt(gap.count())), coverage=("covers", "mean"),
        length=("length", "mean"),
    )  # fmt: skip


def as_table(found: dict[str, pd.DataFrame]) -> str:
    """The rows of every scenario as Markdown."""
    lines = [
        "| scenario, outcome | estimator | true ratio | replicates | bias of log HR (MC error) | "
        "coverage | length of the interval |",
        "|---|---|---|---|---|---|---|",
    ]
    for scenario, table in found.items():
        shown = None
        for (outcome, way), row in table.iterrows():
            place = "" if outcome == shown else f"`{scenario}`, {outcome}"
            shown = outcome
            lines.append(
                f"| {place} | {way} | {np.exp(row['true']):.2f} | {row['replicates']:.0f} | "
                f"{row['bias']:+.3f} ({row['error']:.3f}) | {100 * row['coverage']:.1f} % | "
                f"{row['length']:.2f} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--patients", type=int, default=3_000, help="myeloma patients a replicate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page", type=Path, help="write the table between the marks of this page")
    given = parser.parse_args()
    tables = {}
    for scenario in ("null", "published"):
        found = [
            row
            for one in range(given.replicates)
            for row in replicate(1 + one * given.patients, given.patients, given.seed, scenario)
        ]
        tables[scenario] = summary(pd.DataFrame(found), truths(scenario, given.seed))
    table = as_table(tables)
    print(table)
    if given.page:
        into_page(given.page, MARKS, table)


if __name__ == "__main__":
    main()

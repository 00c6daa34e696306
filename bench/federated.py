"""How near pooled packs come to pooled rows: `python bench/federated.py [--replicates N]`.

Rows of a survival study are drawn for 3, 5 and 12 sites of very different size, each with a
baseline hazard of its own, once with few events (some sites have none in an arm) and once with
many; under no effect, under a benefit, and under a benefit that differs between sites. Beside the
stratified Cox model of all rows stand the fixed effect on summed profiles, with each rule for when
a profile may leave a site, inverse-variance pooling of normal approximations, and random effects.
Prints the tables of docs/federated.md.

With `--pool DIR --warehouses A.duckdb B.duckdb …` it holds the hazard ratios that `myelomart study
pool` wrote to DIR against the stratified Cox models of the rows of the warehouses it pooled.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from myelomart import warehouse
from myelomart.disclosure.policies import named
from myelomart.errors import MyelomartError, StatisticsError
from myelomart.federated.likelihood_profile import likelihood_profile, maximum, wald_limits
from myelomart.federated.odach import reference_levels
from myelomart.federated.profile_rules import RULES, withheld
from myelomart.federated.random_effects import likeliest, posterior, surface
from myelomart.meta_analysis import from_intervals, pool
from myelomart.population.comparison import compare, endpoint_rows
from myelomart.study import read_study
from myelomart.study_data import read_data
from myelomart.survival import cox_regression

PERSONS = 2400
FOLLOW_UP = 12.0  # months; follow-up ends at random in the last three quarters of it
EVENTS = {"few": 36, "many": 300}
BENEFIT = 0.5
SPREAD = 0.4  # of the log hazard ratio between sites, in the scenario that has it
SCENARIOS = {"null": (1.0, 0.0), "benefit": (BENEFIT, 0.0), "differs": (BENEFIT, SPREAD)}
FEWEST_TO_POOL = 3  # of `meta_analysis.pool`
POLICY = "cms11"
ROWS = ("site", "time", "event", "treated")  # columns of a model without covariates


def draw(rng, sites: int, events: int, ratio: float, spread: float) -> pd.DataFrame:
    """Rows of all sites: site, treated, time, event."""
    share = rng.dirichlet(np.full(sites, 2.0))
    site = np.sort(rng.choice(sites, PERSONS, p=share))
    treated = rng.random(PERSONS) < rng.uniform(0.35, 0.65, sites)[site]
    baseline = np.exp(rng.normal(0, 0.5, sites))[site]
    effect = np.log(ratio) + rng.normal(0, spread, sites)[site]
    censored = rng.uniform(FOLLOW_UP / 4, FOLLOW_UP, PERSONS)
    relative = baseline * np.exp(effect * treated)
    hazard = events / (relative @ np.minimum(censored, FOLLOW_UP))  # rare: exposure hardly shrinks
    if events > PERSONS / 20:
        hazard *= 1.12
    failed = rng.exponential(1 / (hazard * relative))
    return pd.DataFrame(
        {"site": site, "treated": treated.astype(int), "time": np.minimum(failed, censored),
         "event": failed <= censored}
    )  # fmt: skip


def replicate(rows: pd.DataFrame, truth: float, is_random: bool) -> tuple[list[dict], dict]:
    """Estimate, error and whether the interval holds the truth, by method; counts of the sites.

    Random effects, which take most of the time, are left out without ``is_random``.
    """
    found: list[dict] = []

    def note(method: str, estimate: float, se: float, low: float, high: float) -> None:
        found.append({"method": method, "estimate": estimate, "se": se, "low": low, "high": high,
                      "holds": low <= truth <= high})  # fmt: skip

    whole = cox_regression(rows["time"], rows["event"], rows[["treated"]], strata=rows["site"])
    note("rows", whole.coefficients[0], whole.se[0],
         *wald_limits(whole.coefficients[0], whole.se[0]))  # fmt: skip
    profiles, counts = {}, {}
    columns = {name: rows[name].to_numpy() for name in rows}
    for site in np.unique(columns["site"]):
        time, event, treated = (columns[name][columns["site"] == site]
                                for name in ("time", "event", "treated"))  # fmt: skip
        sides = (treated == 1, treated == 0)
        counts[site] = tuple(map(np.sum, sides)), tuple((event & side).sum() for side in sides)
        try:
            profiles[site] = likelihood_profile(time, event, treated)
        except StatisticsError:  # nobody had the event
            continue
    policy = named(POLICY)
    for rule in RULES:
        kept = [one for site, one in profiles.items() if not withheld(rule, policy, *counts[site])]
        if kept and (top := maximum(kept)).is_finite:
            note(f"profiles, {rule}", top.estimate, top.se, top.ci_low, top.ci_high)
    single = [one for one in map(lambda p: maximum([p]), profiles.values()) if one.is_finite]
    estimates, errors = (np.array([getattr(one, name) for one in single])
                         for name in ("estimate", "se"))  # fmt: skip
    weight = 1 / errors**2
    centre, error = weight @ estimates / weight.sum(), 1 / np.sqrt(weight.sum())
    note("normal, fixed", centre, error, *wald_limits(centre, error))
    if len(single) >= FEWEST_TO_POOL:
        limits = wald_limits(estimates, errors)
        with suppress(StatisticsError):  # REML does not converge
            random = pool(from_intervals(np.exp(estimates), *map(np.exp, limits), "hr"))
            note("normal, REML", random.effect, random.se, *np.log([random.ci_low, random.ci_high]))
    if is_random and len(profiles) > 1:
        given = surface(list(profiles.values()))
        for method, one in (("profiles, Bayes", posterior(given)),
                            ("profiles, likelihood", likeliest(given))):  # fmt: skip
            note(method, one.mean, one.se, one.ci_low, one.ci_high)
    empty = sum(min(events) == 0 for _, events in counts.values())
    return found, {"empty": empty, "events": int(rows["event"].sum())}


def run(replicates: int, random: int, sites: int, few_or_many: str, scenario: str) -> pd.DataFrame:
    """One row per method: bias, coverage, error and distance from pooled rows."""
    ratio, spread = SCENARIOS[scenario]
    place = list(SCENARIOS).index(scenario)
    found, about = [], []
    for seed in range(replicates):
        rng = np.random.default_rng([seed, sites, EVENTS[few_or_many], place])
        drawn = draw(rng, sites, EVENTS[few_or_many], ratio, spread)
        own, told = replicate(drawn, np.log(ratio), seed < random)
        found += [one | {"seed": seed} for one in own]
        about.append(told)
    frame = pd.DataFrame(found)
    rows = frame[frame["method"] == "rows"].set_index("seed")
    frame["apart"] = (frame["estimate"] - frame["seed"].map(rows["estimate"])).abs()
    frame["of_rows"] = frame["se"] / frame["seed"].map(rows["se"])
    table = frame.groupby("method", sort=False).agg(
        made=("holds", "size"), bias=("estimate", "mean"), coverage=("holds", "mean"),
        spread=("estimate", "std"), of_rows=("of_rows", "mean"), apart=("apart", "max"),
    )  # fmt: skip
    table["bias"] -= np.log(ratio)
    table.insert(0, "empty", pd.DataFrame(about)["empty"].mean())
    return table.assign(sites=sites, events=few_or_many, scenario=scenario).reset_index()


def in_markdown(table: pd.DataFrame) -> str:
    """The figures as a table of a page."""
    heads = ["events", "effect", "sites", "with an empty arm", "method", "estimated in",
             "bias (log)", "coverage, %", "SD of the estimates", "error over that of the rows",
             "farthest from the rows"]  # fmt: skip
    rule = ["---" if head in ("events", "effect", "method") else "---:" for head in heads]
    lines = [f"| {' | '.join(heads)} |", f"|{'|'.join(rule)}|"]
    for one in table.itertuples():
        lines.append(
            f"| {one.events} | {one.scenario} | {one.sites} | {one.empty:.1f} | {one.method} | "
            f"{one.made} | {one.bias:+.3f} | {100 * one.coverage:.1f} | {one.spread:.3f} | "
            f"{one.of_rows:.3f} | {one.apart:.3f} |"
        )
    return "\n".join(lines)


def beside_rows(folder: Path, databases: list[Path]) -> str:
    """Every pooled ratio of ``folder`` beside that of the warehouses' rows, as a table."""
    lines = ["| endpoint | events | pooled packs | rows by site | ODACH | rows by site, adjusted |",
             "|---|---:|---|---|---|---|"]  # fmt: skip
    for file in sorted(folder.glob("*/estimates.parquet")):
        made = pd.read_parquet(file)
        wanted = made[made["statistic"] == "hazard_ratio"]
        rows = {key: [] for key in zip(wanted["analysis_id"], wanted["endpoint"], strict=True)}
        for site, database in enumerate(databases):
            _read_rows(database, file.parent.name, site, rows)
        for one in wanted.itertuples():
            whole = pd.concat(rows[one.analysis_id, one.endpoint], ignore_index=True)
            own = made[
                (made["analysis_id"] == one.analysis_id) & (made["endpoint"] == one.endpoint)
            ]
            stepped = own[own["statistic"] == "hazard_ratio_odach"]
            lines.append(
                f"| {one.analysis_id}, {one.endpoint} | {int(whole['event'].sum())} | "
                f"{_printed(one.estimate, one.ci_low, one.ci_high)} | {_of_rows(whole, False)} | "
                + "".join(_printed(s.estimate, s.ci_low, s.ci_high) for s in stepped.itertuples())
                + f" | {_of_rows(whole, True) if len(whole.columns) > len(ROWS) else ''} |"
            )
    return "\n".join(lines)


def _read_rows(database: Path, study_id: str, site: int, rows: dict) -> None:
    with warehouse.database(database) as connection:
        study = read_study(connection, study_id)
        data = read_data(connection, study)
    for analysis in study.analyses:
        endpoints = [end for name, end in rows if name == analysis.analysis_id]
        if not endpoints:
            continue
        try:
            comparison = compare(study, analysis, data)
        except MyelomartError:  # the site has nothing to pool of it
            continue
        persons = comparison.matched if analysis.population == "matched" else comparison.persons
        for name in endpoints:
            own = endpoint_rows(persons, data, study.endpoint(name))
            own = own[~own["had_prior_event"].astype(bool)]
            told = pd.DataFrame({"site": site, "time": own["time_days"], "event": own["event"] == 1,
                                 "treated": own["treated"].astype(float)})  # fmt: skip
            if analysis.adjustment == "covariates":
                told = told.join(pd.get_dummies(comparison.covariates, dtype=float, prefix_sep="="))
            rows[analysis.analysis_id, name].append(told)


def _of_rows(rows: pd.DataFrame, is_adjusted: bool) -> str:
    model = rows.drop(columns=["site", "time", "event"]).fillna(0.0)
    model = model.drop(columns=list(reference_levels(model.columns)))
    model = model.loc[:, model.nunique() > 1] if is_adjusted else model[["treated"]]
    try:
        fit = cox_regression(rows["time"], rows["event"], model, strata=rows["site"])
    except StatisticsError as refusal:
        return str(refusal)
    middle, se = fit.coefficients[0], fit.se[0]
    return _printed(*np.exp([middle, *wald_limits(middle, se)]))


def _printed(middle: float, low: float, high: float) -> str:
    return f"{middle:.4f} ({low:.4f}–{high:.4f})"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--random", type=int, default=200, help="replicates with random effects")
    parser.add_argument("--events", nargs="+", default=list(EVENTS), choices=list(EVENTS))
    parser.add_argument("--effects", nargs="+", default=list(SCENARIOS), choices=list(SCENARIOS))
    parser.add_argument("--sites", type=int, nargs="+", default=[3, 5, 12])
    parser.add_argument("--pool", type=Path, help="a folder that `study pool` wrote")
    parser.add_argument("--warehouses", type=Path, nargs="+", help="those whose packs it pooled")
    given = parser.parse_args()
    if given.pool:
        sys.stdout.write(beside_rows(given.pool, given.warehouses) + "\n")
        return
    tables = []
    for events, scenario, sites in product(given.events, given.effects, given.sites):
        tables.append(run(given.replicates, given.random, sites, events, scenario))
        sys.stderr.write(f"{events} events, {scenario}, {sites} sites\n")
    sys.stdout.write(in_markdown(pd.concat(tables, ignore_index=True)) + "\n")


if __name__ == "__main__":
    main()

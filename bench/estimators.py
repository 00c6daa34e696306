"""Does each estimator find what was planted? Bias and coverage over simulated frames.

    python bench/estimators.py                         # 200 replicates, about two minutes
    python bench/estimators.py --page docs/recovery.md # and write the table into the page
    python bench/estimators.py --only win --replicates 1000

Each case draws frames from a model whose truth is known in closed form, and estimates it as a study
does. The seed is the number of the case and of the replicate, so that a run can be repeated.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from pages import into_page

from myelomart import survival
from myelomart.estimates.change import difference_of_changes
from myelomart.sensitivity import Validity, corrected_risks, probable_risks

MARKS = "<!-- estimators -->", "<!-- end of estimators -->"
YEAR, PER_ARM = 12.0, 150
# monthly hazards of the event and of death, controls first
EVENT, DEATH = (0.06, 0.03), (0.03, 0.02)
Found = Iterator[tuple[str, float, float, float, float]]  # name, truth, estimate, its limits


def _censored(rng, *times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first of ``times`` and which it is (1, 2 …), 0 where censoring comes before."""
    end = rng.uniform(YEAR, 3 * YEAR, len(times[0]))
    stacked = np.vstack([end, *times])
    return stacked.min(axis=0), stacked.argmin(axis=0)


def _arms() -> np.ndarray:
    return np.repeat([0, 1], PER_ARM)


def risks(rng: np.random.Generator) -> Found:
    """Death competes; risks by a year."""
    arm = _arms()
    event, death = np.take(EVENT, arm), np.take(DEATH, arm)
    time, code = _censored(rng, rng.exponential(1 / event), rng.exponential(1 / death))
    true = [e / (e + d) * (1 - np.exp(-(e + d) * YEAR)) for e, d in zip(EVENT, DEATH, strict=True)]
    found = survival.risk_difference(time, code, arm == 1, YEAR)
    yield "risk difference", true[1] - true[0], found.estimate, found.ci_low, found.ci_high


def numbers_needed(rng: np.random.Generator) -> Found:
    """No effect at all: the interval must run through infinity, which is the truth."""
    arm = _arms()
    time, code = _censored(rng, rng.exponential(1 / EVENT[0], len(arm)))
    found = survival.risk_difference(time, code, arm == 1, YEAR)
    needed = found.number_needed
    # 1 / number is the benefit: finite where the number is not
    yield "1 / number needed, no effect", 0.0, *(
        1 / value for value in (needed.estimate, needed.ci_high, needed.ci_low)
    )  # fmt: skip


def restricted_means(rng: np.random.Generator) -> Found:
    """Time without the event in a year."""
    arm = _arms()
    time, code = _censored(rng, rng.exponential(1 / np.take(EVENT, arm)))
    means = survival.restricted_means(time, code == 1, arm, tau=YEAR)
    true = [(1 - np.exp(-rate * YEAR)) / rate for rate in EVENT]
    found = survival.restricted_mean_difference(means[0], means[1])
    yield "restricted mean difference", true[1] - true[0], *_limits(found)


def repeated(rng: np.random.Generator) -> Found:
    """Stays that cluster within persons (gamma frailty), until death or censoring."""
    arm, rates = _arms(), (0.10, 0.06)
    time, code = _censored(rng, rng.exponential(1 / np.take(DEATH, arm)))
    frailty = rng.gamma(2.0, 0.5, len(arm))
    counts = rng.poisson(frailty * np.take(rates, arm) * time)
    person = np.concatenate([np.repeat(np.arange(len(arm)), counts), np.arange(len(arm))])
    when = np.concatenate([rng.uniform(0, np.repeat(time, counts)), time])
    kind = np.concatenate([np.ones(counts.sum()), np.where(code == 1, 2, 0)]).astype(int)
    inside = arm[person] == 1
    counted = survival.mean_cumulative_count(person[inside], when[inside], kind[inside])
    at = survival.expected_count(counted, [YEAR]).iloc[0]
    true = rates[1] * (1 - np.exp(-DEATH[1] * YEAR)) / DEATH[1]
    yield "mean cumulative count", true, at["count"], at["ci_low"], at["ci_high"]
    fit = survival.rate_ratio(person, when, kind, pd.DataFrame({"arm": arm.astype(float)}))
    row = fit.table().iloc[0]
    told = [rates[1] / rates[0], row["hr"], row["ci_low"], row["ci_high"]]
    yield "log ratio of rates", *np.log(told)


def wins(rng: np.random.Generator) -> Found:
    """Death, then the event, both up to a year; pairs by number."""
    arm = _arms()
    death, event = (rng.exponential(1 / np.take(rates, arm)) for rates in (DEATH, EVENT))
    last = np.minimum(death, YEAR)
    tiers = [
        survival.TimeTier.of("death", last, death < YEAR),
        survival.TimeTier.of("event", np.minimum(event, last), event < last),
    ]
    won, lost = (_won(*(rates[::side] for rates in (DEATH, EVENT))) for side in (1, -1))
    better = (1 + won - lost) / 2
    truth = {"win_ratio": won / lost, "win_odds": better / (1 - better), "net_benefit": won - lost}
    pair = np.tile(np.arange(PER_ARM), 2)
    ways = (
        ("", survival.win_statistics(arm, tiers)),
        (", pairs", survival.win_statistics(arm, tiers, pair=pair)),
    )
    for way, found in ways:
        for name, true in truth.items():
            numbers = np.array([true, *_limits(getattr(found, name))])
            words = f"{name.replace('_', ' ')}{way}"
            if name == "net_benefit":
                yield words, *numbers
            else:
                yield f"log {words}", *np.log(numbers)


def _won(death: tuple, event: tuple) -> float:
    """The chance that one of the second arm beats one of the first."""
    deaths, events = sum(death), sum(event)
    both_live = np.exp(-deaths * YEAR)
    by_death = death[0] / deaths * (1 - both_live)
    return by_death + both_live * event[0] / events * (1 - np.exp(-events * YEAR))


def plateau(rng: np.random.Generator) -> Found:
    """A third never has the event, the others' times are Weibull's, follow-up is long."""
    size, cured, shape, scale = 2 * PER_ARM, 1 / 3, 1.3, 8.0
    life = np.where(rng.random(size) < cured, np.inf, scale * rng.weibull(shape, size))
    end = rng.uniform(3 * YEAR, 8 * YEAR, size)
    time, event = np.minimum(life, end), life < end
    fit = survival.cure_model(time, event)
    yield "cured share", cured, fit.cured, fit.ci_low, fit.ci_high
    row = fit.table().set_index("term").loc["log_scale"]
    yield "cure model, log scale", -np.log(shape), row["coef"], row["ci_low"], row["ci_high"]
    late = np.exp(-((YEAR / scale) ** shape))
    at = survival.spline_model(time, event).at([YEAR]).iloc[0]
    told = at["survival"], at["ci_low"], at["ci_high"]
    yield "spline at a year, a third cured", cured + (1 - cured) * late, *told
    life = scale * rng.weibull(shape, size)
    at = survival.spline_model(np.minimum(life, end), life < end).at([YEAR]).iloc[0]
    yield "spline at a year, nobody cured", late, at["survival"], at["ci_low"], at["ci_high"]


def codes(rng: np.random.Generator) -> Found:
    """Codes that find eight outcomes of ten and one of a hundred others, drawn and as known."""
    sizes, true = (400, 400), (0.30, 0.20)
    sensitivity, specificity = 0.8, 0.99
    found = tuple(int(rng.binomial(n, sensitivity * p + (1 - specificity) * (1 - p)))
                  for n, p in zip(sizes, true, strict=True))  # fmt: skip
    told = {
        "known errors": corrected_risks(found, sizes, Validity.known(sensitivity, specificity)),
        "drawn errors": probable_risks(
            found, sizes, Validity((0.7, 0.8, 0.9), (0.98, 0.99, 1.0)), draws=4000
        ),
    }
    for words, one in told.items():
        numbers = true[0] / true[1], one.ratio, one.ratio_low, one.ratio_high
        yield f"log risk ratio, {words}", *np.log(numbers)
        limits = one.difference, one.difference_low, one.difference_high
        yield f"risk difference, {words}", true[0] - true[1], *limits


def changes(rng: np.random.Generator) -> Found:
    """Values before and after, of which the second arm loses ten; pairs are alike in both."""
    arm, shared = _arms(), np.tile(rng.normal(0, 8, PER_ARM), 2)
    before = 100 + shared + rng.normal(0, 15, len(arm))
    after = 40 + 0.6 * before - 10 * arm + shared + rng.normal(0, 6 + 6 * arm)
    for words, pair in (("", None), (", pairs", np.tile(np.arange(PER_ARM), 2))):
        found = difference_of_changes(before, after, arm == 1, pair)
        yield f"difference of changes{words}", -10.0, *_limits(found)


def _limits(found) -> tuple[float, float, float]:
    return found.estimate, found.ci_low, found.ci_high


CASES: tuple[Callable[[np.random.Generator], Found], ...] = (
    risks, numbers_needed, restricted_means, repeated, wins, plateau, codes, changes,
)  # fmt: skip


def measured(replicates: int, only: str | None) -> pd.DataFrame:
    """A row per estimator: truth, bias with its Monte Carlo error, coverage of 95 % intervals."""
    rows = []
    for position, case in enumerate(CASES):
        if only and only not in case.__name__:
            continue
        for number in range(replicates):
            rng = np.random.default_rng([position, number])
            rows += [(number, *one) for one in case(rng)]
    frame = pd.DataFrame(rows, columns=["replicate", "estimator", "true", "found", "low", "high"])
    frame["covers"] = frame["true"].between(frame["low"], frame["high"])
    frame["gap"] = frame["found"] - frame["true"]
    return frame.groupby("estimator", sort=False).agg(
        true=("true", "first"), replicates=("found", "count"), bias=("gap", "mean"),
        error=("gap", lambda gap: gap.std() / np.sqrt(gap.count())), coverage=("covers", "mean"),
    )  # fmt: skip


def as_table(found: pd.DataFrame) -> str:
    """The rows as Markdown."""
    lines = [
        "| estimator | true | replicates | bias (MC error) | coverage |",
        "|---|---|---|---|---|",
    ]
    for name, row in found.iterrows():
        lines.append(
            f"| {name} | {row['true']:.3f} | {row['replicates']:.0f} | {row['bias']:+.4f} "
            f"({row['error']:.4f}) | {100 * row['coverage']:.1f} % |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--only", help="part of the name of a case")
    parser.add_argument("--page", type=Path, help="write the table between the marks of this page")
    given = parser.parse_args()
    table = as_table(measured(given.replicates, given.only))
    print(table)
    if given.page:
        into_page(given.page, MARKS, table)


if __name__ == "__main__":
    main()

"""The effects that a correct analysis of a scenario finds, by simulating both arms of everybody.

The conditional hazard ratio is planted. The marginal one is what Cox regression with the arm alone
finds when every patient of a large population is seen once under each treatment: that of CAR-T,
or, for weights that stand for others, everybody or those in whom both are likely. Hazard ratios do
not collapse over covariates, so these differ a little.
"""

import numpy as np
import pyarrow as pa
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from myelomart_synthetic.constants import column, parameter, position, rows
from myelomart_synthetic.effects import outcome_names, plant
from myelomart_synthetic.people import draw_comorbidities
from myelomart_synthetic.scenarios import Scenario
from myelomart_synthetic.streams import Streams

BLOCK = 25_000
CHANCE = {  # to be in the population, by the chance of CAR-T
    "treated": lambda share: share,
    "everyone": np.ones_like,
    "overlap": lambda share: share * (1 - share),
}


def effect_table(
    scenario: Scenario, seed: int, people: int = 100_000, whom: str = "treated"
) -> pa.Table:
    """One row an outcome: planted and marginal hazard ratio with its error, and 12-month shares.

    ``whom`` the marginal ratio is of: a population of ``CHANCE``.
    """
    names = outcome_names()
    window = int(parameter("arm_window_days"))
    counts = np.zeros((len(names), 2, 2, window + 1))
    for first in range(0, people, BLOCK):
        counts += day_counts(scenario, seed, first, min(BLOCK, people - first), window, whom)
    given = rows("scenarios")[position("scenarios", "scenario")[scenario.name]]
    table = {
        "scenario": [scenario.name] * len(names),
        "outcome": names,
        "conditional_hazard_ratio": np.exp(scenario.log_ratio),
        "source": [row["source"] for row in rows("outcomes")],
        "correct_analysis": [given["correct_analysis"]] * len(names),
        "biased_analysis": [given["biased_analysis"]] * len(names),
    }
    fitted = [log_hazard_ratio(*counts[number]) for number in range(len(names))]
    table["marginal_hazard_ratio"] = [float(np.exp(value)) for value, _ in fitted]
    table["marginal_log_se"] = [error for _, error in fitted]
    for arm, label in enumerate(("pomalidomide", "car_t")):
        table[f"share_with_event_{label}"] = counts[:, 0, arm].sum(axis=1) / counts[:, :, arm].sum(
            axis=(1, 2)
        )
    return pa.table(table)


def day_counts(
    scenario: Scenario, seed: int, first: int, count: int, window: int, whom: str = "treated"
) -> np.ndarray:
    """Events and exits by outcome, arm and day; shape (outcomes, 2, 2, window + 1)."""
    streams = Streams(seed, np.arange(first, first + count) + 2**40)
    network = rows("populations")[0]
    age = np.clip(
        float(network["age_mean"]) + float(network["age_sd"]) * streams.normal("age"), 19, 92
    )
    charlson = draw_comorbidities(streams, age) @ column("comorbidities", "charlson")
    weight = cart_odds(age, charlson, streams)
    chosen = streams.uniform("chosen") < CHANCE[whom](weight / (1 + weight))
    planted = plant(streams, age, charlson, scenario)
    year = 2021.25 + 4.5 * streams.uniform("year")
    result = np.zeros((len(outcome_names()), 2, 2, window + 1))
    for arm in (0, 1):
        days = planted.days(np.full(count, float(arm)), year)[chosen]
        ends = np.minimum(days[:, 0], window)
        for number in range(days.shape[1]):
            event = days[:, number] <= ends
            when = np.where(event, days[:, number], ends)
            result[number, 0, arm] = np.bincount(when[event], minlength=window + 1)
            result[number, 1, arm] = np.bincount(when[~event], minlength=window + 1)
    return result


def cart_odds(age, charlson, streams: Streams) -> np.ndarray:
    """Odds of CAR-T against pomalidomide at a decision, as treatment.py gives them."""
    logit = parameter("cart_choice_logit") - parameter("pomalidomide_choice_logit")
    logit = logit + parameter("cart_choice_age") * (age - parameter("age_at_diagnosis_mean")) / 10
    logit = logit + parameter("cart_choice_charlson") * (charlson - 1)
    transplanted = streams.uniform("transplant") < float(rows("populations")[0]["transplant_share"])
    return np.exp(logit + parameter("cart_choice_transplant") * transplanted)


def log_hazard_ratio(events: np.ndarray, leaves: np.ndarray) -> tuple[float, float]:
    """Cox's log hazard ratio and standard error from daily counts (2, days), ties by Efron.

    Efron's product over d tied events, prod_j (A - j B / d), is a ratio of gamma functions.
    """
    gone = np.cumsum(events + leaves, axis=1)
    risk = gone[:, -1:] - gone + events + leaves
    tied = events.sum(axis=0)
    used = tied > 0
    d0, d1 = events[0, used], events[1, used]
    n0, n1, d = risk[0, used], risk[1, used], tied[used]
    if not d1.sum() or not d0.sum():
        return float("nan"), float("nan")

    def loss(beta: float) -> float:
        ratio = np.exp(beta)
        whole, step = (ratio * n1 + n0), (ratio * d1 + d0) / d
        top = whole / step
        logs = d * np.log(step) + gammaln(top + 1) - gammaln(top - d + 1)
        return float(logs.sum() - beta * d1.sum())

    found = minimize_scalar(loss, bounds=(-6, 6), method="bounded", options={"xatol": 1e-7}).x
    curvature = (loss(found + 1e-3) - 2 * loss(found) + loss(found - 1e-3)) / 1e-6
    return float(found), float(1 / np.sqrt(curvature))

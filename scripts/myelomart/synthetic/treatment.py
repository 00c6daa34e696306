"""Treatment by line: all patients at once, one line number after the other."""

from dataclasses import dataclass

import numpy as np

from myelomart.synthetic.constants import column, day_number, parameter, position, rows
from myelomart.synthetic.effects import NEVER, Planted, outcome_names, plant
from myelomart.synthetic.people import YEAR, People
from myelomart.synthetic.streams import Streams

MAX_LINES = 12
CAR_T, POMALIDOMIDE = 1, 2
PHASES = ("induction", "relapse", "pomalidomide", "late", "bispecific", "cart")


@dataclass
class Course:
    """Arrays over the myeloma patients of a chunk (m) and their lines (m, MAX_LINES).

    `rows` are positions in People. Days are days since 1970-01-01; -1 means there is none.
    `arm` is CAR_T or POMALIDOMIDE where the first of the two qualifies, with its day in `index`.
    """

    rows: np.ndarray
    streams: Streams
    start: np.ndarray
    end: np.ndarray
    regimen: np.ndarray
    progression: np.ndarray
    seen: np.ndarray
    apheresis: np.ndarray
    bridging: np.ndarray
    infusion: np.ndarray
    transplant: np.ndarray
    arm: np.ndarray
    index: np.ndarray
    free_from: np.ndarray
    death: np.ndarray
    planted: Planted

    @property
    def lines(self) -> np.ndarray:
        """Number of lines started."""
        return (self.start >= 0).sum(axis=1)


def regimen_drugs() -> np.ndarray:
    """Membership matrix, regimens by ingredients."""
    drugs = position("drugs", "ingredient")
    matrix = np.zeros((len(rows("regimens")), len(drugs)), dtype=bool)
    for number, row in enumerate(rows("regimens")):
        for drug in row["drugs"].split("+"):
            matrix[number, drugs[drug]] = True
    return matrix


def simulate(people: People, seed: int, log_ratio: np.ndarray) -> Course:
    """The treatment course of every myeloma patient of the chunk."""
    chosen = np.flatnonzero(people.is_myeloma)
    count = len(chosen)
    streams = Streams(seed, people.person_id[chosen])
    age = (people.diagnosis[chosen] - people.birth[chosen]) / YEAR
    blank = lambda: np.full((count, MAX_LINES), -1, dtype=np.int64)  # noqa: E731
    course = Course(
        rows=chosen,
        streams=streams,
        start=blank(),
        end=blank(),
        regimen=blank(),
        progression=blank(),
        seen=blank(),
        apheresis=blank(),
        bridging=blank(),
        infusion=blank(),
        transplant=np.full(count, -1, dtype=np.int64),
        arm=np.zeros(count, dtype=np.int64),
        index=np.full(count, -1, dtype=np.int64),
        free_from=np.zeros(count, dtype=np.int64),
        death=np.full(count, NEVER),
        planted=plant(streams, age, people.charlson[chosen], log_ratio),
    )
    decision = people.diagnosis[chosen] + 10 + (30 * streams.uniform("first_dose")).astype(np.int64)
    exposed = {name: np.zeros(count, dtype=bool) for name in ("pomalidomide", "cart", "bispecific")}
    for line in range(MAX_LINES):
        active = (decision <= people.last[chosen]) & (decision < course.death)
        if not active.any():
            break
        decision = next_line(course, people, age, exposed, decision, active, line)
    return course


def next_line(course, people, age, exposed, decision, active, line) -> np.ndarray:
    """Give every active patient line `line`; returns the day of the decision after it."""
    streams, chosen = course.streams, course.rows
    phase = choose_phase(course, people, age, exposed, decision, line)
    regimen = choose_regimen(streams, phase, decision, course.regimen[:, :line], line)
    active = active & (regimen >= 0)
    is_cart = active & (phase == PHASES.index("cart"))
    is_pomalidomide = active & (phase == PHASES.index("pomalidomide"))
    frailty = people.frailty[chosen]

    mean = parameter("death_mean_years_line_1") * parameter("death_mean_years_decline") ** line
    wait = streams.exponential(f"death/{line}") * mean * YEAR * np.exp(-frailty)
    natural_death = (np.maximum(decision, course.free_from) + wait).astype(np.int64)

    apheresis = decision + (parameter("apheresis_wait") * (0.5 + streams.uniform(f"aph/{line}")))
    gap = parameter("vein_to_vein") + parameter("vein_to_vein_sd") * streams.normal(f"v2v/{line}")
    infusion = (apheresis + np.clip(gap, 21, 100)).astype(np.int64)
    infused = is_cart & (infusion < natural_death)
    infused &= streams.uniform(f"dropout/{line}") >= parameter("infusion_dropout")
    infused &= infusion < people.last[chosen]
    bridged = is_cart & (streams.uniform(f"bridging/{line}") < parameter("bridging_share"))

    origin = np.where(infused, infusion, decision)
    shape = column("regimens", "weibull_shape")[regimen]
    median = column("regimens", "median_pfs_days")[regimen] * np.where(is_cart & ~infused, 0.3, 1)
    clock = streams.exponential(f"progression/{line}") / np.log(2)
    until = median * np.maximum(clock, 1e-6) ** (1 / shape) * np.exp(-0.5 * frailty)
    progression = (origin + 20 + until).astype(np.int64)
    seen = progression + 3 + (30 * streams.uniform(f"seen/{line}")).astype(np.int64)

    first = active & (course.arm == 0) & ~exposed["pomalidomide"] & ~exposed["cart"]
    first &= ~exposed["bispecific"] & (infused | is_pomalidomide)
    arm = np.where(infused, CAR_T, POMALIDOMIDE)
    course.arm = np.where(first, arm, course.arm)
    course.index = np.where(first, origin, course.index)
    after = np.where(infused, course.planted.treated[:, 0], course.planted.control[:, 0])
    window = int(parameter("arm_window_days"))
    course.free_from = np.where(first, origin + window, course.free_from)
    later_death = np.maximum(origin + window, decision) + 1 + wait.astype(np.int64)
    in_arm = np.where(after < NEVER, origin + after, later_death)
    death = np.where(first, in_arm, natural_death)

    lag = 5 + (25 * streams.uniform(f"lag/{line}")).astype(np.int64)
    following = seen + lag
    dies = active & (death < following)
    course.death = np.where(dies, death, course.death)

    def keep(target: np.ndarray, value: np.ndarray, where: np.ndarray) -> None:
        target[:, line] = np.where(where, value, target[:, line])

    keep(course.start, decision, active)
    keep(course.regimen, regimen, active)
    keep(course.progression, progression, active)
    keep(course.seen, seen, active)
    keep(course.end, np.minimum(seen, decision + 3 * 365), active)
    keep(course.apheresis, apheresis.astype(np.int64), is_cart)
    keep(course.bridging, apheresis.astype(np.int64) + 3, bridged)
    keep(course.infusion, infusion, infused)
    if line == 0:
        fit = active & (age < parameter("transplant_age_limit"))
        fit &= streams.uniform("transplant") < parameter("transplant_share")
        day = decision + parameter("transplant_day") + 60 * streams.uniform("transplant_day")
        fit &= (day + 60 < seen) & (day < course.death)
        course.transplant = np.where(fit, day, -1).astype(np.int64)
    exposed["pomalidomide"] |= is_pomalidomide
    exposed["cart"] |= infused
    exposed["bispecific"] |= active & (phase == PHASES.index("bispecific"))
    return np.where(active & ~dies, following, NEVER)


def choose_phase(course, people, age, exposed, decision, line) -> np.ndarray:
    """Number of the phase in PHASES that each patient's line belongs to."""
    if line == 0:
        return np.zeros(len(course.rows), dtype=np.int64)
    transplanted = course.transplant >= 0
    era = decision >= parameter("cart_era_start")
    free = decision > course.free_from
    naive = (
        parameter("cart_choice_logit")
        + parameter("cart_choice_age") * (age - parameter("age_at_diagnosis_mean")) / 10
        + parameter("cart_choice_charlson") * (people.charlson[course.rows] - 1)
        + parameter("cart_choice_transplant") * transplanted
    )
    cart = np.where(exposed["pomalidomide"], parameter("cart_after_pomalidomide_logit"), naive)
    cart_allowed = era & free & ~exposed["cart"] & ~exposed["bispecific"]
    pom_allowed = (decision >= day_number("2013-02-08")) & ~exposed["pomalidomide"]
    bi_allowed = (
        (decision >= day_number("2022-10-25")) & free & (line >= 3) & ~exposed["bispecific"]
    )
    weights = np.zeros((len(course.rows), len(PHASES)))
    weights[:, PHASES.index("relapse")] = line <= 4
    weights[:, PHASES.index("late")] = 0.3 if line == 3 else float(line >= 4)
    weights[:, PHASES.index("cart")] = np.where(cart_allowed, np.exp(cart), 0)
    weights[:, PHASES.index("pomalidomide")] = np.where(
        pom_allowed, np.exp(parameter("pomalidomide_choice_logit")), 0
    )
    weights[:, PHASES.index("bispecific")] = np.where(
        bi_allowed, np.exp(parameter("bispecific_choice_logit")), 0
    )
    return course.streams.choice(f"phase/{line}", weights)


def choose_regimen(streams, phase, decision, used, line) -> np.ndarray:
    """Regimen number; only drugs on the market that day and no regimen twice; -1 if none is left."""
    year = (decision / YEAR + 1970).astype(np.int64)[:, None]
    phases = np.array([PHASES.index(row["phase"]) for row in rows("regimens")])
    launch = np.array([day_number(row["launch"]) for row in rows("drugs")])
    launched = np.where(regimen_drugs(), launch[None, :], 0).max(axis=1)
    weights = column("regimens", "weight") * (phases[None, :] == phase[:, None])
    weights = weights * (year >= column("regimens", "year_from"))
    weights = weights * (year <= column("regimens", "year_to"))
    weights = weights * (decision[:, None] >= launched[None, :])
    weights = weights * (line + 1 >= column("regimens", "line_from"))
    weights = weights * (line + 1 <= column("regimens", "line_to"))
    for earlier in used.T:
        rows_used = np.flatnonzero(earlier >= 0)
        weights[rows_used, earlier[rows_used]] = 0
    return streams.choice(f"regimen/{line}", weights)


__all__ = ["CAR_T", "POMALIDOMIDE", "Course", "outcome_names", "simulate"]

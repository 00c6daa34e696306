"""People: age, sex, race, comorbidities, site, and when each is observed."""

from dataclasses import dataclass

import numpy as np

from myelomart_synthetic.constants import column, day_number, parameter, quantile, rows
from myelomart_synthetic.sites import Sites
from myelomart_synthetic.streams import Streams

YEAR = 365.25
MONTH = YEAR / 12


@dataclass
class People:
    """Arrays of one chunk, all of length n; days are days since 1970-01-01.

    `population` is a row of populations.csv. For the three CAR-T centres `target` is the day of the
    intended infusion and `prior_lines` the lines before it; both are -1 elsewhere.
    """

    person_id: np.ndarray
    is_myeloma: np.ndarray
    population: np.ndarray
    target: np.ndarray
    prior_lines: np.ndarray
    site: np.ndarray
    male: np.ndarray
    race: np.ndarray
    hispanic: np.ndarray
    birth: np.ndarray
    diagnosis: np.ndarray
    start: np.ndarray
    last: np.ndarray
    comorbid: np.ndarray
    charlson: np.ndarray
    frailty: np.ndarray
    streams: Streams

    def __len__(self) -> int:
        return len(self.person_id)


def make_people(first: int, count: int, seed: int, myeloma_share: float, sites: Sites) -> People:
    """People with ids first … first + count - 1; the same id gives the same person in any chunk."""
    ids = np.arange(first, first + count, dtype=np.int64)
    streams = Streams(seed, ids)
    is_myeloma = streams.uniform("is_myeloma") < myeloma_share
    population = np.where(
        is_myeloma, streams.choice("population", column("populations", "share")), 0
    )
    mean = column("populations", "age_mean")[population]
    spread = column("populations", "age_sd")[population]
    male_share = column("populations", "male_share")[population]
    mean = np.where(is_myeloma, mean, parameter("background_age_mean"))
    spread = np.where(is_myeloma, spread, parameter("background_age_sd"))
    male_share = np.where(is_myeloma, male_share, parameter("male_share_background"))
    span = parameter("last_diagnosis_date") - parameter("first_diagnosis_date")
    recency = streams.uniform("diagnosis") ** parameter("diagnosis_recency")
    diagnosis = (parameter("first_diagnosis_date") + span * recency).astype(np.int64)
    target, prior_lines, months = intended_infusions(streams, population)
    diagnosis = np.where(target >= 0, target - (months * MONTH).astype(np.int64), diagnosis)
    age_anchor = np.where(target >= 0, months / 12, 0)
    age = np.clip(mean + spread * streams.normal("age"), 19, 92) - age_anchor
    before = 200 + parameter("observation_years_before") * YEAR * streams.exponential("before")
    start = diagnosis - np.minimum(before, 8 * YEAR)
    dropout = streams.exponential("lost") / parameter("lost_to_follow_up_rate") * YEAR
    followed_from = np.maximum(diagnosis, target) + 90
    cuts = np.array([day_number(row["data_cut"]) for row in rows("populations")])[population]
    last = np.minimum(cuts, followed_from + dropout).astype(np.int64)
    comorbid = draw_comorbidities(streams, age)
    return People(
        person_id=ids,
        is_myeloma=is_myeloma,
        population=population,
        target=target,
        prior_lines=prior_lines,
        site=sites.assign(streams, population),
        male=streams.uniform("sex") < male_share,
        race=streams.choice("race", column("races", "share")),
        hispanic=streams.uniform("hispanic") < parameter("hispanic_share"),
        birth=(diagnosis - age * YEAR).astype(np.int64),
        diagnosis=diagnosis,
        start=start.astype(np.int64),
        last=last,
        comorbid=comorbid,
        charlson=comorbid @ column("comorbidities", "charlson"),
        frailty=parameter("frailty_sd") * streams.normal("frailty"),
        streams=streams,
    )


def draw_comorbidities(streams: Streams, age: np.ndarray) -> np.ndarray:
    """Presence of each comorbidity, shape (n, number of comorbidities), by age on the logit."""
    prevalence = column("comorbidities", "prevalence_at_65")
    logit = np.log(prevalence / (1 - prevalence))[None, :] + np.outer(
        (age - 65) / 10, column("comorbidities", "log_odds_per_decade")
    )
    return streams.uniform("comorbid", len(rows("comorbidities"))) < 1 / (1 + np.exp(-logit))


def intended_infusions(streams: Streams, population: np.ndarray):
    """At the CAR-T centres: infusion day, prior lines, months from diagnosis; else -1, -1, 0."""
    target = np.full(len(population), -1, dtype=np.int64)
    prior_lines, months = target.copy(), np.zeros(len(population))
    when, lines = streams.uniform("infusion_day"), streams.uniform("prior_lines")
    since = streams.uniform("months_since_diagnosis")
    for number, row in enumerate(rows("populations")):
        if row["infusion_from"]:
            first, last = day_number(row["infusion_from"]), day_number(row["infusion_to"])
            here, name = population == number, row["population"]
            target = np.where(here, first + ((last - first + 1) * when).astype(np.int64), target)
            drawn = np.floor(quantile(f"{name}_prior_lines", lines) + 0.5).astype(np.int64)
            prior_lines = np.where(here, drawn, prior_lines)
            months = np.where(here, quantile(f"{name}_months_since_diagnosis", since), months)
    return target, prior_lines, months

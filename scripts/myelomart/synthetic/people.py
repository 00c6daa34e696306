"""People: age, sex, race, comorbidities, site, and when each is observed."""

from dataclasses import dataclass

import numpy as np

from myelomart.synthetic.constants import column, parameter, rows
from myelomart.synthetic.sites import Sites
from myelomart.synthetic.streams import Streams

YEAR = 365.25


@dataclass
class People:
    """Arrays of one chunk, all of length n; days are days since 1970-01-01."""

    person_id: np.ndarray
    is_myeloma: np.ndarray
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
    kind = np.where(is_myeloma, "myeloma", "background")
    mean = np.where(
        is_myeloma, parameter("age_at_diagnosis_mean"), parameter("background_age_mean")
    )
    spread = np.where(is_myeloma, parameter("age_at_diagnosis_sd"), parameter("background_age_sd"))
    age = np.clip(mean + spread * streams.normal("age"), 19, 92)
    male_share = np.where(
        kind == "myeloma", parameter("male_share_myeloma"), parameter("male_share_background")
    )
    span = parameter("last_diagnosis_date") - parameter("first_diagnosis_date")
    recency = streams.uniform("diagnosis") ** parameter("diagnosis_recency")
    diagnosis = (parameter("first_diagnosis_date") + span * recency).astype(np.int64)
    before = 200 + parameter("observation_years_before") * YEAR * streams.exponential("before")
    start = np.maximum(
        diagnosis - np.minimum(before, 8 * YEAR), parameter("first_diagnosis_date") - 8 * YEAR
    )
    dropout = streams.exponential("lost") / parameter("lost_to_follow_up_rate") * YEAR
    last = np.minimum(parameter("data_cut_date"), diagnosis + 90 + dropout).astype(np.int64)
    comorbid = draw_comorbidities(streams, age)
    return People(
        person_id=ids,
        is_myeloma=is_myeloma,
        site=sites.assign(streams),
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

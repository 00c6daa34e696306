"""Physicians: a few of each specialty at each site; who gives what is settled per person."""

import numpy as np
import pyarrow as pa

from myelomart_synthetic.constants import parameter, position, rows
from myelomart_synthetic.people import People
from myelomart_synthetic.schema import as_table
from myelomart_synthetic.sites import Sites


def of_each() -> int:
    """How many physicians of each specialty a site has."""
    return int(parameter("physicians_each"))


def specialty(name: str) -> int:
    """Row of a specialty in specialties.csv."""
    return position("specialties", "specialty")[name]


def usual(people: People, person: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Id of the physician of that specialty whom each person sees at the own site."""
    own = (of_each() * people.streams.uniform("provider")).astype(np.int64)
    return 1 + ((people.site * len(rows("specialties")))[person] + kind) * of_each() + own[person]


def of_visits(people: People, person, start, concept, emergency: int) -> np.ndarray:
    """Emergency physicians in the emergency room, from the diagnosis on hematologists elsewhere."""
    ill = people.is_myeloma[person] & (start >= people.diagnosis[person])
    kind = np.where(ill, specialty("hematology_oncology"), specialty("general"))
    return usual(people, person, np.where(concept == emergency, specialty("emergency"), kind))


def of_drugs(people: People, person, day, item) -> np.ndarray:
    """The general physician for long-term drugs, else who treats the myeloma."""
    chronic = {row["drug"] for row in rows("comorbidities")}
    chronic = np.array([row["ingredient"] in chronic for row in rows("drugs")])[item]
    ill = people.is_myeloma[person] & (day >= people.diagnosis[person]) & ~chronic
    kind = np.where(ill, specialty("hematology_oncology"), specialty("general"))
    return usual(people, person, kind)


def provider_table(sites: Sites) -> pa.Table:
    """provider: every physician of every site, numbered by site and specialty."""
    kinds = rows("specialties")
    number = np.arange(sites.count * len(kinds) * of_each())
    kind = number // of_each() % len(kinds)
    names = [f"{kinds[which]['title']} {one + 1}" for one, which in enumerate(kind)]
    return as_table(
        "provider",
        {
            "provider_id": number + 1,
            "provider_name": names,
            "specialty_concept_id": np.array([int(row["concept_id"]) for row in kinds])[kind],
            "care_site_id": number // of_each() // len(kinds) + 1,
            "provider_source_value": [f"D{one + 1}" for one in number],
            "specialty_source_value": [kinds[which]["code"] for which in kind],
            "specialty_source_concept_id": 0,
        },
        len(number),
    )

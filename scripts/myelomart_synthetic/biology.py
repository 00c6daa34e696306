"""The disease itself: paraprotein, cytogenetics, soft-tissue disease and how it progresses."""

from dataclasses import dataclass

import numpy as np

from myelomart_synthetic.constants import column, parameter, rows
from myelomart_synthetic.people import People
from myelomart_synthetic.streams import Streams

HEAVY_CHAINS = ("IgG", "IgA", "IgD", "none")
NONE, EMD_ONLY, PMD_ONLY, BOTH, UNKNOWN = range(5)


@dataclass
class Biology:
    """Arrays over the myeloma patients of a chunk, in the order of Course.rows.

    `baseline` and `progression` are soft-tissue states (none, EMD only, PMD only, both, unknown);
    `abnormal` has one column per cytogenetic abnormality, `tested` tells whether FISH was done.
    """

    light_chain_only: np.ndarray
    oligosecretory: np.ndarray
    heavy_chain: np.ndarray
    kappa: np.ndarray
    peak: np.ndarray
    abnormal: np.ndarray
    tested: np.ndarray
    stage: np.ndarray
    durie_salmon: np.ndarray
    baseline: np.ndarray
    progression: np.ndarray
    pattern: np.ndarray
    performance: np.ndarray


def has_emd(state: np.ndarray) -> np.ndarray:
    """Extramedullary disease, with or without paramedullary disease."""
    return (state == EMD_ONLY) | (state == BOTH)


def has_pmd(state: np.ndarray) -> np.ndarray:
    """Paramedullary disease, with or without extramedullary disease."""
    return (state == PMD_ONLY) | (state == BOTH)


def draw_biology(people: People, chosen: np.ndarray, streams: Streams) -> Biology:
    """The biology of the chosen people; shares by population, see populations.csv."""
    population = people.population[chosen]
    count = len(chosen)

    def share(field: str) -> np.ndarray:
        return column("populations", field)[population]

    light_only = streams.uniform("light_chain_only") < share("light_chain_only")
    iga = streams.uniform("heavy_chain")
    heavy = np.where(iga < share("iga_share") / (1 - share("light_chain_only")), 1, 0)
    heavy = np.where(iga > parameter("igd_from"), 2, heavy)
    names = [row["population"] for row in rows("populations")]
    positive = np.stack([column("cytogenetics", name) for name in names])[population]
    baseline = streams.choice("emd_baseline", column("extramedullary", "share"))
    states = ("none", "emd_only", "pmd_only", "both", "unknown")
    onward = np.stack([column("extramedullary", state) for state in states], axis=1)
    progression = streams.choice("emd_progression", onward[baseline])
    soft = (progression != NONE) & (progression != UNKNOWN)
    weights = column("progression_patterns", "weight") * (
        column("progression_patterns", "with_soft_tissue")[None, :] == soft[:, None]
    )
    return Biology(
        light_chain_only=light_only,
        oligosecretory=streams.uniform("oligosecretory") < share("oligosecretory_share"),
        heavy_chain=np.where(light_only, 3, heavy),
        kappa=streams.uniform("kappa") < share("kappa_share"),
        peak=parameter("m_protein_peak")
        * np.exp(parameter("m_protein_sd") * streams.normal("peak")),
        abnormal=streams.uniform("cytogenetics", len(rows("cytogenetics"))) < positive,
        tested=streams.uniform("fish") < parameter("fish_share"),
        stage=1 + streams.choice("iss", np.array([0.32, 0.4, 0.28])),
        durie_salmon=1 + streams.choice("durie_salmon", column("durie_salmon", "share")),
        baseline=baseline,
        progression=progression,
        pattern=streams.choice("pattern", weights),
        performance=streams.choice("ecog", np.array([0.89, 0.09, 0.02]))
        if count
        else np.zeros(0, int),
    )


def pattern_component(biology: Biology, component: str) -> np.ndarray:
    """Whether a component (biochemical, marrow, bone) is part of the progression after CAR-T."""
    return column("progression_patterns", component)[biology.pattern] > 0

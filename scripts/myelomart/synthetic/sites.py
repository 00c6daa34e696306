"""Sites: how large each is, and its habits of coding, units and testing."""

from dataclasses import dataclass

import numpy as np

from myelomart.synthetic.constants import column, parameter, rows
from myelomart.synthetic.streams import Streams


@dataclass
class Sites:
    """Habits by site number; `unit_alternative` has shape (sites, labs)."""

    count: int
    weight: np.ndarray
    dotted: np.ndarray
    unit_alternative: np.ndarray
    codes_as_procedure: np.ndarray
    cart_evidence: np.ndarray
    death_capture: np.ndarray
    testing: np.ndarray

    def assign(self, streams: Streams) -> np.ndarray:
        """Site number of each person."""
        return streams.choice("site", self.weight)


def make_sites(count: int, seed: int) -> Sites:
    """Draw the habits of `count` sites; site 0 always writes dotted codes and default units."""
    streams = Streams(seed, np.arange(count))
    alternative = streams.uniform("units", len(rows("labs"))) < column("labs", "alt_share", 0.0)
    alternative[0] = False
    return Sites(
        count=count,
        weight=np.exp(parameter("site_size_sd") * streams.normal("size")),
        dotted=(streams.uniform("dotted") < parameter("site_dotted_share"))
        | (np.arange(count) == 0),
        unit_alternative=alternative,
        codes_as_procedure=streams.uniform("infusions")
        < parameter("site_codes_as_procedure_share"),
        cart_evidence=np.arange(count) % 3,
        death_capture=1 - parameter("site_death_missing_share") * streams.uniform("death"),
        testing=np.exp(parameter("site_testing_sd") * streams.normal("testing")),
    )

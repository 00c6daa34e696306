"""Sites: how large each is, and its habits of coding, units and testing."""

from dataclasses import dataclass

import numpy as np

from myelomart_synthetic.constants import column, parameter, rows
from myelomart_synthetic.streams import Streams


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

    def assign(self, streams: Streams, population: np.ndarray) -> np.ndarray:
        """Site of each person: the last three sites are the CAR-T centres, if there are enough."""
        centres = len(rows("populations")) - 1
        if self.count <= centres:
            return streams.choice("site", self.weight)
        network = streams.choice("site", self.weight[: self.count - centres])
        return np.where(population > 0, self.count - centres - 1 + population, network)

    def names(self) -> list[str]:
        """One name a site, with its role."""
        labels = [row["label"] for row in rows("populations")]
        centres = len(labels) - 1
        first = self.count - centres if self.count > centres else self.count
        roles = [labels[0]] * first + labels[1:]
        return [f"Site {number + 1}, {role}" for number, role in enumerate(roles[: self.count])]


def make_sites(count: int, seed: int) -> Sites:
    """Draw the habits of `count` sites; site 0 is plain: dots, default units, drugs as drugs."""
    streams = Streams(seed, np.arange(count))
    alternative = streams.uniform("units", len(rows("labs"))) < column("labs", "alt_share", 0.0)
    alternative[0] = False
    plain = np.arange(count) == 0
    return Sites(
        count=count,
        weight=np.exp(parameter("site_size_sd") * streams.normal("size")),
        dotted=(streams.uniform("dotted") < parameter("site_dotted_share")) | plain,
        unit_alternative=alternative,
        codes_as_procedure=streams.uniform("infusions")
        < parameter("site_codes_as_procedure_share"),
        cart_evidence=np.arange(count) % 3,
        death_capture=1 - parameter("site_death_missing_share") * streams.uniform("death"),
        testing=np.exp(parameter("site_testing_sd") * streams.normal("testing")),
    )

"""Counter-based random numbers: a draw depends on seed, name, person and counter, on nothing else.

So a person's life is the same whatever the chunk, the order or the number of cores.
The mixing function is SplitMix64 (Steele, Lea, Flood 2014, doi:10.1145/2714064.2660195).
"""

import hashlib

import numpy as np
from scipy.special import ndtri

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
UNIT = 2.0**-53


def mix(state: np.ndarray) -> np.ndarray:
    """Scramble 64-bit states, element by element (SplitMix64's finaliser)."""
    with np.errstate(over="ignore"):
        state = (state ^ (state >> np.uint64(30))) * FIRST
        state = (state ^ (state >> np.uint64(27))) * SECOND
        return state ^ (state >> np.uint64(31))


class Streams:
    """Named random streams for an array of keys (person ids, site numbers).

    `uniform(name)` has shape (n,); `uniform(name, k)` has shape (n, k). `at(name, rows, counter)`
    draws one number for each pair of a key's position and a counter, for event-level rows.
    """

    def __init__(self, seed: int, keys: np.ndarray) -> None:
        self.seed = seed
        self.keys = np.asarray(keys, dtype=np.uint64)

    def _base(self, name: str) -> np.ndarray:
        digest = hashlib.blake2b(f"{self.seed}/{name}".encode(), digest_size=8).digest()
        salt = np.uint64(int.from_bytes(digest, "little"))
        with np.errstate(over="ignore"):
            return mix(self.keys * GOLDEN ^ salt)

    def at(self, name: str, rows: np.ndarray, counter: np.ndarray) -> np.ndarray:
        """Uniform draws in (0, 1), one for each (row, counter)."""
        base = self._base(name)[rows]
        with np.errstate(over="ignore"):
            bits = mix(base + (np.asarray(counter).astype(np.uint64) + np.uint64(1)) * GOLDEN)
        return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * UNIT

    def uniform(self, name: str, k: int | None = None) -> np.ndarray:
        """Uniform draws in (0, 1)."""
        base = self._base(name)
        counter = np.arange(1, (k or 1) + 1, dtype=np.uint64)
        with np.errstate(over="ignore"):
            bits = mix(base[:, None] + counter[None, :] * GOLDEN)
        draws = ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * UNIT
        return draws if k else draws[:, 0]

    def normal(self, name: str, k: int | None = None) -> np.ndarray:
        """Standard normal draws."""
        return ndtri(self.uniform(name, k))

    def exponential(self, name: str, k: int | None = None) -> np.ndarray:
        """Exponential draws with mean 1."""
        return -np.log(self.uniform(name, k))

    def choice(self, name: str, weights: np.ndarray) -> np.ndarray:
        """Index drawn in proportion to weights of shape (n, k) or (k,); -1 where all are zero."""
        cumulative = np.cumsum(
            np.broadcast_to(weights, (len(self.keys), weights.shape[-1])), axis=1
        )
        total = cumulative[:, -1]
        target = self.uniform(name) * total
        drawn = (cumulative <= target[:, None]).sum(axis=1)
        return np.where(total > 0, np.minimum(drawn, weights.shape[-1] - 1), -1)

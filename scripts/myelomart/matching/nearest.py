"""Greedy nearest-neighbour matching on a score, exact to the pair, in O(n log n).

Controls are sorted by score once; a treated row meets its nearest free control by skipping over
those taken (pointers with path halving), so no distance matrix is ever made. Ties go to the lower
row number. Rosenbaum PR, Rubin DB. Am Stat 1985;39:33; caliper: Austin PC. Pharm Stat 2011;10:150.
The result equals brute force and MatchIt's matrix form pair for pair.
"""

import heapq
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import logit as to_logit

from myelomart.columns import number_column
from myelomart.errors import StatisticsError
from myelomart.matching.propensity import treatment_flags
from myelomart.results_shown import Shown

ORDERS = ("largest", "smallest", "random", "closest")
SCALES = ("logit", "probability")
DECIMALS = 12  # patients with the same covariates tie, whatever the rounding of a fitted score
INFINITY = float("inf")


@dataclass(frozen=True)
class Matches(Shown):
    """Matched pairs as 0-based row positions, in the order they were made; distances on the scale.

    With ``ratio`` above 1 a treated row appears in several pairs; with replacement a control does.
    """

    treated: np.ndarray
    control: np.ndarray
    distance: np.ndarray
    caliper: float | None  # as given, in standard deviations
    caliper_absolute: float | None  # on the scale of the score
    scale: str
    order: str
    ratio: int
    replace: bool
    seed: int | None
    n: int

    @property
    def weights(self) -> np.ndarray:
        """Weight of each row (n,): 1 for a matched treated row, shared among its controls."""
        weight = np.zeros(self.n)
        weight[self.treated] = 1.0
        partners = np.bincount(self.treated, minlength=self.n)
        np.add.at(weight, self.control, 1 / partners[self.treated])
        return weight

    @property
    def pair_ids(self) -> np.ndarray:
        """Set number of each row (n,), -1 when unmatched: the cluster for a robust variance.

        Refused where a control serves in several sets: :attr:`members` has a row for each.
        """
        if self.replace and len(np.unique(self.control)) < len(self.control):
            raise StatisticsError(
                "a control that was matched more than once is in several sets: use members, which "
                "has a row for each"
            )
        ids = np.full(self.n, -1)
        sets = np.unique(self.treated, return_inverse=True)[1]
        ids[self.treated] = sets
        ids[self.control] = sets
        return ids

    @property
    def members(self) -> pd.DataFrame:
        """The matched sets: match_set, row, weight, is_control; a row per treated row and per pair.

        A control that serves in several pairs has a row in each; weights add up to
        :attr:`weights`.
        """
        treated, sets, partners = np.unique(self.treated, return_inverse=True, return_counts=True)
        frame = pd.DataFrame(
            {
                "match_set": np.concatenate([np.arange(len(treated)), sets]),
                "row": np.concatenate([treated, self.control]),
                "weight": np.concatenate([np.ones(len(treated)), 1 / partners[sets]]),
                "is_control": np.repeat([False, True], [len(treated), len(sets)]),
            }
        )
        return frame.sort_values(["match_set", "is_control", "row"], ignore_index=True)


def pooled_sd(values: np.ndarray, treated: np.ndarray) -> float:
    """√((s₁² + s₀²) / 2) of the two arms, sample variances.

    >>> pooled_sd(np.array([1.0, 3.0, 2.0, 4.0]), np.array([True, True, False, False])) ** 2
    2.0000000000000004
    """
    if treated.sum() < 2 or (~treated).sum() < 2:
        raise StatisticsError("each arm needs 2 rows or more for a standard deviation")
    return float(np.sqrt((values[treated].var(ddof=1) + values[~treated].var(ddof=1)) / 2))


def match_nearest(
    score: ArrayLike,
    treatment: ArrayLike,
    *,
    caliper: float | None = 0.2,
    scale: str = "logit",
    order: str = "largest",
    ratio: int = 1,
    replace: bool = False,
    exact: pd.DataFrame | ArrayLike | None = None,
    seed: int = 0,
) -> Matches:
    """Match each treated row to ``ratio`` controls nearest in ``score`` (n,), a probability.

    ``caliper`` is in pooled standard deviations of the score on its ``scale`` (None: no limit).
    ``order`` of the treated: largest or smallest score first, random (by ``seed``), or the closest
    pair first. ``exact`` (n,) or a frame (n, c): pairs agree on it and still honour the caliper.
    With ``ratio`` above 1, every treated row gets its first control before any gets a second.

    >>> matched = match_nearest([0.5, 0.6, 0.55, 0.4], [1, 1, 0, 0], caliper=None)
    >>> matched.treated.tolist(), matched.control.tolist()
    ([1, 0], [2, 3])
    """
    check_choices(scale, caliper, order, ratio, seed)
    values = number_column(score, "score")
    treated = treatment_flags(treatment, len(values))
    values = np.round(on_scale(values, scale), DECIMALS)
    limit = None if caliper is None else caliper * pooled_sd(values, treated)
    sequence = _treated_sequence(values, np.flatnonzero(treated), order, seed)
    stratum = stratum_codes(exact, len(values))
    bound = INFINITY if limit is None else limit
    choose = (
        _with_replacement if replace else _closest_first if order == "closest" else _in_sequence
    )
    pairs = []
    for pool, rows in _pools(values, treated, stratum, sequence):
        scores = values[rows]
        pairs += choose(
            pool, rows.tolist(), scores.tolist(), pool.nodes(scores).tolist(), bound, ratio
        )
    table = np.array(pairs, dtype=float).reshape(-1, 3)
    return Matches(
        table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2], caliper, limit, scale,
        order, ratio, replace, seed if order == "random" else None, len(values),
    )  # fmt: skip


def check_choices(
    scale: str, caliper: float | None, order: str = "largest", ratio: int = 1, seed: int = 0
) -> None:
    """Refuse an unknown scale or order, and a caliper, ratio or seed out of range.

    >>> check_choices("logit", 0.2)
    """
    if order not in ORDERS or scale not in SCALES:
        raise StatisticsError(
            f"use an order of {', '.join(ORDERS)} and a scale of {', '.join(SCALES)}"
        )
    if ratio < 1 or (caliper is not None and not 0 < caliper < INFINITY):
        raise StatisticsError(
            "the ratio is 1 or more; the caliper is above 0, or None for no limit"
        )
    if seed < 0:
        raise StatisticsError(f"the seed is {seed}: give 0 or a positive whole number")


def on_scale(score: np.ndarray, scale: str) -> np.ndarray:
    """Scores (n,) on the scale that distances are measured on.

    >>> on_scale(np.array([0.5]), "logit").tolist()
    [0.0]
    """
    if scale != "logit":
        return score
    if ((score <= 0) | (score >= 1)).any():
        raise StatisticsError("the logit scale needs scores between 0 and 1: give probabilities")
    return to_logit(score)


class _Pool:
    """Free controls of one stratum, by distinct score: the nearest one in near-constant time."""

    def __init__(self, scores: np.ndarray, rows: np.ndarray):
        order = np.lexsort((rows, scores))
        self.values, starts = np.unique(scores[order], return_index=True)
        self.rows = rows[order].tolist()
        self.next = starts.tolist()
        self.end = np.append(starts[1:], len(rows)).tolist()
        self.score = [-INFINITY, *self.values.tolist(), INFINITY]
        # node 0 and the last node are sentinels that are never used up
        self.left = list(range(len(self.score)))
        self.right = list(range(len(self.score)))

    def nodes(self, scores: np.ndarray) -> np.ndarray:
        """First node at or above each score."""
        return np.searchsorted(self.values, scores) + 1

    def nearest(self, score: float, node: int) -> tuple[float, int, int]:
        """Distance, node and row of the nearest free control; infinite when none is left."""
        right, left = self.right, self.left
        up = node
        while right[up] != up:
            right[up] = right[right[up]]
            up = right[up]
        down = node - 1
        while left[down] != down:
            left[down] = left[left[down]]
            down = left[down]
        above, below = self.score[up] - score, score - self.score[down]
        if above == below == INFINITY:
            return INFINITY, 0, -1
        if below < above or (
            below == above and self.rows[self.next[down - 1]] < self.rows[self.next[up - 1]]
        ):
            return below, down, self.rows[self.next[down - 1]]
        return above, up, self.rows[self.next[up - 1]]

    def take(self, node: int) -> None:
        """Use up the first row of a node; a node without rows is skipped from then on."""
        self.next[node - 1] += 1
        if self.next[node - 1] == self.end[node - 1]:
            self.right[node] = node + 1
            self.left[node] = node - 1


def _pools(values, treated, stratum, sequence):
    """Per stratum with both arms: its pool of controls and its treated rows in order of choice."""
    if not stratum.any():
        controls = np.flatnonzero(~treated)
        return [(_Pool(values[controls], controls), sequence)]
    controls = np.flatnonzero(~treated)
    controls = controls[np.argsort(stratum[controls], kind="stable")]
    chosen = sequence[np.argsort(stratum[sequence], kind="stable")]
    result = []
    for code in np.intersect1d(stratum[controls], stratum[chosen]):
        own = slice(*np.searchsorted(stratum[controls], [code, code + 1]))
        theirs = slice(*np.searchsorted(stratum[chosen], [code, code + 1]))
        rows = controls[own]
        result.append((_Pool(values[rows], rows), chosen[theirs]))
    return result


def _in_sequence(pool, rows, scores, nodes, limit, ratio):
    """Each treated row in turn takes its nearest free control within the limit."""
    pairs = []
    nearest, take = pool.nearest, pool.take
    for _ in range(ratio):
        if not rows:
            break
        matched = []
        for position, (score, node) in enumerate(zip(scores, nodes, strict=True)):
            distance, found, control = nearest(score, node)
            if distance <= limit and control >= 0:
                take(found)
                pairs.append((rows[position], control, distance))
                matched.append(position)
        rows, scores, nodes = ([part[k] for k in matched] for part in (rows, scores, nodes))
    return pairs


def _closest_first(pool, rows, scores, nodes, limit, ratio):
    """The closest free pair first; a heap holds each treated row's best pair so far."""
    pairs = []
    waiting = range(len(rows))
    for _ in range(ratio):
        if not waiting:
            break
        matched, heap = [], []
        for position in waiting:
            distance, _, control = pool.nearest(scores[position], nodes[position])
            if distance <= limit and control >= 0:
                heap.append((distance, rows[position], position))
        heapq.heapify(heap)
        while heap:
            promised, row, position = heap[0]
            distance, found, control = pool.nearest(scores[position], nodes[position])
            if distance > limit or control < 0:
                heapq.heappop(heap)
            elif distance > promised:  # its control was taken: queue again with the next one
                heapq.heapreplace(heap, (distance, row, position))
            else:
                heapq.heappop(heap)
                pool.take(found)
                pairs.append((row, control, distance))
                matched.append(position)
        waiting = matched
    return pairs


def _with_replacement(pool, rows, scores, nodes, limit, ratio):
    """Each treated row takes its ``ratio`` nearest controls, free or not."""
    pairs = []
    for row, score, node in zip(rows, scores, nodes, strict=True):
        up, down, wanted = node, node - 1, ratio
        while wanted:
            above, below = pool.score[up] - score, score - pool.score[down]
            distance = min(above, below)
            if distance > limit or distance == INFINITY:
                break
            tied = []
            if above == distance:
                tied += pool.rows[pool.next[up - 1] : pool.end[up - 1]]
                up += 1
            if below == distance:
                tied += pool.rows[pool.next[down - 1] : pool.end[down - 1]]
                down -= 1
            chosen = sorted(tied)[:wanted]
            pairs += [(row, control, distance) for control in chosen]
            wanted -= len(chosen)
    return pairs


def _treated_sequence(values, rows, order, seed) -> np.ndarray:
    """Treated rows in the order they choose; ties by row number."""
    if order == "random":
        return np.random.default_rng(seed).permutation(rows)
    key = -values[rows] if order == "largest" else values[rows]
    return rows[np.argsort(key, kind="stable")]


def stratum_codes(exact: pd.DataFrame | ArrayLike | None, n: int) -> np.ndarray:
    """One code per distinct combination of the exact columns (n,).

    >>> stratum_codes(["b", "a", "b"], 3).tolist()
    [1, 0, 1]
    """
    if exact is None:
        return np.zeros(n, int)
    frame = pd.DataFrame(exact)
    if not frame.columns.is_unique:
        raise StatisticsError(
            f"column {frame.columns[frame.columns.duplicated()][0]}: it is named twice among the "
            "exact columns"
        )
    if len(frame) != n:
        raise StatisticsError(f"exact columns: {len(frame)} rows where the score has {n}")
    for name in frame.columns:
        if frame[name].isna().any():
            missing = int(frame[name].isna().sum())
            raise StatisticsError(f"column {name}: {missing} of {n} rows are missing: drop them")
    return frame.groupby(list(frame.columns), sort=True).ngroup().to_numpy()

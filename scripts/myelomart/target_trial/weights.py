"""Weights of clones: by the inverse of their chance not to have been censored artificially.

Cain LE et al. Int J Biostat 2010;6:18; Robins JM, Finkelstein DM. Biometrics 2000;56:779. A weight
is known before the time at which it holds, so that no one's later life enters it.

The treated strategy begins treatment in period k with a chance q(k) of its own, 1 in the last: a
clone that waits is weighted by (1 - q) / (1 - p) per period, one that begins by q / p, where p is
the chance by covariates (Wanis KN et al. J R Stat Soc A 2024;187:796). With "natural", q is p until
the last period, so that those who begin in it stand for all whom the end of the grace period
censors.
"""

from dataclasses import dataclass

import numpy as np

from myelomart.errors import StatisticsError
from myelomart.target_trial.cloning import Followed
from myelomart.target_trial.initiation import Initiation
from myelomart.target_trial.protocol import Protocol


@dataclass(frozen=True)
class CloneWeights:
    """One row per unit, one column per ``column`` of its clones' rows."""

    treated: np.ndarray  # (n, grace periods + 1): waiting in each period, then treated
    control: np.ndarray  # (n, modelled periods + 1): in each period, then after the grace period


def clone_weights(
    rows: Followed,
    protocol: Protocol,
    model: Initiation,
    *,
    stabilized: bool = True,
) -> CloneWeights:
    """Weights of both clones of each unit.

    ``stabilized`` multiplies the weights of the control strategy by the share of all that is
    untreated, which leaves its curve as it is and steadies the hazard ratio.

    >>> from myelomart.target_trial.cloning import followed
    >>> from myelomart.target_trial.initiation import initiation, waiting_rows
    >>> rows = followed([9, 9, 9, 9], [0, 0, 0, 0], [4, np.nan, np.nan, np.nan], horizon=9)
    >>> protocol = Protocol(grace=6, horizon=9, period=3)
    >>> model = initiation(waiting_rows(rows, protocol))
    >>> weights = clone_weights(rows, protocol, model, stabilized=False)
    >>> weights.control.round(3).tolist()[1], weights.treated.round(3).tolist()[0]
    ([1.0, 1.0, 1.333], [1.0, 1.0, 4.0])
    """
    return CloneWeights(
        _treated(rows, protocol, model), _control(rows, protocol, model, stabilized)
    )


def _control(rows: Followed, protocol: Protocol, model: Initiation, stabilized: bool):
    """1 over the chance to have waited until a period begins."""
    chance = model.chance
    numerator = 1 - model.usual if stabilized else np.ones(chance.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = numerator[None, :] / (1 - chance)
    return np.cumprod(np.column_stack([np.ones(len(chance)), factor]), axis=1)


def _treated(rows: Followed, protocol: Protocol, model: Initiation):
    """Waiting: the ratio of the chances to wait; once treated: times q over p of that period."""
    periods = protocol.grace_periods
    chance = model.chance[:, :periods]
    planned = _planned_chance(protocol, model)
    begins = rows.treated_at <= protocol.grace
    edges = protocol.edges[: periods + 1]
    place = np.clip(np.searchsorted(edges, rows.treated_at, side="left") - 1, 0, periods - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = (1 - planned) / (1 - chance)
        waiting = np.cumprod(np.column_stack([np.ones(len(chance)), factor[:, :-1]]), axis=1)
        unit = np.arange(len(chance))
        jump = planned[unit, place] / chance[unit, place]
    # where a sample of a bootstrap holds nobody who begins in a period, those who do are not in it
    jump = np.where(chance[unit, place] > 0, jump, 0.0)
    return np.column_stack([waiting, np.where(begins, waiting[unit, place] * jump, np.nan)])


def _planned_chance(protocol: Protocol, model: Initiation) -> np.ndarray:
    """q (n, grace periods): the chance with which the strategy treats those who wait.

    Refuses a period in which the strategy treats and nobody was: no one can stand for it.
    """
    periods = protocol.grace_periods
    chance = model.chance[:, :periods]
    usual = model.usual[:periods]
    if protocol.initiation == "natural":
        planned = chance.copy()
        planned[:, -1] = 1.0
    elif protocol.initiation == "uniform":
        length = np.diff(protocol.edges[: periods + 1])
        planned = np.broadcast_to(length / np.cumsum(length[::-1])[::-1], chance.shape)
    else:
        still = np.append(np.cumprod((1 - usual)[::-1])[::-1], 1.0)  # untreated from here on
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(usual > 0, usual / (1 - still[:-1]), 0.0)
        last = np.flatnonzero(usual)[-1]
        share[last] = 1.0
        planned = np.broadcast_to(share, chance.shape)
    empty = np.flatnonzero((usual == 0) & (np.nan_to_num(planned).max(axis=0) > 0))
    if len(empty):
        first, last = protocol.edges[empty[0]], protocol.edges[empty[0] + 1]
        raise StatisticsError(
            f"nobody begins treatment from {first:g} to {last:g}, where the strategy "
            f"«{protocol.initiation}» treats: make the periods longer, or use --initiation observed"
        )
    return planned


def truncated(weight: np.ndarray, share: float | None) -> np.ndarray:
    """Weights (r,) capped at the quantile that leaves ``share`` above; as they are when None.

    >>> truncated(np.array([1.0, 2.0, 3.0, 100.0]), 0.25).tolist()
    [1.0, 2.0, 3.0, 27.25]
    """
    if share is None:
        return weight
    return np.minimum(weight, np.quantile(weight, 1 - share))

"""The whole emulation: clones, weights, risks, ratio, and a bootstrap of persons.

Hernan MA. BMJ 2018;360:k182; Maringe C et al. Int J Epidemiol 2020;49:1719; Gaber CE et al. Curr
Epidemiol Rep 2024;11:164. The bootstrap draws persons with all their clones and trials, and fits
the weights anew in each sample, so that its intervals hold what it costs to estimate them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from myelomart.errors import StatisticsError
from myelomart.estimates.effect import Effect
from myelomart.matching.balance import effective_sample_size
from myelomart.results_shown import Shown
from myelomart.survival import CoxFit, SurvivalCurve, cox_regression, kaplan_meier
from myelomart.survival.inputs import TIE_TOLERANCE
from myelomart.target_trial.cloning import CONTROL, TREATED, Followed, clone_rows, followed
from myelomart.target_trial.initiation import initiation, waiting_rows
from myelomart.target_trial.outcome import CloneGrid, clone_grid, row_weights
from myelomart.target_trial.pooled_logistic import PooledLogistic, period_cells, pooled_logistic
from myelomart.target_trial.protocol import Protocol
from myelomart.target_trial.weights import clone_weights

FEWEST_SAMPLES = 20  # of a bootstrap that gives limits
Z = float(norm.ppf(0.975))


@dataclass(frozen=True)
class Options:
    """How weights are made and how many samples the bootstrap has."""

    stabilized: bool = True
    trim: float | None = None
    weighted: bool = True  # False: cloning and censoring alone, to show what the weights do
    samples: int = 200
    seed: int = 1


@dataclass(frozen=True)
class Emulation(Shown):
    """What the emulated trial shows; ``effects`` by name, ``strategies`` a row per strategy.

    Intervals are percentiles of the bootstrap; ``hazard_ratio`` has that of the robust variance.
    """

    effects: dict[str, Effect]
    p: float  # Wald's of the hazard ratio, robust
    strategies: pd.DataFrame
    logistic: PooledLogistic | None
    refusal: str | None  # why there is no pooled logistic model, where it was asked for
    samples: int  # of the bootstrap, that could be fitted
    protocol: Protocol
    fit: CoxFit = field(repr=False)  # Cox's model of the strategy, robust by person
    clones: pd.DataFrame = field(repr=False)  # start-stop rows with `weight` and `person`

    def table(self) -> pd.DataFrame:
        """One row per effect: effect, estimate, ci_low, ci_high."""
        rows = [{"effect": name, **vars(one)} for name, one in self.effects.items()]
        return pd.DataFrame(rows)

    def curve(self, strategy: int) -> SurvivalCurve:
        """The weighted curve of a strategy, its limits robust by person.

        Numbers at risk, of events and of those censored are sums of weights; a clone whose row ends
        because the next period begins is not censored.
        """
        own = self.clones[(self.clones["strategy"] == strategy) & (self.clones["weight"] > 0)]
        curve = kaplan_meier(
            own["stop"], own["event"], entry=own["start"], weights=own["weight"],
            cluster=own["person"],
        )  # fmt: skip
        last = own.groupby("unit").tail(1)
        last = last[~last["event"].astype(bool)]
        place = np.searchsorted(curve.time, last["stop"].to_numpy() * (1 - TIE_TOLERANCE))
        censored = np.bincount(place, last["weight"], len(curve.time))
        return replace(curve, n=own["unit"].nunique(), n_censor=censored)


def emulate(
    time: ArrayLike,
    event: ArrayLike,
    treated_at: ArrayLike,
    protocol: Protocol,
    *,
    baseline: pd.DataFrame | None = None,
    varying: dict[str, np.ndarray] | None = None,
    person: ArrayLike | None = None,
    trial: ArrayLike | None = None,
    options: Options | None = None,
) -> Emulation:
    """Emulate a trial of treatment within a grace period against none within it.

    ``time`` (n,), ``event`` (n,) and ``treated_at`` (n,) count from time zero, the last NaN where
    treatment never began. ``baseline`` (n, c) and ``varying`` (name: (n, periods), at the start of
    each period) are what decides on treatment. Rows of one ``person`` (n,) are one cluster; each
    ``trial`` (n,) has a baseline hazard of its own in the hazard ratio.

    >>> rng = np.random.default_rng(2)
    >>> life, start = rng.exponential(10, 400), rng.exponential(8, 400)
    >>> protocol = Protocol(grace=3, horizon=12, period=1)
    >>> found = emulate(life, np.ones(400), start, protocol, options=Options(samples=0))
    >>> found.strategies["departed"].tolist()
    [191, 111]
    """
    options = options or Options()
    rows = followed(time, event, treated_at, protocol.horizon, person=person, trial=trial)
    clones = clone_rows(rows, protocol)
    grid = clone_grid(clones, rows)
    waiting = waiting_rows(rows, protocol, baseline, varying) if options.weighted else None

    def weights_of(counts, start):
        """Weights of a sample, with the coefficients of its model."""
        model = initiation(waiting, counts, start)
        made = clone_weights(rows, protocol, model, stabilized=options.stabilized)
        return made, model.coefficients

    if options.weighted:
        made, start = weights_of(None, None)
        weight = row_weights(clones, made, options.trim)
    else:
        weight = np.ones(len(clones))
    for one in (TREATED, CONTROL):
        if not (clones["event"] & (clones["strategy"] == one) & (weight > 0)).any():
            raise StatisticsError(
                f"nobody who follows the strategy «{NAMES[one]}» has the event: nothing to compare"
            )
    point = _numbers(grid, weight)

    def one_sample(generator) -> tuple[float, ...]:
        """The numbers of one sample of persons."""
        total = int(rows.person.max()) + 1
        taken = np.bincount(generator.integers(0, total, total), minlength=total)[rows.person]
        own = np.ones(len(clones))
        if options.weighted:
            own = row_weights(clones, weights_of(taken, start)[0], options.trim)
        return _numbers(grid, own * taken[clones["unit"].to_numpy()])

    limits, fitted = _bootstrap(one_sample, len(point), options)
    effects = {
        name: Effect(value, *limits[:, place])
        for place, (name, value) in enumerate(zip(_EFFECTS, point, strict=True))
    }
    whole = clones.assign(weight=weight, person=rows.person[clones["unit"]])
    fit = _cox(whole, grid)
    term = fit.table().iloc[0]
    effects["hazard_ratio"] = Effect(term["hr"], term["ci_low"], term["ci_high"])
    logistic, refusal = None, None
    if options.weighted:
        try:
            cells = period_cells(rows, protocol)
            logistic = pooled_logistic(rows, protocol, cells, made, options.trim)
        except StatisticsError as cause:
            refusal = str(cause)  # the other numbers stand
    if logistic is not None:
        odds = np.exp(logistic.log_odds_ratio + Z * logistic.se * np.array([0.0, -1.0, 1.0]))
        effects["pooled_odds_ratio"] = Effect(*odds.tolist())
    return Emulation(
        effects, float(term["p"]), _strategies(whole, rows, protocol), logistic, refusal, fitted,
        protocol, fit, whole,
    )  # fmt: skip


NAMES = {TREATED: "treated within the grace period", CONTROL: "not treated within it"}
_EFFECTS = (
    "risk_treated",
    "risk_control",
    "risk_difference",
    "risk_ratio",
    "hazard_ratio_bootstrap",
)


def _numbers(grid: CloneGrid, weight: np.ndarray) -> tuple[float, ...]:
    """Risks at the horizon, their difference and ratio, and the hazard ratio."""
    treated, control = (grid.risk(weight, one) for one in (TREATED, CONTROL))
    ratio = treated / control if control > 0 else float("nan")
    return treated, control, treated - control, ratio, float(np.exp(grid.log_hazard_ratio(weight)))


def _bootstrap(one_sample, width: int, options: Options) -> tuple[np.ndarray, int]:
    """Percentiles (2, width) over samples, and how many of them could be fitted."""
    generator = np.random.default_rng(options.seed)
    found = []
    for _ in range(options.samples):
        try:
            found.append(one_sample(generator))
        except StatisticsError:
            continue  # a sample in which nobody begins in time, or a level is gone
    if len(found) < FEWEST_SAMPLES:
        return np.full((2, width), np.nan), len(found)
    with np.errstate(invalid="ignore"):
        return np.nanquantile(np.asarray(found), [0.025, 0.975], axis=0), len(found)


def _cox(whole: pd.DataFrame, grid: CloneGrid) -> CoxFit:
    """Cox's model of the strategy with the robust variance of persons."""
    kept = (whole["weight"] > 0).to_numpy()
    own = whole[kept]
    return cox_regression(
        own["stop"], own["event"], own[["strategy"]].astype(float), entry=own["start"],
        weights=own["weight"], cluster=own["person"], ties="breslow",
        strata=grid.trial[kept] if grid.trials > 1 else None,
    )  # fmt: skip


def _strategies(whole: pd.DataFrame, rows: Followed, protocol: Protocol) -> pd.DataFrame:
    """Per strategy: clones, events, departures, and the weights when the grace period is over."""
    limit = protocol.horizon if protocol.control == "never" else protocol.grace
    departs = {
        TREATED: (rows.treated_at > protocol.grace) & (rows.time > protocol.grace),
        CONTROL: rows.treated_at <= limit,
    }
    found = []
    for one in (TREATED, CONTROL):
        own = whole[whole["strategy"] == one]
        over = own[(own["start"] <= protocol.grace) & (own["stop"] > protocol.grace)]
        weight = over["weight"].to_numpy()
        found.append(
            {
                "strategy": NAMES[one],
                "clones": len(rows.time),
                "events": int((own["event"] & (own["weight"] > 0)).sum()),
                "departed": int(departs[one].sum()),
                "followed_beyond_grace": len(over),
                "weight_mean": float(weight.mean()) if len(over) else float("nan"),
                "weight_sd": float(weight.std(ddof=1)) if len(over) > 1 else float("nan"),
                "weight_min": float(weight.min(initial=np.inf)),
                "weight_max": float(weight.max(initial=-np.inf)),
                "effective_sample_size": effective_sample_size(weight),
            }
        )
    return pd.DataFrame(found)

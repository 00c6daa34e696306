"""Cox's proportional-hazards model with R's conventions (``survival::coxph``).

Efron or Breslow ties, case weights, strata, start-stop data, left truncation, robust (sandwich)
variance by cluster (Lin DY, Wei LJ. J Am Stat Assoc 1989;84:1074) and Firth's penalty (Heinze G,
Schemper M. Biometrics 2001;57:114). Time O(n log n + n p^2), memory O(n p).
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import chi2, norm

from myelomart.columns import labels_of
from myelomart.design import Design, design_matrix
from myelomart.errors import StatisticsError
from myelomart.frame_calls import by_frame
from myelomart.results_shown import Ratios, Shown
from myelomart.survival.concordance import Concordance, concordance
from myelomart.survival.firth import firth_maximum, profile_limits, profile_p
from myelomart.survival.inputs import case_weights, cluster_codes, event_flags, event_times
from myelomart.survival.partial_likelihood import (
    RiskSets,
    RiskSums,
    information,
    lived_through,
    log_likelihood,
    risk_sets,
    risk_sums,
    score,
)

MAX_ITERATIONS = 40
FLAT_STEP = 1e-14  # squared Newton step in standard errors: beyond, nothing changes by 1e-7
SHORT_STEP = 1e-3  # log hazard ratio per standard deviation
STEEPEST_EFFECT = 20.0  # log hazard ratio per standard deviation that no data can support
LEAST_INFORMATION = 1e-9  # of that without covariates: below, the likelihood is flat to infinity


@dataclass(frozen=True)
class Test(Shown):
    """A chi-square statistic with its degrees of freedom and p."""

    chi2: float
    df: int
    p: float

    @classmethod
    def of(cls, statistic: float, df: int) -> "Test":
        """The upper tail of chi-square with ``df`` degrees of freedom."""
        return cls(float(statistic), df, float(chi2.sf(statistic, df)))


@dataclass(frozen=True)
class CoxFit(Ratios):
    """A fitted Cox model; vectors follow ``names`` (p,), residuals follow the input rows (n, p)."""

    names: tuple[str, ...]
    coefficients: np.ndarray
    variance: np.ndarray  # (p, p) model-based
    robust_variance: np.ndarray | None  # (p, p) when clusters or fractional weights ask for it
    log_likelihood_null: float
    log_likelihood: float
    score_test: Test
    n: int
    events: int
    ties: str
    penalty: str | None
    conf_level: float
    design: Design = field(repr=False)
    sets: RiskSets = field(repr=False)
    sums: RiskSums = field(repr=False)
    data: dict = field(repr=False)  # times, events, entries, strata, weights, cluster

    @property
    def inference_variance(self) -> np.ndarray:
        """The robust variance where there is one, else the model-based."""
        return self.variance if self.robust_variance is None else self.robust_variance

    @property
    def se(self) -> np.ndarray:
        """Model-based standard errors (p,)."""
        return np.sqrt(np.diag(self.variance))

    @property
    def robust_se(self) -> np.ndarray | None:
        """Robust standard errors (p,), or None."""
        return None if self.robust_variance is None else np.sqrt(np.diag(self.robust_variance))

    @property
    def hazard_ratio(self) -> np.ndarray:
        """exp(coefficient) (p,)."""
        return np.exp(self.coefficients)

    @property
    def likelihood_ratio_test(self) -> Test:
        """Twice the gain in log likelihood over no covariates."""
        gain = 2 * (self.log_likelihood - self.log_likelihood_null)
        return Test.of(gain, len(self.coefficients))

    @property
    def wald_test(self) -> Test:
        """All coefficients zero, by the robust variance where there is one."""
        if not np.isfinite(self.inference_variance).all():
            return Test(float("nan"), len(self.coefficients), float("nan"))
        # fewer clusters than covariates leave the robust variance singular
        inverse = np.linalg.pinv(self.inference_variance, hermitian=True)
        rank = np.linalg.matrix_rank(self.inference_variance, hermitian=True)
        return Test.of(self.coefficients @ inverse @ self.coefficients, int(rank))

    @property
    def linear_predictor(self) -> np.ndarray:
        """x'beta with covariates centred at their means (n,), in input order."""
        return (self.design.matrix - self.sets.means) @ self.coefficients

    @cached_property
    def concordance(self) -> Concordance:
        """Harrell's C with its standard error; computed when first asked for."""
        given = self.data
        return concordance(
            given["times"], given["events"], self.linear_predictor, entry=given["entries"],
            strata=given["strata"], weights=given["weights"],
            cluster=given["cluster"] if self.robust_variance is not None else None,
        )  # fmt: skip

    def table(self, terms: int | None = None) -> pd.DataFrame:
        """One row per term: coef, se, robust_se, hr, ci_low, ci_high, z, p.

        With Firth's penalty ``ci_low``, ``ci_high`` and ``p`` are those of the profile of the
        penalised likelihood, ``z`` is NaN, and Wald's stand beside them as ``wald_ci_low``,
        ``wald_ci_high``, ``wald_z`` and ``wald_p``: they mislead where the likelihood is far from a
        parabola. No profile follows clusters or weights, so with a robust variance it is left open
        (NaN). ``terms`` gives the first so many rows alone: each profile costs many fits.
        """
        robust = self.robust_se
        used = self.se if robust is None else robust
        half = norm.ppf(0.5 + self.conf_level / 2) * used
        with np.errstate(divide="ignore", invalid="ignore"):
            z = self.coefficients / used
        wald = {
            "ci_low": np.exp(self.coefficients - half),
            "ci_high": np.exp(self.coefficients + half),
            "z": z,
            "p": 2 * norm.sf(np.abs(z)),
        }
        shown = {
            "term": self.names,
            "coef": self.coefficients,
            "se": self.se,
            "robust_se": np.nan if robust is None else robust,
            "hr": self.hazard_ratio,
        }
        if not self.penalty:
            return pd.DataFrame(shown | wald).iloc[:terms]
        profile = dict.fromkeys(("ci_low", "ci_high", "z", "p"), np.nan)
        frame = pd.DataFrame(
            shown | profile | {f"wald_{name}": values for name, values in wald.items()}
        ).iloc[:terms]
        if robust is None:
            for position in range(len(frame)):
                low, high, p = self._profile(position)
                frame.loc[position, ["ci_low", "ci_high", "p"]] = np.exp(low), np.exp(high), p
        return frame

    @cached_property
    def _profiles(self) -> dict[int, tuple[float, float, float]]:
        return {}

    def _profile(self, position: int) -> tuple[float, float, float]:
        """Limits of a coefficient of a Firth fit and its p, by the profile likelihood; once.

        NaN where the profile cannot be climbed.
        """
        if position not in self._profiles:
            try:
                found = (*profile_limits(self, position), profile_p(self, position))
            except StatisticsError:
                found = (np.nan, np.nan, np.nan)
            self._profiles[position] = found
        return self._profiles[position]


@by_frame("time", "event", "covariates", "entry", "strata", "cluster", "weights")
def cox_regression(
    time: ArrayLike,
    event: ArrayLike,
    covariates: pd.DataFrame | ArrayLike,
    *,
    entry: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    ties: str = "efron",
    penalty: str | None = None,
    robust: bool | None = None,
    conf_level: float = 0.95,
) -> CoxFit:
    """Fit a Cox model to ``time`` (n,), ``event`` (n,) 0/1 and a frame of covariates (n, c).

    ``entry`` (n,) makes start-stop rows (entry, time]; with ``strata`` (n,) each has a baseline
    hazard of its own. ``robust`` None follows R: a sandwich variance with ``cluster`` (n,) or with
    weights that are not whole numbers; with a single cluster it is unknown (NaN).
    ``penalty="firth"`` keeps estimates finite when a group has no event, with limits and p of the
    profile likelihood. Raises StatisticsError naming the column on no events, constant or collinear
    covariates, and on separation (an infinite hazard ratio).

    Also ``cox_regression(frame, "time", "event")``, whose other columns are the covariates, and
    ``cox_regression("Surv(time, event) ~ arm + strata(site)", frame)``.

    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> event = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]
    >>> frame = pd.DataFrame({"arm": [0] * 6 + [1] * 6})
    >>> fit = cox_regression(time, event, frame)
    >>> fit.hazard_ratio.round(3).tolist(), round(fit.wald_test.p, 3)
    ([0.509], 0.385)
    >>> whole = frame.assign(months=time, died=event)
    >>> cox_regression(whole, "months", "died").hazard_ratio.round(3).tolist()
    [0.509]
    """
    if ties not in ("efron", "breslow"):
        raise StatisticsError(f"ties {ties!r} is unknown: use efron or breslow")
    if penalty not in (None, "firth"):
        raise StatisticsError(f"penalty {penalty!r} is unknown: use firth or none")
    times, entries = event_times(time, entry)
    events = event_flags(event, times)
    if not events.any():
        raise StatisticsError(
            f"no event among {len(times)} rows: all are censored, nothing to model"
        )
    design = design_matrix(covariates)
    if len(design.matrix) != len(times):
        raise StatisticsError(f"{len(design.matrix)} rows of covariates for {len(times)} times")
    stratum = np.zeros(len(times), int) if strata is None else labels_of(strata, times, "strata")[0]
    weight = case_weights(weights, times)
    codes = None if cluster is None else cluster_codes(cluster, times)
    if robust is None:
        robust = cluster is not None or bool((weight != np.floor(weight)).any())
    sets = risk_sets(
        times, events, design.matrix,
        entries=entries, strata=stratum, weights=weight, ties=ties,
    )  # fmt: skip
    start = risk_sums(sets, np.zeros(design.matrix.shape[1]))
    null_information = information(sets, start)
    spread = sets.weights @ sets.matrix**2 / sets.weights.sum()
    _refuse_collinear(design, sets, null_information, spread)
    if penalty == "firth":
        beta, sums, likelihood, null_likelihood = firth_maximum(sets)
    else:
        with np.errstate(
            divide="ignore", invalid="ignore", over="ignore"
        ):  # on the way to infinity
            beta, sums = _newton(sets, start, design, null_information, np.sqrt(spread))
        likelihood, null_likelihood = log_likelihood(sets, sums), log_likelihood(sets, start)
    variance = np.linalg.inv(information(sets, sums))
    gradient = score(sets, start)
    null_score = gradient @ np.linalg.solve(null_information, gradient)
    data = {
        "times": times, "events": events, "entries": entries, "strata": stratum,
        "weights": weight, "cluster": codes,
    }  # fmt: skip
    fit = CoxFit(
        design.names, beta, variance, None, null_likelihood, likelihood,
        Test.of(null_score, len(beta)), len(times), int(events.sum()), ties, penalty,
        conf_level, design, sets, sums, data,
    )  # fmt: skip
    if not robust:
        return fit
    return CoxFit(**{**fit.__dict__, "robust_variance": _sandwich(fit, codes)})


def score_residuals(fit: CoxFit) -> np.ndarray:
    """Each row's part of the score (n, p), unweighted; ``coxph`` calls them type "score".

    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> event = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]
    >>> frame = pd.DataFrame({"arm": [0] * 6 + [1] * 6})
    >>> residuals = score_residuals(cox_regression(time, event, frame))
    >>> residuals.shape, abs(residuals.sum()) < 1e-9
    ((12, 1), np.True_)
    """
    sets, sums = fit.sets, fit.sums
    hazard, fraction = sums.hazard, sets.tie_fraction
    mean = sums.risk_total[sets.event_cell] - fraction[:, None] * sums.death_total[sets.event_cell]
    mean /= sums.denominator[:, None]
    lived = lived_through(sets, hazard, hazard * fraction)
    lived_mean = lived_through(sets, hazard[:, None] * mean, (hazard * fraction)[:, None] * mean)
    relative_risk = (sums.risk / sets.weights)[:, None]
    residual = relative_risk * (lived_mean - lived[:, None] * sets.matrix)
    deaths = np.diff(np.append(sets.tie_starts, len(mean)))
    average = np.add.reduceat(mean, sets.tie_starts, axis=0) / deaths[:, None]
    residual[sets.event_rows] += sets.matrix[sets.event_rows] - average[sets.event_cell]
    everyone = np.zeros(fit.design.matrix.shape)
    everyone[sets.order] = residual
    return everyone


def dfbeta(fit: CoxFit) -> np.ndarray:
    """Change of the coefficients when a row's weight goes to zero, approximately (n, p).

    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> event = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]
    >>> frame = pd.DataFrame({"arm": [0] * 6 + [1] * 6})
    >>> dfbeta(cox_regression(time, event, frame))[:2, 0].round(3).tolist()
    [-0.181, -0.126]
    """
    return score_residuals(fit) * fit.data["weights"][:, None] @ fit.variance


def crossed_clusters(fit: CoxFit, first: ArrayLike, second: ArrayLike) -> CoxFit:
    """``fit`` with a variance robust to two kinds of clusters (n,) that cross: sets and persons.

    V(first) + V(second) − V(both), as for matching with replacement (Austin PC, Cafri G. Stat Med
    2020;39:1623); of a coefficient for which that is less than one of the two, this one.

    >>> time = [2, 4, 5, 7, 9, 12, 3, 6, 8, 10, 14, 16]
    >>> event = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0]
    >>> frame = pd.DataFrame({"arm": [0] * 6 + [1] * 6})
    >>> fit = cox_regression(time, event, frame, cluster=list(range(6)) * 2)
    >>> crossed = crossed_clusters(fit, list(range(6)) * 2, [0, 0, 1, 1, 2, 2, *range(3, 9)])
    >>> fit.robust_se.round(3).tolist(), crossed.robust_se.round(3).tolist()
    ([0.461], [0.735])
    """
    codes = [cluster_codes(one, fit.data["times"]) for one in (first, second)]
    both = np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1]
    one, other, shared = (_sandwich(fit, cluster) for cluster in (*codes, both))
    crossed, least = one + other - shared, np.maximum(np.diag(one), np.diag(other))
    low = np.diag(crossed) < least
    crossed[np.diag_indices_from(crossed)] = np.where(low, least, np.diag(crossed))
    return replace(fit, robust_variance=crossed)


def _sandwich(fit: CoxFit, cluster) -> np.ndarray:
    """Lin and Wei's variance: squares of the dfbetas, summed within clusters first."""
    change = dfbeta(fit)
    if cluster is not None and cluster.max() == 0:  # nothing varies between clusters
        return np.full((change.shape[1],) * 2, np.nan)
    if cluster is not None:
        change = np.column_stack([np.bincount(cluster, column) for column in change.T])
    return change.T @ change


def _newton(sets: RiskSets, sums: RiskSums, design: Design, curvature, scale):
    """Maximise the partial likelihood; halve a step that would lower it."""
    beta = np.zeros(sets.matrix.shape[1])
    likelihood = log_likelihood(sets, sums)
    least = LEAST_INFORMATION * np.diag(curvature)
    for _ in range(MAX_ITERATIONS):
        gradient = score(sets, sums)
        try:
            step = np.linalg.solve(curvature, gradient)
        except np.linalg.LinAlgError:
            break
        # on the way to infinity the likelihood is flat too, but the step stays long
        flat = gradient @ step < FLAT_STEP and np.abs(step * scale).max() < SHORT_STEP
        for _ in range(12):
            trial = beta + step
            trial_sums = risk_sums(sets, trial)
            trial_likelihood = log_likelihood(sets, trial_sums)
            if trial_likelihood > likelihood - 1e-9 * abs(likelihood):
                break
            step = step / 2
        beta, sums, likelihood = trial, trial_sums, trial_likelihood
        if np.abs(beta * scale).max() > STEEPEST_EFFECT or (np.diag(curvature) < least).any():
            break
        if flat:
            return beta, sums
        curvature = information(sets, sums)
    raise StatisticsError(_separation_sentence(design, sets, beta * scale))


def _separation_sentence(design: Design, sets: RiskSets, standardized) -> str:
    """Name the covariate whose hazard ratio runs to infinity."""
    position = int(np.argmax(np.abs(standardized)))
    name = design.names[position]
    values = design.matrix[:, position]
    rows = np.zeros(len(values), bool)
    rows[sets.order[sets.event_rows]] = True
    for value in np.unique(values)[:2] if len(np.unique(values)) == 2 else ():
        inside = values == value
        if not rows[inside].any():
            return (
                f"column {name}: none of the {int(inside.sum())} rows with value {value:g} has an "
                "event, so its hazard ratio is 0 or infinite: leave it out, merge categories, "
                "or use Firth's penalty"
            )
    return (
        f"column {name}: its values separate the {int(rows.sum())} events from the rest, so its "
        "hazard ratio is 0 or infinite: leave it out, merge categories, or use Firth's penalty"
    )


def _refuse_collinear(design: Design, sets: RiskSets, matrix, spread) -> None:
    """Refuse the first covariate that the ones before it determine, within the risk sets."""
    share = sets.tie_weight.sum() * np.where(spread > 0, spread, 1.0)
    for position, name in enumerate(design.names):
        before = slice(0, position)
        left = matrix[position, position]
        if position:
            solved = np.linalg.solve(matrix[before, before], matrix[before, position])
            left -= matrix[before, position] @ solved
        if left <= 1e-10 * share[position]:
            raise StatisticsError(
                f"column {name}: the other covariates or the strata determine it in all "
                f"{len(sets.event_rows)} events: leave out this column or what it repeats"
            )

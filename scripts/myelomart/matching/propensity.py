"""The propensity score: probability of treatment given covariates, by logistic regression.

Rosenbaum PR, Rubin DB. Biometrika 1983;70:41. Fitted by scikit-learn: unpenalised by Newton steps
(equal to R's ``glm``), or with an L1 or L2 penalty on standardized covariates, where Newton steps
on the coefficients that are left bring the fit down to rounding.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit
from scipy.stats import rankdata
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from myelomart.design import Design, design_matrix
from myelomart.errors import StatisticsError
from myelomart.results_shown import Shown
from myelomart.survival.inputs import event_flags

POLISHING_STEPS = 3  # from 1e-8 on, each squares the distance
RUNNING = 0.1  # logits that a last Newton step moves a row, where it should move none
STEEPEST_EFFECT = 15.0  # log odds per standard deviation that no data can support


@dataclass(frozen=True)
class PropensityScore(Shown):
    """Scores (n,) as probability and logit; coefficients by name, the intercept first."""

    probability: np.ndarray
    logit: np.ndarray
    coefficients: dict[str, float]
    auc: float
    design: Design


def treatment_flags(treatment: ArrayLike, rows: int) -> np.ndarray:
    """``treatment`` as bool (n,); refuses anything but 0/1, and a single arm.

    >>> treatment_flags([1, 0, 0], 3).tolist()
    [True, False, False]
    """
    flags = event_flags(
        pd.Series(treatment, name=getattr(treatment, "name", "treatment")), range(rows)
    )
    if flags.all() or not flags.any():
        name = getattr(treatment, "name", None) or "treatment"
        raise StatisticsError(
            f"column {name}: all {rows} rows are {'treated' if flags.all() else 'controls'}: "
            "matching needs both"
        )
    return flags


def propensity_score(
    treatment: ArrayLike,
    covariates: pd.DataFrame,
    *,
    penalty: str | None = None,
    strength: float = 1.0,
) -> PropensityScore:
    """Fit treatment (n,) 0/1 on covariates (n, c); returns a :class:`PropensityScore`.

    ``penalty`` is None, "l1" or "l2" with ``strength`` lambda (scikit-learn's C is 1 / lambda).
    Raises StatisticsError on constant or collinear columns, when the arms do not overlap, and when
    the model has no maximum, as with a level that one arm alone has
    (:func:`myelomart.matching.leave_out_unshared`).

    >>> frame = pd.DataFrame({"age": [60, 71, 66, 58, 75, 69, 62, 64]})
    >>> score = propensity_score([1, 0, 1, 1, 0, 0, 0, 1], frame)
    >>> round(score.coefficients["age"], 3), score.auc
    (-0.388, 0.875)
    """
    if penalty not in (None, "l1", "l2"):
        raise StatisticsError(f"penalty {penalty!r} is unknown: use l1, l2 or none")
    treated = treatment_flags(treatment, len(covariates))
    design = design_matrix(covariates)
    centre, scale = design.matrix.mean(0), design.matrix.std(0)
    standardized = (design.matrix - centre) / scale
    _refuse_collinear(design, standardized)
    if penalty is None:
        model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=100)
    else:
        model = LogisticRegression(
            C=1 / strength, l1_ratio=float(penalty == "l1"), solver="saga", tol=1e-8, max_iter=20000
        )
    with warnings.catch_warnings():
        # separation shows as a steep or failed fit, and is refused below in words
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", module="sklearn")
        warnings.filterwarnings("ignore", module="scipy")
        model.fit(standardized, treated)
    steep, constant = model.coef_[0], model.intercept_[0]
    if penalty is not None:
        steep, constant = _polished(standardized, treated, steep, constant, penalty, strength)
    logit = standardized @ steep + constant
    _refuse_no_overlap(logit, treated, steep, design)
    if penalty is None:
        steep, constant = _last_step(standardized, treated, steep, constant, design)
        logit = standardized @ steep + constant
    slopes = steep / scale
    intercept = constant - slopes @ centre
    coefficients = {"(Intercept)": float(intercept)}
    coefficients |= {name: float(slope) for name, slope in zip(design.names, slopes, strict=True)}
    return PropensityScore(
        expit(logit), logit, coefficients, area_under_curve(logit, treated), design
    )


def preference_score(logit: ArrayLike, treated: ArrayLike) -> np.ndarray:
    """Scores (n,) as if as many were treated as not: 0.5 where a choice is as likely as overall.

    Walker AM et al. Comp Eff Res 2013;3:11. ``logit`` (n,) of the propensity score.

    >>> preference_score([0.0, 1.0, -1.0, -2.0], [1, 0, 0, 0]).round(3).tolist()
    [0.75, 0.891, 0.525, 0.289]
    """
    share = np.asarray(treated, bool).mean()
    return expit(np.asarray(logit, float) - np.log(share / (1 - share)))


def area_under_curve(score: np.ndarray, treated: np.ndarray) -> float:
    """Probability that a treated row scores above a control, ties one half (Mann-Whitney).

    >>> area_under_curve(np.array([0.2, 0.4, 0.6, 0.8]), np.array([False, True, False, True]))
    0.75
    """
    n1, n0 = treated.sum(), (~treated).sum()
    return float((rankdata(score)[treated].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def _polished(matrix, treated, slopes, intercept, penalty, strength):
    """Newton steps on the penalised likelihood, the signs and zeros of the slopes held."""
    active = slopes != 0
    design = np.column_stack([np.ones(len(matrix)), matrix[:, active]])
    at = np.append(intercept, slopes[active])
    ridge = np.append(0.0, np.full(active.sum(), strength if penalty == "l2" else 0.0))
    pull = np.append(0.0, strength * np.sign(slopes[active]) if penalty == "l1" else ridge[1:] * 0)
    for _ in range(POLISHING_STEPS):
        chance = expit(design @ at)
        gradient = design.T @ (treated - chance) - ridge * at - pull
        bend = design.T @ (design * (chance * (1 - chance))[:, None]) + np.diag(ridge)
        at = at + np.linalg.solve(bend, gradient)
    result = np.zeros(len(slopes))
    result[active] = at[1:]
    return result, at[0]


def _last_step(matrix, treated, slopes, intercept, design: Design):
    """One Newton step more; refused where it still carries rows towards a score of 0 or 1.

    At a maximum the step is next to nothing. Where the likelihood only rises to infinity each step
    moves the logit of the rows that are told apart by about one, for ever.
    """
    whole = np.column_stack([np.ones(len(matrix)), matrix])
    chance = expit(whole @ np.append(intercept, slopes))
    bend = (whole * (chance * (1 - chance))[:, None]).T @ whole
    try:
        step = np.linalg.solve(bend, whole.T @ (treated - chance))
    except np.linalg.LinAlgError:
        step = np.full(whole.shape[1], np.inf)
    with np.errstate(invalid="ignore"):
        moved = np.abs(whole @ step)
    running = ~(moved < RUNNING)
    if running.any():
        raise StatisticsError(_runs_away(treated, running, slopes, design))
    return slopes + step[1:], intercept + step[0]


def _runs_away(treated, running, slopes, design: Design) -> str:
    """Name the level that one arm alone has, else the steepest column."""
    for name, column in zip(design.names, design.matrix.T, strict=True):
        values = np.unique(column)
        for value in values if len(values) == 2 else ():
            inside = column == value
            if treated[inside].all() or not treated[inside].any():
                arm = "treated" if treated[inside].all() else "controls"
                return (
                    f"column {name}: the {int(inside.sum())} rows with value {value:g} are all "
                    f"{arm}, so their score runs to 0 or 1 and the model has no maximum: leave "
                    "these rows out, merge the level with another, or leave out the column"
                )
    name = design.names[int(np.argmax(np.abs(slopes)))]
    return (
        f"column {name}: together with the others it tells the arm of {int(running.sum())} of "
        f"{len(treated)} rows, so their score runs to 0 or 1 and the model has no maximum: leave "
        "out the column, or restrict the population to what both arms have"
    )


def _refuse_collinear(design: Design, standardized: np.ndarray) -> None:
    """Refuse the first column that the columns before it determine."""
    correlation = standardized.T @ standardized / len(standardized)
    for position in range(1, len(design.names)):
        before = slice(0, position)
        left = 1 - correlation[position, before] @ np.linalg.solve(
            correlation[before, before], correlation[before, position]
        )
        if left < 1e-10:
            raise StatisticsError(
                f"column {design.names[position]}: the covariates before it determine it in all "
                f"{len(standardized)} rows: leave it out"
            )


def _refuse_no_overlap(logit, treated, steep, design: Design) -> None:
    """Refuse scores that tell the arms apart completely."""
    apart = logit[treated].min() > logit[~treated].max()
    if apart or np.abs(steep).max() > STEEPEST_EFFECT or not np.isfinite(steep).all():
        name = design.names[int(np.nanargmax(np.abs(steep)))]
        raise StatisticsError(
            f"column {name}: the propensity scores of the {int(treated.sum())} treated and "
            f"{int((~treated).sum())} control rows do not overlap, because the covariates separate "
            "the arms: leave out the column that decides treatment, or restrict the population"
        )

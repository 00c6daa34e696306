"""Random-effects pooling: REML, DerSimonian-Laird, Hartung-Knapp, heterogeneity, prediction.

As ``metafor::rma``: REML by Fisher scoring from the Hedges start until a step is below 1e-5, its
default, so that τ² equals R's printed digits. I² compares τ² with the typical sampling variance
(Higgins JP, Thompson SG. Stat Med 2002;21:1539); the prediction interval uses the quantile of the
confidence interval (Riley's uses t with k - 2). Hartung J, Knapp G. Stat Med 2001;20:3875.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm
from scipy.stats import t as student

from myelomart.errors import StatisticsError
from myelomart.meta_analysis.binomial_normal import fit_binomial_normal, saturated_wald
from myelomart.meta_analysis.effect_sizes import EffectSizes
from myelomart.results_shown import Shown

METHODS = ("reml", "dl", "glmm")
FEWEST_STUDIES = 3  # below, a pooled estimate says less than the studies themselves
LEFT_OUT = ("estimate", "ci_low", "ci_high", "tau2", "i2")  # columns of a leave-one-out table
THRESHOLD = 1e-5  # metafor's
STUCK = float(np.finfo(float).eps ** 0.25)
MAX_ITERATIONS = 10_000  # metafor stops at 100: too few where the likelihood is flat near 0


@dataclass(frozen=True)
class Pooled(Shown):
    """A pooled estimate on the printed scale, with τ² on the analysis scale; I² in percent."""

    k: int
    measure: str
    method: str
    hartung_knapp: bool
    estimate: float
    ci_low: float
    ci_high: float
    prediction_low: float
    prediction_high: float
    tau2: float
    i2: float
    q: float
    q_df: int
    q_p: float
    effect: float  # pooled, on the analysis scale
    se: float
    df: float  # of the quantile used: infinite for z
    studies: pd.DataFrame  # study, estimate, ci_low, ci_high, weight (percent)
    sizes: EffectSizes


def pool(
    sizes: EffectSizes,
    *,
    method: str = "reml",
    hartung_knapp: bool = False,
    conf_level: float = 0.95,
    prediction: str = "metafor",
) -> Pooled:
    """Pool k >= 3 studies; ``prediction`` "riley" takes t with k - 2 degrees of freedom.

    ``method="glmm"`` (proportions only) fits the binomial-normal model of
    :mod:`myelomart.meta_analysis.binomial_normal`.

    >>> from myelomart.meta_analysis import proportions
    >>> result = pool(proportions([8, 12, 30], [20, 25, 40]))
    >>> round(result.estimate, 3), round(result.i2, 1)
    (0.558, 74.5)
    """
    k = len(sizes.effect)
    if method not in METHODS:
        raise StatisticsError(f"method {method!r} is unknown: use {', '.join(METHODS)}")
    if k < FEWEST_STUDIES:
        raise StatisticsError(f"{k} studies: pooling needs {FEWEST_STUDIES} or more")
    q, fixed_weight = _cochran_q(sizes)
    if method == "glmm":
        effect, se, tau2 = fit_binomial_normal(sizes)
        q = saturated_wald(sizes)
    else:
        tau2 = _reml(sizes) if method == "reml" else _dersimonian_laird(sizes, q, fixed_weight)
        weight = 1 / (sizes.variance + tau2)
        effect = float(weight @ sizes.effect / weight.sum())
        se = float(np.sqrt(1 / weight.sum()))
        if hartung_knapp:
            se *= float(np.sqrt(weight @ (sizes.effect - effect) ** 2 / (k - 1)))
    df = k - 1 if hartung_knapp else np.inf
    quantile = student.ppf(0.5 + conf_level / 2, df)
    reach = student.ppf(0.5 + conf_level / 2, k - 2) if prediction == "riley" else quantile
    spread = float(np.sqrt(se**2 + tau2))
    typical = (k - 1) / (fixed_weight.sum() - (fixed_weight @ fixed_weight) / fixed_weight.sum())
    low, high, predicted_low, predicted_high = (
        float(sizes.back(effect + shift))
        for shift in (-quantile * se, quantile * se, -reach * spread, reach * spread)
    )
    return Pooled(
        k, sizes.measure, method, hartung_knapp, float(sizes.back(effect)), low, high,
        predicted_low, predicted_high, tau2, float(100 * tau2 / (typical + tau2)), q, k - 1,
        float(chi2.sf(q, k - 1)), effect, se, df, study_table(sizes, tau2, conf_level), sizes,
    )  # fmt: skip


def study_table(sizes: EffectSizes, tau2: float = 0.0, conf_level: float = 0.95) -> pd.DataFrame:
    """The rows of a forest plot: study, estimate, ci_low, ci_high, weight (percent).

    >>> from myelomart.meta_analysis import proportions
    >>> study_table(proportions([8, 12, 30], [20, 25, 40]))["weight"].round(1).tolist()
    [25.9, 33.7, 40.5]
    """
    half = norm.ppf(0.5 + conf_level / 2) * np.sqrt(sizes.variance)
    weight = 1 / (sizes.variance + tau2)
    return pd.DataFrame(
        {
            "study": sizes.study,
            "estimate": sizes.back(sizes.effect, sizes.n),
            "ci_low": sizes.back(sizes.effect - half, sizes.n),
            "ci_high": sizes.back(sizes.effect + half, sizes.n),
            "weight": 100 * weight / weight.sum(),
        }
    )


def leave_one_out(sizes: EffectSizes, **options: object) -> pd.DataFrame:
    """The pooled estimate without each study in turn: study, estimate, limits, tau2, i2, refusal.

    Where the rest cannot be pooled the numbers are NaN and ``refusal`` says why; else it is None.

    >>> from myelomart.meta_analysis import proportions
    >>> sizes = proportions([8, 12, 30, 9], [20, 25, 40, 30])
    >>> leave_one_out(sizes)["estimate"].round(3).tolist()
    [0.517, 0.491, 0.39, 0.558]
    """
    rows = []
    for position, name in enumerate(sizes.study):
        row = {"study": name} | dict.fromkeys(LEFT_OUT, float("nan")) | {"refusal": None}
        try:
            result = pool(sizes.without(position), **options)
            row |= {column: getattr(result, column) for column in LEFT_OUT}
        except StatisticsError as cause:
            row["refusal"] = str(cause)
        rows.append(row)
    return pd.DataFrame(rows)


def forest_rows(result: Pooled) -> pd.DataFrame:
    """The forest plot as a table: the studies, the pooled estimate and its prediction interval.

    >>> from myelomart.meta_analysis import proportions
    >>> forest_rows(pool(proportions([8, 12, 30], [20, 25, 40])))["kind"].tolist()
    ['study', 'study', 'study', 'pooled', 'prediction']
    """
    summary = pd.DataFrame(
        {
            "study": ["pooled", "prediction"],
            "estimate": [result.estimate, result.estimate],
            "ci_low": [result.ci_low, result.prediction_low],
            "ci_high": [result.ci_high, result.prediction_high],
            "weight": [100.0, np.nan],
        }
    )
    rows = result.studies.assign(kind="study")
    return pd.concat([rows, summary.assign(kind=["pooled", "prediction"])], ignore_index=True)


def _cochran_q(sizes: EffectSizes) -> tuple[float, np.ndarray]:
    """Q with k - 1 degrees of freedom, and the fixed-effect weights (k,)."""
    weight = 1 / sizes.variance
    centre = weight @ sizes.effect / weight.sum()
    return float(weight @ (sizes.effect - centre) ** 2), weight


def _dersimonian_laird(sizes, q, weight) -> float:
    """Moment estimate of τ² (Control Clin Trials 1986;7:177), not below 0."""
    scale = weight.sum() - weight @ weight / weight.sum()
    return max(0.0, float((q - (len(weight) - 1)) / scale))


def _reml(sizes: EffectSizes, threshold=THRESHOLD) -> float:
    """Restricted maximum likelihood estimate of τ² by Fisher scoring, not below 0."""
    effect, variance = sizes.effect, sizes.variance
    tau2 = max(0.0, float(effect.var(ddof=1) - variance.mean()))
    for _ in range(MAX_ITERATIONS):
        weight = 1 / (variance + tau2)
        total, squares = weight.sum(), weight @ weight
        residual = effect - weight @ effect / total
        trace = total - squares / total
        trace_square = squares - 2 * (weight**3).sum() / total + (squares / total) ** 2
        if not trace_square > 0:
            raise StatisticsError(
                "one study outweighs the others so far that REML cannot tell how they spread: use "
                "the DerSimonian-Laird estimate (dl)"
            )
        step = float((weight**2 @ residual**2 - trace) / trace_square)
        while tau2 + step < 0:
            step /= 2
        tau2 += step
        if abs(step) <= threshold:
            break
    else:
        raise StatisticsError("REML did not converge: use the DerSimonian-Laird estimate (dl)")
    gain = _restricted_likelihood(sizes, 0.0) - _restricted_likelihood(sizes, tau2)
    stuck = tau2 > threshold and gain > STUCK  # at a local maximum, as metafor judges it
    return 0.0 if stuck else tau2


def _restricted_likelihood(sizes: EffectSizes, tau2: float) -> float:
    """Restricted log likelihood up to a constant."""
    weight = 1 / (sizes.variance + tau2)
    residual = sizes.effect - weight @ sizes.effect / weight.sum()
    return float((np.log(weight).sum() - np.log(weight.sum()) - weight @ residual**2) / 2)

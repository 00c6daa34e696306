"""Survival analysis with R's conventions, as pure functions over arrays and frames.

Times are in any one unit; event is 1 (happened) or 0 (censored); a row is at risk at t when
entry < t <= time. Each function returns a frozen dataclass and refuses bad input in words
(:class:`myelomart.errors.StatisticsError`).
"""

from myelomart.survival.baseline_hazard import adjusted_curves, baseline_hazard
from myelomart.survival.competing_risks import (
    CumulativeIncidence,
    GrayTest,
    cumulative_incidence,
    gray_test,
)
from myelomart.survival.concordance import Concordance, concordance
from myelomart.survival.cox import CoxFit, cox_regression, dfbeta, score_residuals
from myelomart.survival.cure import CureFit, cure_model
from myelomart.survival.fine_gray import FineGrayFit, cause_specific_regression, fine_gray
from myelomart.survival.flexible import SplineFit, spline_model
from myelomart.survival.follow_up import FollowUp, follow_up
from myelomart.survival.immortal_time import (
    ExposureEffect,
    exposure_effect,
    landmark_rows,
    person_time,
    start_stop_rows,
)
from myelomart.survival.kaplan_meier import (
    SurvivalCurve,
    confidence_limits,
    kaplan_meier,
    reverse_kaplan_meier,
)
from myelomart.survival.logrank import LogRank, logrank_test
from myelomart.survival.proportionality import Proportionality, proportionality_test
from myelomart.survival.recurrent import (
    MeanCumulativeCount,
    expected_count,
    mean_cumulative_count,
)
from myelomart.survival.recurrent_rates import rate_ratio, rate_rows
from myelomart.survival.restricted_mean import (
    RestrictedMean,
    common_horizon,
    restricted_mean,
    restricted_mean_difference,
    restricted_mean_ratio,
    restricted_means,
)
from myelomart.survival.risks import (
    NumberNeeded,
    RiskDifference,
    number_needed,
    risk,
    risk_difference,
)
from myelomart.survival.win_tiers import CountTier, NumberTier, TimeTier
from myelomart.survival.wins import Wins, win_statistics

__all__ = [
    "Concordance",
    "CountTier",
    "CoxFit",
    "CumulativeIncidence",
    "CureFit",
    "ExposureEffect",
    "FineGrayFit",
    "FollowUp",
    "GrayTest",
    "LogRank",
    "MeanCumulativeCount",
    "NumberNeeded",
    "NumberTier",
    "Proportionality",
    "RestrictedMean",
    "RiskDifference",
    "SplineFit",
    "SurvivalCurve",
    "TimeTier",
    "Wins",
    "adjusted_curves",
    "baseline_hazard",
    "cause_specific_regression",
    "common_horizon",
    "concordance",
    "confidence_limits",
    "cox_regression",
    "cumulative_incidence",
    "cure_model",
    "dfbeta",
    "expected_count",
    "exposure_effect",
    "fine_gray",
    "follow_up",
    "gray_test",
    "kaplan_meier",
    "landmark_rows",
    "logrank_test",
    "mean_cumulative_count",
    "number_needed",
    "person_time",
    "proportionality_test",
    "rate_ratio",
    "rate_rows",
    "restricted_mean",
    "restricted_mean_difference",
    "restricted_mean_ratio",
    "restricted_means",
    "reverse_kaplan_meier",
    "risk",
    "risk_difference",
    "score_residuals",
    "spline_model",
    "start_stop_rows",
    "win_statistics",
]

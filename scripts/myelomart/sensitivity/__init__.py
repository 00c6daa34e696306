"""What would it take to be wrong? E-value, negative controls, tipping points, subgroups."""

from myelomart.sensitivity.e_value import EValue, e_value
from myelomart.sensitivity.negative_controls import (
    SystematicError,
    calibrated_estimate,
    calibrated_p,
    calibration_table,
    fit_systematic_error,
)
from myelomart.sensitivity.subgroups import SubgroupAnalysis, subgroup_hazard_ratios
from myelomart.sensitivity.unmeasured_confounding import (
    adjusted_ratio,
    bias_factor,
    tipping_strength,
    tipping_table,
)

__all__ = [
    "EValue",
    "SubgroupAnalysis",
    "SystematicError",
    "adjusted_ratio",
    "bias_factor",
    "calibrated_estimate",
    "calibrated_p",
    "calibration_table",
    "e_value",
    "fit_systematic_error",
    "subgroup_hazard_ratios",
    "tipping_strength",
    "tipping_table",
]

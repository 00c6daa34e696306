"""What would it take to be wrong? E-value, negative controls, tipping points, subgroups."""

from myelomart.sensitivity.e_value import EValue, e_value
from myelomart.sensitivity.error_posterior import ErrorPosterior, error_posterior
from myelomart.sensitivity.misclassification import (
    Corrected,
    Validity,
    corrected_risks,
    misclassification_table,
    probable_risks,
)
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
    "Corrected",
    "EValue",
    "ErrorPosterior",
    "SubgroupAnalysis",
    "SystematicError",
    "Validity",
    "adjusted_ratio",
    "bias_factor",
    "calibrated_estimate",
    "calibrated_p",
    "calibration_table",
    "corrected_risks",
    "e_value",
    "error_posterior",
    "fit_systematic_error",
    "misclassification_table",
    "probable_risks",
    "subgroup_hazard_ratios",
    "tipping_strength",
    "tipping_table",
]

"""The systematic error of few negative controls, with what is not known of it.

With a dozen controls the mean and the deviation of the error are themselves uncertain: a fit by
maximum likelihood takes them for known, and its calibrated intervals are too short. Here the error
of an outcome is predicted from their joint distribution, given priors as OHDSI's EvidenceSynthesis
has them (mean normal with deviation 2, deviation half-normal with 0.5). Given the deviation all is
normal, so that one sum over a grid of deviations is exact enough, and needs no sampling.
Schuemie MJ et al. PNAS 2018;115:2571 (calibration); Gelman A. Bayesian Anal 2006;1:515 (priors).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import norm

from myelomart.sensitivity.negative_controls import checked_controls

PRIOR_MEAN, PRIOR_DEVIATION = 2.0, 0.5
DEVIATIONS = np.linspace(0.0, 3.0, 601)
FAR = 50.0  # log ratios beyond it are not looked for


@dataclass(frozen=True)
class ErrorPosterior:
    """Deviations (t,) of the error with their mass; given each, its mean is normal."""

    deviations: np.ndarray
    mass: np.ndarray
    centres: np.ndarray  # of the mean, given the deviation
    variances: np.ndarray  # of the mean, given the deviation
    controls: int

    @property
    def mean(self) -> float:
        """The posterior mean of the error, on the log scale."""
        return float(self.mass @ self.centres)

    @property
    def mean_limits(self) -> tuple[float, float]:
        """The 95 % interval of the mean of the error."""
        return tuple(self._quantile(share, self.variances) for share in (0.025, 0.975))

    @property
    def deviation(self) -> float:
        """The posterior median of the deviation of the error."""
        return float(np.interp(0.5, np.cumsum(self.mass) - self.mass / 2, self.deviations))

    @property
    def expected_absolute(self) -> float:
        """The mean of the absolute error that the next outcome has; above 0.25 it is too large.

        The limit is that of CohortMethod's diagnostics. Of a folded normal distribution: Leone FC
        et al. Technometrics 1961;3:543.
        """
        spread = np.sqrt(self.variances + self.deviations**2)
        z = self.centres / spread
        folded = 2 * spread * norm.pdf(z) + self.centres * (1 - 2 * norm.cdf(-z))
        return float(self.mass @ folded)

    def p_value(self, log_estimate: float, standard_error: float) -> float:
        """Two-sided p of no effect: how often error and chance reach as far on that side."""
        spread = np.sqrt(self._of_outcome(standard_error))
        below = float(self.mass @ norm.cdf((log_estimate - self.centres) / spread))
        return 2 * min(below, 1 - below)

    def calibrated(
        self, log_estimate: float, standard_error: float, conf_level: float = 0.95
    ) -> tuple[float, float, float]:
        """Ratio and limits without the systematic error, assuming it does not grow with effect."""
        tail = (1 - conf_level) / 2
        variances = self._of_outcome(standard_error)
        errors = (self._quantile(share, variances) for share in (0.5, 1 - tail, tail))
        return tuple(float(np.exp(log_estimate - error)) for error in errors)

    def _of_outcome(self, standard_error: float) -> np.ndarray:
        """Variances (t,) of the error and the chance of one outcome."""
        return self.variances + self.deviations**2 + standard_error**2

    def _quantile(self, share: float, variances: np.ndarray) -> float:
        spread = np.sqrt(variances)
        return brentq(
            lambda at: self.mass @ norm.cdf((at - self.centres) / spread) - share, -FAR, FAR
        )


def error_posterior(log_estimates: ArrayLike, standard_errors: ArrayLike) -> ErrorPosterior:
    """The error of negative controls with log ratios (k,) and standard errors (k,).

    >>> error = error_posterior([0.1, 0.2, -0.1, 0.3, 0.15], [0.1] * 5)
    >>> round(error.mean, 3), [round(limit, 2) for limit in error.mean_limits]
    (0.13, [-0.07, 0.32])
    >>> [round(value, 2) for value in error.calibrated(0.5, 0.2)]
    [1.45, 0.81, 2.59]
    """
    effect, se = checked_controls(log_estimates, standard_errors)
    spread = np.hypot(se, DEVIATIONS[:, None])  # (t, k)
    precision = 1 / PRIOR_MEAN**2 + (spread**-2).sum(1)
    variances = 1 / precision
    centres = variances * (effect / spread**2).sum(1)
    # the likelihood with the mean summed out: at its centre, times the width that it leaves
    log_mass = norm.logpdf(effect, centres[:, None], spread).sum(1)
    log_mass += norm.logpdf(centres, 0, PRIOR_MEAN) + 0.5 * np.log(variances)
    log_mass += norm.logpdf(DEVIATIONS, 0, PRIOR_DEVIATION)
    mass = np.exp(log_mass - log_mass.max())
    mass[[0, -1]] /= 2  # the ends of the grid stand for half a step
    return ErrorPosterior(DEVIATIONS, mass / mass.sum(), centres, variances, len(effect))

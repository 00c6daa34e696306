"""Hazard ratios of all sites together: on summed profiles, and with effects that differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.federated.likelihood_profile import LikelihoodProfile, Maximum, maximum, wald_limits
from myelomart.federated.odach import (
    AdjustedModel,
    Derivatives,
    common_start,
    one_step,
    reference_levels,
)
from myelomart.federated.random_effects import RandomEffects, likeliest, posterior, surface
from myelomart.meta_analysis import Pooled, from_intervals, pool
from myelomart.meta_analysis.random_effects import FEWEST_STUDIES
from myelomart.results import Results

PROFILE_TEST = "profile likelihood, summed over sites"
LEAD = "treated"  # the term of the arm in an adjusted model


@dataclass(frozen=True)
class Ratios:
    """What the sites' profiles give of one endpoint; None where too few sites speak."""

    sites: dict[str, Maximum]
    fixed: Maximum
    random: RandomEffects | None
    likelihood: RandomEffects | None
    normal: Pooled | None  # REML on the sites that have an estimate of their own
    i2: float  # percent; NaN without ``normal``


def profiles_of(frames: dict[str, pd.DataFrame], key: dict) -> dict[str, LikelihoodProfile]:
    """Site to its profile of one analysis and endpoint, for the sites that share one."""
    found = {}
    for site, frame in frames.items():
        own = _of(frame, key).sort_values("log_ratio")
        if len(own):
            value = own["log_likelihood"].to_numpy(float)
            found[site] = LikelihoodProfile(
                own["log_ratio"].to_numpy(float), value - value.max(), own["slope"].to_numpy(float)
            )
    return found


def pooled_ratios(profiles: dict[str, LikelihoodProfile]) -> Ratios:
    """Every pool of the profiles; raises StatisticsError without any."""
    fixed = maximum(list(profiles.values()))
    single = {site: maximum([one]) for site, one in profiles.items()}
    random = likelihood = None
    if len(profiles) > 1:
        given = surface(list(profiles.values()))
        random, likelihood = posterior(given), likeliest(given)
    finite = {site: one for site, one in single.items() if one.is_finite and np.isfinite(one.se)}
    normal = None
    if len(finite) >= FEWEST_STUDIES:
        middles = np.array([one.estimate for one in finite.values()])
        low, high = np.exp([wald_limits(one.estimate, one.se) for one in finite.values()]).T
        try:
            normal = pool(
                from_intervals(np.exp(middles), low, high, "hr", study=list(finite)),
                prediction="riley",
            )
        except StatisticsError:
            normal = None
    return Ratios(
        single, fixed, random, likelihood, normal, np.nan if normal is None else normal.i2
    )


def add_ratios(found: Ratios, output_id: str, common: dict, status, results: Results) -> dict:
    """Add the pooled ratio, its random effects and each site's; return what a forest shows."""
    top = found.fixed
    if not top.is_finite:
        status = "not_estimable"
    results.add(
        output_id, "hazard_ratio", unit="ratio", status=status, p_value=top.p_value,
        p_test=PROFILE_TEST, **_ratio(top.estimate, top.ci_low, top.ci_high), **common,
    )  # fmt: skip
    if found.random is not None and found.likelihood is not None:
        one, other = found.random, found.likelihood
        limits = {
            "hazard_ratio_random_effects": (one.mean, one.ci_low, one.ci_high),
            "hazard_ratio_random_effects_likelihood": (other.mean, other.ci_low, other.ci_high),
            "hazard_ratio_of_a_new_site": (one.mean, one.prediction_low, one.prediction_high),
        }
        for name, three in limits.items():
            results.add(output_id, name, unit="ratio", **_ratio(*three), **common)
        results.add(
            output_id, "tau", estimate=one.tau, ci_low=one.tau_low, ci_high=one.tau_high,
            unit="log ratio", **common,
        )  # fmt: skip
    if found.normal is not None:
        one = found.normal
        results.add(
            output_id, "hazard_ratio_reml", estimate=one.estimate, ci_low=one.ci_low,
            ci_high=one.ci_high, unit="ratio", **common,
        )  # fmt: skip
        results.add(output_id, "tau2_reml", estimate=one.tau2, unit="log ratio", **common)
        results.add(output_id, "i2", estimate=one.i2, unit="%", p_value=one.q_p,
                    p_test="Cochran's Q", **common)  # fmt: skip
    for site, one in found.sites.items():
        results.add(
            output_id, "hazard_ratio_at_site", unit="ratio", p_value=one.p_value,
            status=None if one.is_finite else "not_estimable",
            **_ratio(one.estimate, one.ci_low, one.ci_high), **common | {"population": site},
        )  # fmt: skip
    return {"hr": np.exp(top.estimate), "ci_low": np.exp(top.ci_low),
            "ci_high": np.exp(top.ci_high), "p": top.p_value, "status": status}  # fmt: skip


def _ratio(middle: float, low: float, high: float) -> dict[str, float]:
    return {"estimate": np.exp(middle), "ci_low": np.exp(low), "ci_high": np.exp(high)}


def forest_rows(found: Ratios, counts: dict[str, tuple[str, str]]) -> pd.DataFrame:
    """Rows of `figures.forest_plot.ratio_forest`: the sites, both pools, a new site."""
    rows = []

    def row(group: str, label: str, middle: float, low: float, high: float, p: float) -> None:
        beside = counts.get(label, ("", ""))
        rows.append({
            "group": group, "label": label, "hr": np.exp(middle) if np.isfinite(middle) else np.nan,
            "ci_low": np.exp(low), "ci_high": np.exp(high), "p": p, "status": None,
            "beside_1": beside[0], "beside_2": beside[1],
        })  # fmt: skip

    for site, one in found.sites.items():
        row("each site", site, one.estimate, one.ci_low, one.ci_high, one.p_value)
    top, group = found.fixed, "all sites"
    row(group, "one effect", top.estimate, top.ci_low, top.ci_high, top.p_value)
    if found.random is not None:
        one = found.random
        far = f"effects that differ, tau {one.tau:.2f}"
        far += f", I² {found.i2:.0f} %" if np.isfinite(found.i2) else ""
        row(group, far, one.mean, one.ci_low, one.ci_high, np.nan)
        row(group, "a new site", one.mean, one.prediction_low, one.prediction_high, np.nan)
    return pd.DataFrame(rows)


def adjusted_start(frames: dict[str, pd.DataFrame], key: dict) -> dict[str, float]:
    """The common start of the second round: the mean of the sites' own adjusted estimates."""
    models = []
    for frame in frames.values():
        own = _of(frame, key).dropna(subset=["estimate", "se"])
        if len(own):
            models.append(
                AdjustedModel(
                    tuple(own["term"]), own["estimate"].to_numpy(float),
                    np.diag(own["se"].to_numpy(float) ** 2),
                )
            )  # fmt: skip
    return common_start(models)


def adjusted_step(
    adjusted: dict[str, pd.DataFrame], bends: dict[str, pd.DataFrame], key: dict
) -> AdjustedModel | None:
    """ODACH's one step from the sites' derivatives; None where no site sends any.

    Of every covariate the first level of all sites is the reference. A site whose term has no
    information, for it does not vary there, adds zeros.
    """
    sites = []
    for site, frame in adjusted.items():
        own = _of(frame, key).dropna(subset=["gradient"])
        if not len(own):
            continue
        names = tuple(own["term"])
        place = {name: k for k, name in enumerate(names)}
        bend = np.zeros((len(names), len(names)))
        for one in _of(bends[site], key).itertuples():
            j, k = place[one.term], place[one.other]
            bend[j, k] = bend[k, j] = one.value
        sites.append(
            Derivatives(names, own["start"].to_numpy(float), own["gradient"].to_numpy(float),
                        bend, 0, 0)
        )  # fmt: skip
    if not sites:
        return None
    names = {name for one in sites for name in one.names}
    wanted = names - reference_levels(names)
    kept = sorted(wanted, key=lambda name: (name != LEAD, name))
    bends_of_all = sum(np.diag(one.of(tuple(kept)).information) for one in sites)
    kept = [name for name, bend in zip(kept, bends_of_all, strict=True) if bend > 0]
    return one_step([one.of(tuple(n for n in kept if n in one.names)) for one in sites])


def _of(frame: pd.DataFrame, key: dict) -> pd.DataFrame:
    """The rows of one analysis and endpoint."""
    return frame[
        (frame["analysis_id"] == key["analysis_id"]) & (frame["endpoint"] == key["endpoint"])
    ]

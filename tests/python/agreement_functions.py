"""What our functions give for each subject of tests/fixtures/r/expected_functions.R.

One function per subject: the data set and R's input in, a dictionary with R's keys out.
"""

import numpy as np
import pandas as pd

from myelomart import matching, sensitivity, survival, tables, target_trial
from myelomart import meta_analysis as meta
from myelomart import trinetx_arithmetic as platform
from myelomart.meta_analysis import binomial_normal


def _terms(fit) -> dict:
    table = fit.table()
    robust = fit.robust_se
    used = fit.se if robust is None else robust
    return {
        "used_se": used.tolist(),
        **{key: table[key].tolist() for key in ("coef", "se", "ci_low", "ci_high", "p")},
    }


def _contrast(contrast) -> list[float]:
    return [contrast.estimate, contrast.se, contrast.ci_low, contrast.ci_high, contrast.p]


def quantiles(d, entry=False, rows=None, **options):
    d = d if rows is None else pd.DataFrame(rows)
    late = {"entry": d["entry"]} if entry else {}
    curve = survival.kaplan_meier(d["time"], d["event"], **late, **options)
    values = np.array([curve.quantile(share) for share in (0.25, 0.5, 0.75)]).T.tolist()
    return dict(zip(("estimate", "ci_low", "ci_high"), values, strict=True))


def trend(d, stratified, rho):
    strata = d["site"] if stratified else None
    test = survival.logrank_test(
        d["time"], d["event"], d["stage"], strata=strata, rho=rho, trend=[0, 1, 2]
    )
    return {"chi2": test.chi2, "p": test.p}


def restricted_mean(d, tau):
    means = survival.restricted_means(d["time"], d["event"], d["arm"], tau)
    return {
        "difference": _contrast(survival.restricted_mean_difference(means[0], means[1])),
        "ratio": _contrast(survival.restricted_mean_ratio(means[0], means[1])),
    }


def adjusted_curves(d, ties):
    fit = survival.cox_regression(
        d["time"], d["event"], d[["arm", "age"]], strata=d["site"], ties=ties
    )
    curve = survival.adjusted_curves(fit, {"arm": 1, "age": 60})
    base = survival.baseline_hazard(fit)
    north = sorted(d["site"].unique()).index("north")
    chosen = curve["stratum"] == north
    keys = ("time", "cumulative_hazard", "se", "ci_low", "ci_high")
    baseline = base.loc[base["stratum"] == north, "cumulative_hazard"].tolist()
    return {key: curve.loc[chosen, key].tolist() for key in keys} | {"baseline": baseline}


def dfbeta(d, ties):
    fit = survival.cox_regression(d["time"], d["event"], d[["arm", "age"]], ties=ties)
    return {"dfbeta": survival.dfbeta(fit).tolist()}


def cause_specific(d, cause):
    fit = survival.cause_specific_regression(
        d["time"], d["cause"], d[["arm", "age"]], cause=cause, strata=d["site"]
    )
    return _terms(fit)


def exposure(d, landmarks, show):
    effect = survival.exposure_effect(
        d["time"], d["event"], d["start"], landmarks=landmarks, covariates=d[["age"]]
    )
    fits = [effect.time_varying, *effect.landmarks.values(), effect.naive]
    return {"analysis": "time-varying", "fit": _terms(fits[int(show)])}


def target_trial_of(d, grace, horizon, period, initiation, control, stabilized):
    found = target_trial.emulate(
        d["time"], d["event"], d["start"],
        target_trial.Protocol(grace, horizon, period, initiation, control), baseline=d[["age"]],
        options=target_trial.Options(stabilized=stabilized, samples=0),
    )  # fmt: skip
    rows = found.clones
    lengths = rows["weight"] * (rows["stop"] - rows["start"])
    return {
        "fit": _terms(found.fit),
        "risks": [found.effects[name].estimate for name in ("risk_control", "risk_treated")],
        "weights": lengths.groupby(rows["strategy"]).sum().tolist(),
        "log_odds": found.logistic.log_odds_ratio,
        "odds_se": found.logistic.se,
        "pooled_risks": found.logistic.risks[:, -1].tolist(),
    }


def firth(d, covariates, entry, strata, ties):
    names = [covariates] if isinstance(covariates, str) else covariates
    names = [name for name in names if name not in ("time", "event", "entry")]
    fit = survival.cox_regression(
        d["time"], d["event"], d[names], entry=d["entry"] if entry else None, ties=ties,
        strata=d["arm"] if strata else None, penalty="firth",
    )  # fmt: skip
    table = fit.table()
    test = fit.likelihood_ratio_test
    return {
        "coef": fit.coefficients.tolist(),
        "se": fit.se.tolist(),
        "loglik": fit.log_likelihood,
        "loglik_null": fit.log_likelihood_null,
        "lr_chi2": test.chi2,
        "lr_p": test.p,
        "ci_low": table["ci_low"].tolist(),
        "ci_high": table["ci_high"].tolist(),
        "p": table["p"].tolist(),
    }


def mean_cumulative_count(d, times):
    result = survival.mean_cumulative_count(d["person"], d["time"], d["kind"])
    last = np.searchsorted(result.time, times, side="right") - 1
    return {
        key: getattr(result, key)[last].tolist() for key in ("count", "se", "ci_low", "ci_high")
    }


def risk_difference(d, kind, at):
    code = d["event"] if kind == "alone" else d["cause"]
    found = survival.risk_difference(d["time"], code, d["arm"], at)
    needed = found.number_needed
    return {
        "risks": [found.first.estimate, found.second.estimate],
        "difference": found.estimate,
        "se": found.se,
        "limits": [found.ci_low, found.ci_high],
        "p": found.p,
        "number_needed": [needed.estimate, needed.ci_low, needed.ci_high],
    }


def rate_ratio(d, ties):
    persons = d["person"].unique()
    known = pd.DataFrame({"arm": persons % 2, "age": persons * 7 % 11}, index=persons)
    return _terms(survival.rate_ratio(d["person"], d["time"], d["kind"], known, ties=ties))


def wins(d):
    d = d.head(300)
    tiers = [
        survival.TimeTier.of("death", d["time"], d["cause"] == 2),
        survival.TimeTier.of("event", d["time"], d["cause"] == 1),
        survival.NumberTier.of("marker", d["marker"], more_is_better=False),
    ]
    found = survival.win_statistics(d["arm"], tiers)
    sizes = d.groupby("pair")["arm"].agg(["size", "sum"])
    couples = sizes.index[(sizes["size"] == 2) & (sizes["sum"] == 1)]
    pair = d["pair"].where(d["pair"].isin(couples))
    matched = survival.win_statistics(d["arm"], tiers, pair=pair)
    ratio = matched.win_ratio
    told = {name: list(vars(getattr(found, name)).values())
            for name in ("win_ratio", "win_odds", "net_benefit")}  # fmt: skip
    return told | {
        "counts": [found.wins, found.losses],
        "z": found.test.estimate,
        "matched": [matched.wins, matched.losses, ratio.estimate, ratio.ci_low, ratio.ci_high],
        "matched_net": list(vars(matched.net_benefit).values()),
    }


def cure_model(d, latency, covariate):
    known = d[[covariate]] if covariate else None
    fit = survival.cure_model(d["time"], d["event"], known, latency=latency)
    table = fit.table()
    return {
        "coef": table["coef"].tolist(),
        "se": table["se"].tolist(),
        "loglik": fit.log_likelihood,
        "uncured": fit.log_likelihood_uncured,
        "cured": [fit.cured, fit.ci_low, fit.ci_high],
        "p": fit.likelihood_ratio_p,
    }


def spline_survival(d, knots, times):
    fit = survival.spline_model(d["time"], d["event"], knots=knots)
    shown = fit.at(times)
    return {"loglik": fit.log_likelihood} | {
        name: shown[name].tolist() for name in ("survival", "ci_low", "ci_high")
    }


def follow_up_test(d):
    found = survival.follow_up(d["time"], d["event"])
    return {"p": found.p, "beyond": found.beyond}


def _penalty(kind):
    def run(d, strength):
        fit = matching.propensity_score(
            d["treated"], d[["age", "marker", "stage"]], penalty=kind, strength=strength
        )
        return {"logit": fit.logit.tolist()}

    return run


def _weighting(d, kind):
    covariates = d[["age", "marker", "stage"]]
    if kind == "entropy":
        return matching.entropy_weights(d["arm"], covariates)
    score = matching.propensity_score(d["arm"], covariates).probability
    return matching.inverse_probability_weights(score, d["arm"], estimand=kind)


def weights(d, kind):
    weighting = _weighting(d, kind)
    hazard = _terms(
        matching.weighted_hazard_ratio(d["time"], d["event"], d["arm"], weighting.weights)
    )
    risk = matching.weighted_risk_difference(d["event"], d["arm"], weighting.weights)
    return {
        "weights": weighting.weights.tolist(),
        "ess": [weighting.effective_treated, weighting.effective_control],
        "hazard_ratio": hazard,
        "risk_difference": list(risk.values()),
    }


def balance(d, kind):
    table = matching.balance_table(
        d[["age", "marker", "stage"]], d["arm"], _weighting(d, kind).weights
    )
    return {name: table[name].tolist() for name in table.columns if name != "covariate"} | (
        {"smd_after": None, "ks_after": None} if kind == "entropy" else {}
    )


def optimal_pairs(d, caliper):
    score = matching.propensity_score(d["treated"], d[["age", "marker"]]).probability
    matched = matching.match_optimal(score, d["treated"], caliper=caliper, exact=d["sex"])
    return {
        "pairs": len(matched.treated),
        "total": matched.distance.sum(),
        "longest_allowed": matched.caliper_absolute,
    }


def platform_risks(_, counts):
    result = platform.measures_of_association(*counts)
    effects = ("risk_difference", "risk_ratio", "odds_ratio")
    return {
        name: [getattr(result, name).estimate, getattr(result, name).ci_low,
               getattr(result, name).ci_high]
        for name in effects
    } | {"p": result.p}  # fmt: skip


def platform_survival(d, times):
    result = platform.compare_outcomes(d["time"], d["event"], d["arm"])
    curve = result.curves["1"].at(times)
    overall = result.proportionality.overall
    return {
        "cox": _terms(result.cox),
        "logrank": [result.logrank.chi2, result.logrank.p],
        "zph": [overall.chi2, overall.p],
        **{key: curve[key].tolist() for key in ("survival", "ci_low", "ci_high")},
    }


def glmm(d):
    sizes = meta.proportions(d["events"], d["n"])
    result = meta.pool(sizes, method="glmm")
    return {
        "effect": result.effect,
        "tau2": result.tau2,
        "se": result.se,
        "loglik": binomial_normal.log_likelihood(sizes, result.effect, np.sqrt(result.tau2)),
        "profile": list(meta.profile_interval(sizes)),
    }


def riley(d):
    kind = "mean" if (d["estimate"] < 0).any() else "hr"
    sizes = meta.from_intervals(d["estimate"], d["ci_low"], d["ci_high"], kind)
    result = meta.pool(sizes, hartung_knapp=True, prediction="riley")
    limits = np.array([result.prediction_low, result.prediction_high])
    low, high = limits if kind == "mean" else np.log(limits)
    return {"low": low, "high": high}


def e_value(_, estimate):
    pairs = {
        "rr": sensitivity.e_value(*estimate),
        "hr": sensitivity.e_value(*estimate, measure="hr", rare=False),
        "or": sensitivity.e_value(*estimate, measure="or", rare=False),
    }
    return {name: [value.estimate, value.limit] for name, value in pairs.items()}


def misclassification(_, counts, errors):
    ours, control = (sensitivity.Validity.known(*errors[at : at + 2]) for at in (0, 2))
    found = sensitivity.corrected_risks(counts[::2], counts[1::2], ours, control)
    return {"risks": [found.risk_treated, found.risk_control]} | {
        name: [getattr(found, name), getattr(found, f"{name}_low"), getattr(found, f"{name}_high")]
        for name in ("ratio", "difference")
    }


def tipping(_, limit):
    return {"strength": sensitivity.tipping_strength(limit, 0.2, 0.6)}


def calibration(_, effect, se):
    error = sensitivity.fit_systematic_error(effect, se)
    return {
        "mean": error.mean,
        "sd": error.sd,
        "estimate": list(sensitivity.calibrated_estimate(0.4, 0.1, error)),
        "p": sensitivity.calibrated_p(0.4, 0.1, error),
    }


def subgroups(d):
    result = sensitivity.subgroup_hazard_ratios(d["time"], d["event"], d["arm"], d["stage"])
    levels = result.levels
    return {
        "chi2": result.interaction.chi2,
        "p": result.interaction.p,
        "hr": levels["hr"].tolist(),
        "ci_low": [[value] for value in levels["ci_low"]],
        "p_each": [[value] for value in levels["p"]],
    }


def baseline_tests(d):
    first = d["stage"] == "I"
    return {
        "chi2": tables.compare_categories(d["stage"], d["arm"], "chi-square").p,
        "yates": tables.compare_categories(first, d["arm"], "chi-square-yates").p,
        "fisher": tables.compare_categories(first, d["arm"], "fisher").p,
        "student": tables.compare_numbers(d["age"], d["arm"], "student").p,
        "welch": tables.compare_numbers(d["age"], d["arm"], "welch").p,
        "wilcoxon": tables.compare_numbers(d["age"], d["arm"], "wilcoxon").p,
        "wilcoxon_marker": tables.compare_numbers(d["marker"], d["arm"], "wilcoxon").p,
        "kruskal": tables.compare_numbers(d["age"], d["stage"]).p,
    }


def proportion_intervals(_, events, n):
    return {
        "wilson": list(tables.wilson_interval(events, n)),
        "exact": list(tables.clopper_pearson_interval(events, n)),
    }


def difference_of_proportions(_, counts):
    return {"limits": list(tables.miettinen_nurminen(*counts))}


SUBJECTS = {
    "quantiles": quantiles,
    "trend": trend,
    "restricted mean": restricted_mean,
    "adjusted curves": adjusted_curves,
    "dfbeta": dfbeta,
    "cause-specific": cause_specific,
    "exposure": exposure,
    "target trial": target_trial_of,
    "firth": firth,
    "mean cumulative count": mean_cumulative_count,
    "risk difference": risk_difference,
    "rate ratio": rate_ratio,
    "wins": wins,
    "cure model": cure_model,
    "spline survival": spline_survival,
    "follow-up test": follow_up_test,
    "penalty l1": _penalty("l1"),
    "penalty l2": _penalty("l2"),
    "weights": weights,
    "entropy weights": weights,
    "balance": balance,
    "optimal pairs": optimal_pairs,
    "platform risks": platform_risks,
    "platform survival": platform_survival,
    "glmm": glmm,
    "riley": riley,
    "e-value": e_value,
    "misclassification": misclassification,
    "tipping": tipping,
    "calibration": calibration,
    "subgroups": subgroups,
    "baseline tests": baseline_tests,
    "proportion intervals": proportion_intervals,
    "difference of proportions": difference_of_proportions,
}

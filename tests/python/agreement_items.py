"""What this part delivers, item by item, and where its numbers stand among those compared."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """Numbers of one item: those of ``command`` at ``place`` (a pattern) in cases that ``hold``."""

    title: str
    r_function: str
    command: str
    place: str
    holds: Callable[[str, dict], bool] = lambda name, options: True


def _given(**wanted) -> Callable[[str, dict], bool]:
    """Cases with these options; True stands for any value, None for the option not given."""

    def holds(name, options):
        return all(
            options.get(key) is not None if value is True else options.get(key) == value
            for key, value in wanted.items()
        )

    return holds


def _survival(title, r_function, place, **wanted) -> Item:
    return Item(title, r_function, "survival", place, _given(**wanted))


def _cox(title, place=r"^cox\.", r_function="coxph", **wanted) -> Item:
    return _survival(f"Cox: {title}", r_function, place, **wanted)


def _match(title, place, r_function="matchit(distance = matrix)", **wanted) -> Item:
    return Item(f"Matching: {title}", r_function, "match", place, _given(**wanted))


def _meta(title, place, r_function="rma", **wanted) -> Item:
    return Item(f"Meta-analysis: {title}", r_function, "meta", place, _given(**wanted))


def _function(title, r_function, subject, place="", **wanted) -> Item:
    inside = _given(**wanted)
    return Item(
        title, r_function, "function", place,
        lambda name, options: name == subject and inside(name, options),
    )  # fmt: skip


TESTS = r"^cox\.(lr|wald|score)_"
ZPH = r"^cox\.zph"
MATCHES = r"^(pairs|n_matched|caliper)"
CURVES = r"^groups"

ITEMS = (
    _survival("Kaplan-Meier at times, numbers at risk; log-log limits", "survfit", r"\.at\[",
              conf_type=None),
    _survival("Kaplan-Meier at times; log limits", "survfit", r"\.at\[", conf_type="log"),
    _survival("Kaplan-Meier at times; plain limits", "survfit", r"\.at\[", conf_type="plain"),
    _survival("Median with limits", "quantile(survfit)", r"\]\.median"),
    _function("Quantiles with limits, the midpoint rule", "quantile(survfit)", "quantiles"),
    _survival("Left truncation: curves", "survfit", CURVES, entry=True),
    _survival("Case weights: curves, robust", "survfit", CURVES, weights=True),
    _survival("Clusters: curves, robust", "survfit", CURVES, cluster=True),
    _survival("Reverse Kaplan-Meier follow-up", "quantile(survfit)", "followup"),
    _survival("Log-rank, two groups or more", "survdiff", "^logrank", rho=None, strata=None,
              weights=None, cluster=None),
    _survival("Log-rank, stratified", "survdiff", "^logrank", strata=True, weights=None),
    _survival("Log-rank, Fleming-Harrington", "survdiff(rho)", "^logrank", rho=True, weights=None,
              cluster=None),
    _survival("Log-rank, case weights: robust", "coxph$robscore, by hand", "^logrank",
              weights=True),
    _survival("Log-rank, clusters: robust", "by hand", "^logrank", cluster=True),
    _function("Log-rank for trend, also stratified and weighted", "survdiff", "trend"),
    _survival("Restricted mean, its standard error and difference", "survfit(rmean)", "rmst",
              weights=None, cluster=None),
    _survival("Restricted mean, case weights: robust", "survfit(influence)", "rmst", weights=True),
    _survival("Restricted mean, clusters: robust", "survfit(influence)", "rmst", cluster=True),
    _function("Restricted mean: difference and ratio", "survfit(rmean)", "restricted mean"),
    _survival("Aalen-Johansen incidence", "survfit, multi-state", r"\.cif\["),
    _survival("Gray's test, two groups or more", "cmprsk::cuminc", r"\.gray"),
    _survival("Gray's test, stratified or with rho", "cmprsk::cuminc", r"\.gray", rho=True),
    _function("Mean cumulative count of recurrent events", "survfit, numDeriv",
              "mean cumulative count"),
    _function("Recurrent events: ratio of rates, robust to persons", "coxph(cluster)",
              "rate ratio"),
    _function("Risk difference and number needed to treat", "survfit, multi-state",
              "risk difference"),
    _function("Win ratio, win odds, net benefit; Finkelstein-Schoenfeld", "by hand", "wins"),
    _function("Mixture cure model: Weibull, exponential, log-normal", "optim, survreg",
              "cure model"),
    _function("Royston-Parmar splines: survival with limits", "optim, survreg", "spline survival"),
    _function("Test of sufficient follow-up", "by hand", "follow-up test"),
    _cox("Efron's ties", ties=None),
    _cox("Breslow's ties", ties="breslow"),
    _cox("case weights", weights=True),
    _cox("strata", strata=True),
    _cox("clusters, robust variance", cluster=True),
    _cox("left truncation, start-stop rows", entry=True),
    _cox("Wald, score and likelihood-ratio tests", TESTS),
    _cox("proportionality test, km", ZPH, "cox.zph", zph=None),
    _cox("proportionality test, rank", ZPH, "cox.zph", zph="rank"),
    _cox("proportionality test, identity", ZPH, "cox.zph", zph="identity"),
    _cox("concordance with its standard error", "concordance", "coxph$concordance"),
    _function("Cox: dfbeta residuals", "residuals(coxph)", "dfbeta"),
    _function("Cox: adjusted curves, baseline hazard, Efron", "survfit(coxph), basehaz",
              "adjusted curves", ties="efron"),
    _function("Cox: adjusted curves, baseline hazard, Breslow", "survfit(coxph), basehaz",
              "adjusted curves", ties="breslow"),
    _function("Cox: Firth's penalty, Efron; profile limits and p", "coxph(iter.max = 0), optim",
              "firth", ties="efron"),
    _function("Cox: Firth's penalty, Breslow; profile limits and p", "coxph(iter.max = 0), optim",
              "firth", ties="breslow"),
    _survival("Fine-Gray", "cmprsk::crr", "fine_gray"),
    _function("Cause-specific Cox", "coxph", "cause-specific"),
    _function("Exposure during follow-up: time-varying", "tmerge, coxph", "exposure", show=0),
    _function("Exposure during follow-up: landmark", "coxph", "exposure", show=1),
    _function("Exposure during follow-up: naive, beside them", "coxph", "exposure", show=3),
    _function("Target trial: weights, risks, Cox, pooled logistic; as those treated are",
              "glm, coxph, survfit, vcovCL", "target trial", initiation="observed"),
    _function("Target trial: as usual until the last period",
              "glm, coxph, survfit, vcovCL", "target trial", initiation="natural"),
    _function("Target trial: evenly over the grace period, control never treated",
              "glm, coxph, survfit, vcovCL", "target trial", initiation="uniform"),
    Item("Propensity score, logistic", "glm", "match", r"^propensity"),
    _function("Propensity score, L2 penalty", "optim", "penalty l2"),
    _function("Propensity score, L1 penalty", "optim", "penalty l1"),
    _match("greedy 1:1 within a caliper, logit scale", MATCHES, scale=None, ratio=None),
    _match("caliper on the probability scale", MATCHES, scale="probability"),
    _match("smallest score first", MATCHES, order="smallest"),
    _match("1:k", MATCHES, ratio=True),
    _match("exact strata within the caliper", MATCHES, exact=True),
    _match("with replacement", MATCHES, replace=True),
    _function("Matching: optimal pairs", "lpSolve::lp.assign", "optimal pairs"),
    Item("Balance after matching: SMD, variance ratio", "by hand", "match", r"^balance"),
    _function("Balance after weighting: SMD, variance ratio, KS", "ks.test, by hand", "balance"),
    _function("Weights: everyone, effective sample, effects", "coxph(robust), vcovHC", "weights",
              kind="ate"),
    _function("Weights: the treated, effective sample, effects", "coxph(robust), vcovHC",
              "weights", kind="att"),
    _function("Weights: overlap, effective sample, effects", "coxph(robust), vcovHC", "weights",
              kind="overlap"),
    _function("Weights: entropy balancing, effects", "optim, coxph(robust)", "entropy weights"),
    _function("TriNetX: risk difference, ratio, odds, p", "escalc, prop.test", "platform risks"),
    _function("TriNetX: survival, log-rank, weighted Cox, cox.zph",
              "survfit, survdiff, coxph, cox.zph", "platform survival"),
    _meta("proportions, logit", "", measure=None, transform=None, method=None),
    _meta("proportions, Freeman-Tukey", "", transform="freeman-tukey"),
    _meta("proportions, GLMM", "", "rma.glmm, tightened", method="glmm"),
    _function("Meta-analysis: GLMM, exact likelihood and profile limits", "integrate, optim",
              "glmm"),
    _meta("hazard ratios", "", measure="hr"),
    _meta("medians", "", measure="median"),
    _meta("means", "", measure="mean"),
    _meta("REML", "", method=None),
    _meta("DerSimonian-Laird", "", method="dl"),
    _meta("Hartung-Knapp", "", hartung_knapp=True),
    _meta("I², τ², Q", "^(i2|tau2|q)"),
    _meta("prediction interval", "^prediction", "predict(rma)"),
    _function("Meta-analysis: Riley's prediction interval", "predict(rma)", "riley"),
    _meta("leave one out", "^leave_one_out", "leave1out"),
    _meta("forest: studies with limits and weights", "^studies", "summary(escalc), weights"),
    _function("E-value of ratios, hazard and odds ratios", "by hand", "e-value"),
    _function("Misclassified outcomes: risks, ratio, difference", "solve, by hand",
              "misclassification"),
    _function("Tipping point", "uniroot", "tipping"),
    _function("Negative-control calibration", "optim", "calibration"),
    _function("Subgroup hazard ratios, interaction", "coxph, anova", "subgroups"),
    _function("Baseline tests: χ², Yates, Fisher, t, Welch, Wilcoxon, Kruskal-Wallis",
              "chisq.test, fisher.test, t.test, wilcox.test, kruskal.test", "baseline tests"),
    _function("Wilson's interval", "prop.test", "proportion intervals", "^wilson"),
    _function("Clopper-Pearson interval", "binom.test", "proportion intervals", "^exact"),
    _function("Miettinen-Nurminen interval", "optimize, uniroot", "difference of proportions"),
)  # fmt: skip

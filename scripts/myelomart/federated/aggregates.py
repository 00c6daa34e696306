"""What a site computes for a pool beyond its release: profiles, person-time, scores, derivatives.

All are frames that a person can read before they leave; counts come from the release, so that no
file shows what another hides. Which profiles leave is for `profile_rules` to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from myelomart.analyses.hazard_ratios import DAYS_PER_YEAR, model_of
from myelomart.disclosure.policies import Policy
from myelomart.disclosure.rounding import significant, to_step
from myelomart.display.cells import SUPPRESSED
from myelomart.errors import MyelomartError, StatisticsError
from myelomart.federated.likelihood_profile import likelihood_profile
from myelomart.federated.odach import LEVEL, derivatives_at, reference_levels
from myelomart.federated.profile_rules import withheld
from myelomart.federated.told import shown_parts
from myelomart.population.comparison import (
    Comparison,
    compare,
    endpoint_rows,
    model_covariates,
    wide_covariates,
)
from myelomart.population.rare_levels import fewest_of
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData
from myelomart.survival import cox_regression

RATIOS = "hazard_ratios"  # the analysis type that is pooled by profiles
DIGITS = 3  # of person-years
COEFFICIENT_STEP = 0.1  # of the score's coefficients: about a tenth of an odds ratio
DERIVATIVE_DIGITS = 4  # of adjusted estimates, gradient and Hessian
VALUE_DECIMALS = 4  # of a log likelihood: the top of a pool moves by less than its hundredth error
SCORE_BINS = np.linspace(0, 1, 11)
TERM = re.compile(r"(?P<name>.*?)(?:[=\[](?P<level>.*?)\]?)?")  # "age", "iss=II", "iss[II]"
COLUMNS = {
    "profiles": ["analysis_id", "endpoint", "log_ratio", "log_likelihood", "slope"],
    "endpoints": ["analysis_id", "endpoint", "arm", "n", "events", "person_years", "withheld"],
    "propensity": ["analysis_id", "term", "coefficient"],
    "scores": ["analysis_id", "arm", "score_from", "score_to", "persons"],
    "adjusted": ["analysis_id", "endpoint", "term", "start", "gradient", "estimate", "se"],
    "information": ["analysis_id", "endpoint", "term", "other", "value"],
}


@dataclass
class Aggregates:
    """Rows by file, each of its own columns."""

    rows: dict[str, list[dict]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def add(self, file: str, **values) -> None:
        """Add one row to a file."""
        self.rows[file].append(values)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Every file as a frame, empty ones too."""
        return {name: pd.DataFrame(self.rows[name], columns=own) for name, own in COLUMNS.items()}


def aggregates(
    study: Study, data: StudyData, shown: pd.DataFrame, policy: Policy, rule: str,
    start: dict[str, dict[str, float]] | None = None,
) -> Aggregates:  # fmt: skip
    """What ``study`` adds to its release, whose estimates are ``shown``.

    ``start`` has for an analysis and endpoint ("analysis/endpoint") the coefficients at which the
    derivatives are taken; without it the site's own adjusted estimates are sent.
    """
    found = Aggregates()
    matched_once: set[int] = set()
    for analysis in study.analyses:
        if analysis.analysis_type != RATIOS:
            continue
        try:
            comparison = compare(study, analysis, data)
        except MyelomartError:  # the release says what it lacks
            continue
        if comparison.score is not None and id(comparison) not in matched_once:
            matched_once.add(id(comparison))
            add_score(study, analysis, comparison, policy, shown, found)
        is_matched = analysis.population == "matched"
        persons = comparison.matched if is_matched else comparison.persons
        for endpoint in study.endpoints_of(analysis):
            rows = endpoint_rows(persons, data, endpoint)
            kept = rows[~rows["had_prior_event"].astype(bool)]
            own = shown[(shown["analysis_id"] == analysis.analysis_id)
                        & (shown["endpoint"] == endpoint.endpoint_id)]  # fmt: skip
            key = {"analysis_id": analysis.analysis_id, "endpoint": endpoint.endpoint_id}
            why = _profile(analysis, comparison, kept, policy, rule, key, found)
            _counts(study, analysis, kept, own, policy, why, key, found)
            if analysis.adjustment == "covariates" and why is None:
                at = None if start is None else start.get("/".join(key.values()), {})
                design = adjusted_design(study, analysis, data, persons, kept, policy, shown)
                _adjusted(kept, design, at, key, found)
    return found


def _profile(analysis, comparison, kept, policy, rule, key, found) -> str | None:
    """Add the profile of an endpoint; or say why it stays."""
    events, treated = kept["event"] == 1, kept["treated"].astype(bool)
    sides = [treated, ~treated]
    counts = tuple(int(side.sum()) for side in sides)
    happened = tuple(int((events & side).sum()) for side in sides)
    if why := withheld(rule, policy, counts, happened):
        return why
    model = model_of(analysis, comparison, kept)
    covariates = model.iloc[:, 1:].to_numpy(float) if model.shape[1] > 1 else None
    try:
        profile = likelihood_profile(
            kept["time_days"].to_numpy(float), events.to_numpy(), treated.to_numpy(), covariates
        )
    except StatisticsError as refusal:
        return str(refusal)
    for point, value, slope in zip(profile.point, profile.value, profile.slope, strict=True):
        found.add(
            "profiles", **key, log_ratio=point, log_likelihood=round(value, VALUE_DECIMALS),
            slope=significant(slope, VALUE_DECIMALS),
        )  # fmt: skip
    return None


def _counts(study: Study, analysis: Analysis, kept, own, policy, why, key, found) -> None:
    """Persons and events as the release shows them, and person-time of arms large enough."""
    arms = {analysis.treated_cohort_id: True, analysis.comparator_cohort_id: False}
    for cohort_id, side in arms.items():
        label = study.cohort(cohort_id).label
        arm = kept[kept["treated"] == side]
        released = own[own["arm"] == label].drop_duplicates("statistic").set_index("statistic")
        persons = _released(released, "n")
        years = significant(float(arm["time_days"].sum()) / DAYS_PER_YEAR, DIGITS)
        found.add(
            "endpoints", **key, arm=label, n=persons, events=_released(released, "events"),
            person_years=years if persons >= policy.least_shown else np.nan, withheld=why,
        )  # fmt: skip


def _released(rows: pd.DataFrame, statistic: str) -> float:
    return float(rows["estimate"].get(statistic, np.nan))  # hidden ones have no number


def add_score(study: Study, analysis, comparison: Comparison, policy, shown, found) -> None:
    """The model of the score, but for levels that would tell of few; each arm's scores in tenths.

    A coefficient is near the log odds ratio of a table of arm and level, which gives a cell back.
    """
    score = comparison.score
    scored = comparison.persons.dropna(subset=["score"])  # not those whose level one arm alone has
    treated = scored["treated"].astype(bool).to_numpy()
    hidden = hidden_labels(shown)
    for name, column in zip(score.design.names, score.design.matrix.T, strict=True):
        values = np.unique(column)
        if hidden & labels_of(study, name):
            continue
        if len(values) == 2 and tells_few(column == values[1], treated, policy):
            continue
        found.add(
            "propensity", analysis_id=analysis.analysis_id, term=name,
            coefficient=to_step(score.coefficients[name], COEFFICIENT_STEP),
        )  # fmt: skip
    for side, cohort_id in ((True, analysis.treated_cohort_id),
                            (False, analysis.comparator_cohort_id)):  # fmt: skip
        counts, _ = np.histogram(scored.loc[scored["treated"] == side, "score"], SCORE_BINS)
        shown = shown_parts(counts, policy)
        for low, high, count in zip(SCORE_BINS[:-1], SCORE_BINS[1:], shown, strict=True):
            found.add(
                "scores", analysis_id=analysis.analysis_id, arm=study.cohort(cohort_id).label,
                score_from=round(low, 1), score_to=round(high, 1), persons=count,
            )  # fmt: skip


def adjusted_design(study, analysis, data, persons, kept, policy, shown) -> pd.DataFrame:
    """The arm and every level of the covariates that tells of no few persons or events.

    Rare levels are merged up to the policy's limit. The Hessian has for each two columns how many
    persons have both, near enough to count few: so no level stays of which few are in an arm, or
    few have a level that stays. All levels have a column, the first as well: which of them is the
    reference is for the pool to say, since sites do not know each other's.
    """
    adjusted = tuple(one for one in study.covariates if one.is_adjusted_for)
    fewest = max(fewest_of(analysis), policy.hides_below)
    wide = wide_covariates(study, data, persons)
    model, _, _ = model_covariates(wide, adjusted, fewest)
    columns = pd.get_dummies(model.loc[kept.index], dtype=float, prefix_sep=LEVEL)
    events, treated = (kept["event"] == 1).to_numpy(), kept["treated"].astype(bool).to_numpy()
    numbers = [name for name in columns if not set(columns[name].unique()) <= {0.0, 1.0}]
    levels = sorted(set(columns) - set(numbers), key=lambda name: (-columns[name].sum(), name))
    hidden, few = hidden_labels(shown), {name: columns[name].to_numpy() == 1 for name in levels}
    stay: list[str] = []
    for name in levels:  # the greatest first
        inside = few[name]
        others = (treated, events, *(few[other] for other in stay))
        if (
            not hidden & labels_of(study, name)
            and inside.any() and not inside.all()
            and not any(tells_few(inside, other, policy) for other in others)
        ):  # fmt: skip
            stay.append(name)
    kept_columns = columns[[name for name in columns if name in {*numbers, *stay}]]
    return kept_columns.assign(treated=kept["treated"].astype(float))[["treated", *kept_columns]]


def labels_of(study: Study, term: str) -> set[str]:
    """What the tables of a release may call a term: its covariate, and that with the level."""
    name, level = TERM.fullmatch(term).group("name", "level")
    label = next((one.label for one in study.covariates if one.covariate_id == name), name)
    return {label, f"{label}: {level}"}


def hidden_labels(shown: pd.DataFrame) -> set[str]:
    """Labels of which a release hides a share of its persons, in any arm."""
    is_hidden = shown["status"].eq(SUPPRESSED).fillna(False) & shown["statistic"].isin(["percent"])
    return set(shown.loc[is_hidden, "row_label"].dropna())


def tells_few(inside: np.ndarray, side: np.ndarray, policy: Policy) -> bool:
    """Whether the table of two yes-or-no columns has a cell of few persons.

    >>> from myelomart.disclosure.policies import below
    >>> inside, side = np.repeat([True, False], 50), np.tile([True, False], 50)
    >>> tells_few(inside, side, below(11)), tells_few(inside, np.arange(100) < 3, below(11))
    (False, True)
    """
    cells = [(inside == one) & (side == other) for one in (True, False) for other in (True, False)]
    return any(policy.is_small(int(cell.sum())) for cell in cells)


def _adjusted(kept, design: pd.DataFrame, start, key, found) -> None:
    """The site's own adjusted estimates; or derivatives at the common start."""
    time, event = kept["time_days"].to_numpy(float), (kept["event"] == 1).to_numpy()
    if start is None:
        without_first = design.drop(columns=list(reference_levels(design.columns)))
        try:
            fit = cox_regression(time, event, without_first.loc[:, without_first.nunique() > 1])
        except StatisticsError:  # the arms or the levels do not overlap here: others may tell
            return
        for name, value, se in zip(fit.names, fit.coefficients, fit.se, strict=True):
            found.add("adjusted", **key, term=name, estimate=_short(value), se=_short(se))
        return
    names = tuple(design.columns)
    at = np.array([start.get(name, 0.0) for name in names])
    sent = derivatives_at(time, event, design.to_numpy(float), names, at)
    for k, name in enumerate(names):
        found.add("adjusted", **key, term=name, start=at[k], gradient=_short(sent.gradient[k]))
        for j in range(k + 1):
            found.add("information", **key, term=name, other=names[j],
                      value=_short(sent.information[k, j]))  # fmt: skip


def _short(value: float) -> float:
    return significant(float(value), DERIVATIVE_DIGITS)

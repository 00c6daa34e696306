"""Who is compared with whom: the two arms of an analysis, matched when it says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.errors import MyelomartError, NoData, StatisticsError
from myelomart.matching import match_nearest, propensity_score
from myelomart.matching.overlap import leave_out_unshared, merge_rare_levels
from myelomart.matching.propensity import PropensityScore
from myelomart.population.rare_levels import (
    fewest_of,
    left_out_in_words,
    merged_in_words,
)
from myelomart.study import Analysis, Covariate, Endpoint, Study
from myelomart.study_data import StudyData

UNKNOWN = "unknown"
FEWEST_TO_MATCH = 5  # persons of an arm: fewer than that have no score to speak of


@dataclass(frozen=True)
class Comparison:
    """Two arms: one row per person with `treated`, covariates wide, and `pair` (-1 unmatched)."""

    persons: pd.DataFrame
    covariates: pd.DataFrame  # same rows, the model's columns: no missing values, none constant
    left_out: tuple[str, ...]  # covariates that do not vary, so cannot be adjusted for
    caliper_absolute: float | None
    notes: tuple[str, ...] = ()  # what the model was made to fit, in sentences
    score: PropensityScore | None = None  # the model by which they were matched

    @property
    def matched(self) -> pd.DataFrame:
        """The persons of matched pairs."""
        return self.persons[self.persons["pair"] >= 0]

    @property
    def compared(self) -> pd.DataFrame:
        """The persons whose outcomes are compared: the matched, or all where nobody is matched."""
        return self.persons if self.score is None else self.matched


def compare(study: Study, analysis: Analysis, data: StudyData) -> Comparison:
    """The arms of ``analysis``, made once per matching; ``MyelomartError`` when an arm is empty."""
    return data.once(key_of(analysis), lambda: _compare(study, analysis, data))


def key_of(analysis: Analysis) -> tuple:
    """What tells two comparisons apart: the arms, and how they are made alike."""
    return (
        analysis.treated_cohort_id, analysis.comparator_cohort_id, analysis.population,
        analysis.caliper, analysis.caliper_scale, analysis.match_order, analysis.seed,
        fewest_of(analysis),
    )  # fmt: skip


def _compare(study: Study, analysis: Analysis, data: StudyData) -> Comparison:
    persons = _arms(study, analysis, data)
    if analysis.population == "matched":
        _refuse_few(study, analysis, persons)
    wide = wide_covariates(study, data, persons)
    persons = pd.concat([persons, wide], axis=1)
    adjusted = tuple(one for one in study.covariates if one.is_adjusted_for)
    model, left_out, rare = model_covariates(wide, adjusted, fewest_of(analysis))
    notes = [merged_in_words(study.covariate(name).label, own) for name, own in rare.items()]
    persons["pair"] = -1
    caliper, score = None, None
    if analysis.population == "matched":
        treated = persons["treated"].to_numpy()
        labels = {one.covariate_id: one.label for one in adjusted}
        named = model.rename(columns=labels)
        try:
            shared = leave_out_unshared(treated, named)
        except StatisticsError as refusal:
            raise StatisticsError(f"{analysis.analysis_id}: {refusal}") from None
        kept = shared.kept
        notes += [
            left_out_in_words(one, pd.api.types.is_numeric_dtype(named[one.covariate]))
            for one in shared.left_out
        ]
        score = propensity_score(treated[kept], shared.covariates)
        matches = match_nearest(
            score.probability,
            treated[kept],
            caliper=analysis.caliper,
            scale=analysis.caliper_scale,
            order=analysis.match_order,
            seed=analysis.seed,
        )
        persons.loc[kept, "score"] = score.probability
        persons.loc[kept, "pair"] = matches.pair_ids
        caliper = matches.caliper_absolute
        if not (persons["pair"] >= 0).any():
            raise StatisticsError(
                f"{analysis.analysis_id}: no pair lies within the caliper of {analysis.caliper} "
                "pooled standard deviations: the arms do not overlap."
            )
    return Comparison(persons, model, left_out, caliper, tuple(notes), score)


def _refuse_few(study: Study, analysis: Analysis, persons: pd.DataFrame) -> None:
    """Raise ``NoData`` when an arm is too small to be matched."""
    few = []
    for cohort_id in (analysis.treated_cohort_id, analysis.comparator_cohort_id):
        count = int((persons["cohort_id"] == cohort_id).sum())
        if count < FEWEST_TO_MATCH:
            many = "patients" if count > 1 else "patient"
            few.append(f"{count} {many} in the arm «{study.cohort(cohort_id).label}»")
    if few:
        raise NoData(f"{' and '.join(few)}; matching needs at least {FEWEST_TO_MATCH}")


def endpoint_rows(persons: pd.DataFrame, data: StudyData, one: Endpoint) -> pd.DataFrame:
    """``persons`` with time and ending of one endpoint, in the order of ``persons``."""
    rows = data.endpoint_of(one.endpoint_id, set(persons["cohort_id"]))
    columns = ["cohort_id", "person_id", "time_days", "event", "had_prior_event"]
    keyed = persons.reset_index().merge(rows[columns], on=["cohort_id", "person_id"], how="left")
    return keyed.set_index("index")


def wide_covariates(study: Study, data: StudyData, persons: pd.DataFrame) -> pd.DataFrame:
    """One column per covariate of the study, one row per row of ``persons``."""
    own = data.covariates_of(set(persons["cohort_id"]))
    keys = ["cohort_id", "person_id"]
    place = pd.MultiIndex.from_frame(persons[keys]).get_indexer(pd.MultiIndex.from_frame(own[keys]))
    own, place = own[place >= 0], place[place >= 0]
    of = own.groupby("covariate_id", sort=False).indices
    values = {name: own[name].to_numpy() for name in ("value_text", "value_number")}
    columns = {}
    for one in study.covariates:
        value = values["value_text" if one.value_kind == "category" else "value_number"]
        rows = of.get(one.covariate_id, [])
        column = np.full(len(persons), np.nan, value.dtype)
        column[place[rows]] = value[rows]
        columns[one.covariate_id] = column
    return pd.DataFrame(columns, index=persons.index)


def model_covariates(
    wide: pd.DataFrame, covariates: tuple[Covariate, ...], fewest: int
) -> tuple[pd.DataFrame, tuple[str, ...], dict[str, dict[str, int]]]:
    """What a model can take, the columns that do not vary, and per covariate the levels merged.

    Unknown is a level or an indicator of its own. A missing number is set to the mean and flagged
    by a column `<covariate> unknown`. Levels of fewer than ``fewest`` persons are one level.
    """
    merged: dict[str, dict[str, int]] = {}
    columns: dict[str, pd.Series] = {}
    for one in covariates:
        column = wide[one.covariate_id]
        if one.value_kind == "category":
            levels, rare = merge_rare_levels(column.astype(object).fillna(UNKNOWN), fewest)
            columns[one.covariate_id] = levels
            if rare:
                merged[one.covariate_id] = rare
            continue
        numbers = pd.to_numeric(column)
        missing = numbers.isna()
        if missing.any() and not missing.all():
            columns[f"{one.covariate_id} unknown"] = missing.astype(float)
        columns[one.covariate_id] = numbers.fillna(numbers.mean() if not missing.all() else 0.0)
    constant = tuple(name for name, column in columns.items() if column.nunique() < 2)
    kept = {name: column for name, column in columns.items() if name not in constant}
    if not kept:
        raise MyelomartError(
            "None of the study's covariates varies: there is nothing to adjust for."
        )
    return pd.DataFrame(kept, index=wide.index), constant, merged


def why_empty(study: Study, cohort_id: str, data: StudyData) -> str:
    """Where the last persons left the way into a cohort, in words."""
    steps = data.attrition
    if len(steps):
        steps = steps[steps["cohort_id"] == cohort_id].sort_values("step")
        steps = steps[steps["persons_after"] == 0]
    if not len(steps):
        return "its flow shows at which step the last person left"
    step = steps.iloc[0]
    came = f"{step['persons_before']:,} person{'s' if step['persons_before'] != 1 else ''}"
    if step["label"] == "Index event":
        event = study.cohort(cohort_id).index_event_group
        return f"none of {came} has its index event, «{event}»"
    return f"the last {came} left at the step «{step['label']}»"


def _arms(study: Study, analysis: Analysis, data: StudyData) -> pd.DataFrame:
    wanted = [analysis.treated_cohort_id, analysis.comparator_cohort_id]
    rows = data.population[data.population["cohort_id"].isin(wanted)]
    for cohort_id in wanted:
        if not (rows["cohort_id"] == cohort_id).any():
            raise MyelomartError(
                f"{study.study_id}: no patient reached the cohort "
                f"«{study.cohort(cohort_id).label}»: {why_empty(study, cohort_id, data)}."
            )
    both = rows.loc[rows["person_id"].duplicated(), "person_id"].nunique()
    if both:
        raise MyelomartError(
            f"{study.study_id}: {both} persons are in both arms of {analysis.analysis_id}; "
            "add a criterion to the study that tells the arms apart."
        )
    arms = rows.sort_values(["cohort_id", "person_id"]).reset_index(drop=True)
    return arms.assign(treated=np.asarray(arms["cohort_id"] == analysis.treated_cohort_id))

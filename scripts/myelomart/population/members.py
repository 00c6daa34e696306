"""The members of one cohort: who they are at index, into which groups they fall, what followed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from myelomart.errors import NoData
from myelomart.population.comparison import why_empty, wide_covariates
from myelomart.population.levels import level_in_words
from myelomart.results import Results
from myelomart.study import Analysis, Covariate, Endpoint, Study
from myelomart.study_data import StudyData

EVERYONE = "All"
YES, NO = "yes", "no"


@dataclass(frozen=True)
class Groups:
    """Which group each person is in: labels in order, and one label or a missing value per row."""

    labels: tuple[str, ...]
    of_person: pd.Series
    title: str
    n_unknown: int

    def parts(self, persons: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """The rows of ``persons`` in each group, by its label."""
        own = self.of_person.reindex(persons.index)
        return {label: persons[own == label] for label in self.labels}


def members(study: Study, analysis: Analysis, data: StudyData) -> pd.DataFrame:
    """One row per member of the analysis's cohort with its covariates; ``NoData`` when empty."""
    cohort_id = analysis.treated_cohort_id

    def read() -> pd.DataFrame:
        rows = data.population
        rows = rows[rows["cohort_id"] == cohort_id].sort_values("person_id").reset_index(drop=True)
        return pd.concat([rows, wide_covariates(study, data, rows)], axis=1)

    persons = data.once(("members", cohort_id), read)
    if not len(persons):
        raise NoData(
            f"nobody is in the cohort «{study.cohort(cohort_id).label}»: "
            f"{why_empty(study, cohort_id, data)}"
        )
    return persons


def groups(study: Study, covariate_id: str, persons: pd.DataFrame) -> Groups:
    """The groups that a covariate makes; those whose value is unknown are in none."""
    one = study.covariate(covariate_id)
    labels = labels_of(one, persons)
    known = labels.dropna()
    if not len(known):
        raise NoData(
            f"«{one.label}» is not known of any of the {len(persons)} persons of the cohort, so "
            "that they cannot be told apart by it"
        )
    order = [YES, NO] if one.value_kind == "binary" else _ordered(study, one, known.unique())
    found = [f"{one.label}: {label}" for label in order if (known == label).any()]
    named = labels.map(lambda label: f"{one.label}: {label}", na_action="ignore")
    return Groups(tuple(found), named, one.label, int(labels.isna().sum()))


def _ordered(study: Study, one: Covariate, found) -> list[str]:
    """Levels in the order of the study's rows, the others by name behind them."""
    named = [level_in_words(level) for level in study.levels_of(one.covariate_id)]
    return [*named, *sorted(set(found) - {*named})]


def labels_of(one: Covariate, persons: pd.DataFrame) -> pd.Series:
    """The value of a covariate in words: its level, or yes and no; missing where unknown."""
    values = persons[one.covariate_id].astype(object)
    if one.value_kind == "category":
        return values.map(level_in_words, na_action="ignore")
    if one.value_kind == "number":
        raise NoData(f"«{one.label}» is a number: it makes no groups")
    return values.map({1.0: YES, 0.0: NO}, na_action="ignore")


def arms_of(
    study: Study, analysis: Analysis, persons: pd.DataFrame, results: Results
) -> dict[str, pd.DataFrame]:
    """The whole cohort, or its groups where the analysis names a covariate for them."""
    if not analysis.group_covariate_id:
        return {EVERYONE: persons}
    found = groups(study, analysis.group_covariate_id, persons)
    if found.n_unknown:
        results.warnings.append(
            f"{analysis.output_id}: {found.n_unknown} of {len(persons)} persons are in no group, "
            f"because «{found.title}» is unknown for them."
        )
    return found.parts(persons)


def followed(persons: pd.DataFrame, data: StudyData, one: Endpoint) -> pd.DataFrame:
    """``persons`` with ``time_days`` and ``event`` of an endpoint, without those it drops.

    Raises ``NoData`` when nobody is left.
    """
    rows = data.endpoint_of(one.endpoint_id, set(persons["cohort_id"]))
    rows = rows[~rows["had_prior_event"].astype(bool)]
    columns = ["cohort_id", "person_id", "time_days", "event"]
    kept = persons.reset_index().merge(rows[columns], on=["cohort_id", "person_id"])
    if not len(kept):
        raise NoData(f"nobody of the cohort is followed for «{one.label}»")
    return kept.set_index("index")


def warn_of_no_event(rows: pd.DataFrame, one: Endpoint, output_id: str, results: Results) -> None:
    """Say that a curve without events may be a source that does not record them."""
    if not (rows["event"] == 1).any():
        results.warnings.append(
            f"{output_id}: «{one.label}» happened to none of {len(rows)} persons: either nobody "
            "had it, or the source does not record it."
        )

"""The table of one cohort at index: everybody together, and per group with the study's test."""

from __future__ import annotations

import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.by_arm import table_by_arm
from myelomart.estimates.proportions import add_percent, add_size
from myelomart.estimates.spread import mean_of, median_of
from myelomart.population.comparison import UNKNOWN
from myelomart.population.levels import in_order, level_in_words, level_rows
from myelomart.population.members import EVERYONE, YES, arms_of, labels_of, members
from myelomart.results import Results
from myelomart.study import Analysis, Covariate, Study
from myelomart.study_data import StudyData
from myelomart.tables import compare_categories, compare_numbers

# a median goes with Wilcoxon's test, unless the source document tested it by Student's
TEST_OF = {"mean_sd": "student", "median_iqr_student": "student"}
TESTED = (
    "chi-square test without correction, or Fisher's exact test where an expected count is below "
    "5; Wilcoxon test, or Student's t test where means are shown or the row asks for it"
)
SUMMARIES = {
    "mean_sd": "continuous values as mean and standard deviation",
    "median_range": "continuous values as median and range",
    "median_iqr": "continuous values as median and quartiles",
    "median_iqr_student": "continuous values as median and quartiles, compared by Student's t test",
}


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add n (%) with Wilson's interval, or a summary of numbers, per group; and one p per row."""
    persons = members(study, analysis, data)
    columns = {EVERYONE: persons}
    if analysis.group_covariate_id:
        columns |= arms_of(study, analysis, persons, results)
    for arm, rows in columns.items():
        add_size(results, analysis.output_id, arm, len(rows), time_anchor="index")
    never = []
    for one in study.covariates_of(analysis):
        if one.covariate_id == analysis.group_covariate_id:
            continue
        if persons[one.covariate_id].isna().all():
            never.append(one.label)
        if one.value_kind == "number":
            _numbers(analysis, one, columns, results)
        else:
            _levels(study, analysis, one, columns, data, results)
    if never:
        results.warnings.append(
            f"{analysis.output_id}: nothing is known of any of {len(persons)} persons about "
            f"{', '.join(f'«{label}»' for label in never)}."
        )


def _levels(
    study: Study, analysis: Analysis, one: Covariate, columns: dict, data: StudyData,
    results: Results,
) -> None:  # fmt: skip
    """A row per level, those that the study lists even when empty; a yes or no shows its yes."""
    labels = {arm: labels_of(one, rows) for arm, rows in columns.items()}
    levels = [YES]
    if one.value_kind == "category":
        named = [level_in_words(level) for level in study.levels_of(one.covariate_id)]
        others = set(labels[EVERYONE].dropna()) - {*named}
        levels = [*named, *in_order(others, level_rows(data))]
    tested = _compared(labels, lambda values, arms: compare_categories(values, arms))
    for position, level in enumerate(levels):
        name = one.label if one.value_kind == "binary" else f"{one.label}: {level}"
        for arm, own in labels.items():
            found = own.dropna()
            add_percent(
                results, analysis.output_id, int((found == level).sum()), len(found),
                n_missing=len(own) - len(found), **_common(one, name, arm),
                **(tested if arm == EVERYONE and position == 0 else {}),
            )  # fmt: skip
    for arm, own in labels.items():
        missing = int(own.isna().sum())
        if labels[EVERYONE].isna().any():
            results.add(
                analysis.output_id, "count", estimate=missing, numerator=missing,
                denominator=len(own), **_common(one, f"{one.label}: {UNKNOWN}", arm),
            )  # fmt: skip


def _numbers(analysis: Analysis, one: Covariate, columns: dict, results: Results) -> None:
    """Median with quartiles and range, or mean and standard deviation, as the style says."""
    values = {
        arm: pd.to_numeric(rows[one.covariate_id]).astype(float) for arm, rows in columns.items()
    }
    test = TEST_OF.get(analysis.summary_style, "wilcoxon")
    tested = _compared(values, lambda numbers, arms: compare_numbers(numbers, arms, test))
    for arm, own in values.items():
        known = own.dropna()
        common = _common(one, one.label, arm) | {
            "denominator": len(known), "n_missing": len(own) - len(known),
            "status": None if len(known) else "no_data",
        }  # fmt: skip
        shown = tested if arm == EVERYONE else {}
        if analysis.summary_style == "mean_sd":
            results.add(analysis.output_id, "mean", **mean_of(known), **common, **shown)
            results.add(analysis.output_id, "sd", estimate=known.std(ddof=1), **common)
            continue
        results.add(analysis.output_id, "median", **median_of(known), **common, **shown)


def _compared(of_arm: dict[str, pd.Series], test) -> dict:
    """p and test of the groups (not of everybody together); empty where there are no groups."""
    groups = {arm: values.dropna() for arm, values in of_arm.items() if arm != EVERYONE}
    groups = {arm: values for arm, values in groups.items() if len(values)}
    if len(groups) < 2:
        return {}
    values = pd.concat(groups.values())
    arms = [arm for arm, own in groups.items() for _ in own]
    outcome = test(values.to_numpy(), arms)
    return {"p_value": outcome.p, "p_test": outcome.test}


def _common(one: Covariate, label: str, arm: str) -> dict:
    return {
        "population": "all", "row_group": one.row_group, "row_label": label, "arm": arm,
        "endpoint": one.covariate_id, "time_anchor": "index",
    }  # fmt: skip


def says(words: Words) -> str:
    """The method in words."""
    said = (
        f"{words.of} at index: percentages of those with a known value, with Wilson intervals; "
        "unknown values are counted"
    )
    if words.by:
        said += f"; compared by {words.by}: {TESTED}"
    if words.row.summary_style:
        said += f"; {SUMMARIES[words.row.summary_style]}"
    return said


ANALYSIS = AnalysisType("cohort_table", make, table_by_arm, says)

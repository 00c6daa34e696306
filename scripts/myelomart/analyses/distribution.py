"""How numbers are spread in each group: boxes, medians with quartiles, Wilcoxon's test."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.by_arm import table_by_arm
from myelomart.display.numbers import NAMES
from myelomart.errors import NoData
from myelomart.estimates.proportions import add_size
from myelomart.estimates.spread import median_of
from myelomart.figures.boxes import boxes
from myelomart.figures.survival_plot import tested_words
from myelomart.population.members import arms_of, members
from myelomart.results import Results
from myelomart.study import Analysis, Covariate, Study
from myelomart.study_data import StudyData
from myelomart.tables import compare_numbers


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add median, quartiles and range per group and number, with the test between groups."""
    persons = members(study, analysis, data)
    numbers = [one for one in study.covariates_of(analysis) if one.value_kind == "number"]
    known = [one for one in numbers if persons[one.covariate_id].notna().any()]
    if not known:
        names = ", ".join(f"«{one.label}»" for one in numbers) or "any number"
        raise NoData(
            f"{names}: no value is known of any of {len(persons)} persons; a clinical record "
            "rarely holds it"
        )
    arms = arms_of(study, analysis, persons, results)
    names = [one.covariate_id for one in known]
    for label, rows in arms.items():
        add_size(
            results, analysis.output_id, label, int(rows[names].notna().any(axis=1).sum()),
            "Persons with a value", population="all", time_anchor="index",
        )  # fmt: skip
    drawn = []
    for one in known:
        values = {
            label: pd.to_numeric(rows[one.covariate_id]).astype(float)
            for label, rows in arms.items()
        }
        found = {label: own.dropna() for label, own in values.items()}
        pooled = pd.concat(found.values())
        labels = [label for label, own in found.items() for _ in own]
        tested = compare_numbers(pooled.to_numpy(), labels) if len(set(labels)) > 1 else None
        for label, own in found.items():
            results.add(
                analysis.output_id, "median", population="all", row_group=one.row_group,
                row_label=one.label, arm=label, denominator=len(own), **median_of(own),
                n_missing=len(values[label]) - len(own), endpoint=one.covariate_id,
                p_value=tested.p if tested else None, p_test=tested.test if tested else None,
                time_anchor="index", status=None if len(own) else "no_data",
            )  # fmt: skip
        if len(set(labels)) > 2:
            _pairs(analysis, one, found, results)
        name = NAMES.get(tested.test, tested.test) if tested else ""
        drawn.append((one.label, found, tested_words(name, tested.p) if tested else ""))
    results.add_figure(f"{analysis.output_id}_boxes", boxes(drawn, analysis.title))


def _pairs(analysis: Analysis, one: Covariate, found: dict, results: Results) -> None:
    """Each pair of groups by itself, as panels of two groups compare them."""
    for first, second in combinations([label for label, own in found.items() if len(own)], 2):
        values = pd.concat([found[first], found[second]])
        labels = [label for label in (first, second) for _ in found[label]]
        tested = compare_numbers(values.to_numpy(), labels)
        results.add(
            analysis.output_id, "pair", population="all", row_group="Pairs of groups",
            row_label=f"{one.label}: {first} against {second}", comparator=second,
            endpoint=one.covariate_id, denominator=len(values), p_value=tested.p,
            p_test=tested.test, time_anchor="index",
        )  # fmt: skip


def says(words: Words) -> str:
    """The method in words."""
    said = f"{words.of}: medians with quartiles"
    if words.by:
        said += (
            f"; compared by {words.by}: Wilcoxon test, and for each pair of groups where there are "
            "more than two"
        )
    return said


ANALYSIS = AnalysisType("distribution", make, table_by_arm, says)

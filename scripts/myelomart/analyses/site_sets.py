"""Which sites occur together: every site with its own denominator, and every combination."""

from __future__ import annotations

import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.by_arm import table_by_arm
from myelomart.errors import NoData
from myelomart.estimates.proportions import add_percent
from myelomart.figures.upset import upset
from myelomart.population.members import members
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add each site of those assessed for it, and the combinations of those assessed for all."""
    persons = members(study, analysis, data)
    sites = [one for one in study.covariates_of(analysis) if one.value_kind == "binary"]
    sites = [one for one in sites if persons[one.covariate_id].notna().any()]
    if not sites:
        wanted = analysis.row_groups or "the study"
        raise NoData(
            f"no site of «{wanted}» was assessed in any of {len(persons)} persons: the source "
            "records none of them"
        )
    common = {"population": "all", "time_anchor": "index", "arm": "All"}
    for one in sites:
        known = pd.to_numeric(persons[one.covariate_id]).dropna()
        add_percent(
            results, analysis.output_id, int(known.sum()), len(known), row_group=one.row_group,
            row_label=one.label, endpoint=one.covariate_id,
            n_missing=len(persons) - len(known), **common,
        )  # fmt: skip
    wide = persons[[one.covariate_id for one in sites]].apply(pd.to_numeric)
    assessed = wide.dropna().astype(int)
    labels = [one.label for one in sites]
    if not len(assessed):
        results.warnings.append(
            f"{analysis.output_id}: nobody was assessed for all of {', '.join(labels)}."
        )
        return
    counts = assessed.value_counts().rename("count").reset_index()
    counts = counts.sort_values(
        ["count", *wide.columns], ascending=[False] + [True] * len(sites)
    )  # fmt: skip
    combinations = []
    for row in counts.to_dict("records"):
        present = tuple(one.label for one in sites if row[one.covariate_id])
        combinations.append((present, int(row["count"])))
        add_percent(
            results, analysis.output_id, int(row["count"]), len(assessed),
            row_group="Combinations", row_label=" + ".join(present) or "none of these",
            n_missing=len(persons) - len(assessed), **common,
        )  # fmt: skip
    sizes = {one.label: int(assessed[one.covariate_id].sum()) for one in sites}
    results.add_figure(
        f"{analysis.output_id}_sites",
        upset(combinations, sizes, f"{analysis.title}, {len(assessed)} persons assessed for all"),
    )


def says(words: Words) -> str:
    """The method in words."""
    return (
        f"{words.of}: each site among those assessed for it, and each combination among those "
        "assessed for all"
    )


ANALYSIS = AnalysisType("site_sets", make, table_by_arm, says)

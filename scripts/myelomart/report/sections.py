"""What the page shows of each analysis type: its table, how its figures lie, what it reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from myelomart.protocol import analysis_prose
from myelomart.report import (
    cohort_views,
    comparison_views,
    evidence_view,
    robustness_view,
    survival_views,
)
from myelomart.report.printed import printed_table
from myelomart.report.table import Table
from myelomart.results import Results
from myelomart.study import Analysis, Study

PERSONS = ("study_population", "study_covariates")
FOLLOWED = (*PERSONS, "study_endpoints")
WIDE = 500.0  # pixels of the view box
LINES = ("study_population", "study_lines", "study_levels")


@dataclass(frozen=True)
class View:
    """How one analysis type is shown: a table of its estimates, and the models behind them."""

    table: Callable[[list, str], Table] | None
    models: tuple[str, ...]
    is_gallery: bool = False
    is_folded: bool = False  # the figures say it; the table is there for those who want it


VIEWS = {
    "attrition": View(cohort_views.flow_table, ("study_attrition",)),
    "baseline": View(comparison_views.baseline_table, PERSONS),
    "cohort_table": View(cohort_views.cohort_table, PERSONS),
    "cumulative_incidence": View(survival_views.incidence_table, FOLLOWED, True),
    "distribution": View(cohort_views.by_arm, PERSONS),
    "ever_treated": View(survival_views.exposure_table, FOLLOWED, True),
    "evidence_summary": View(evidence_view.evidence_table, (*FOLLOWED, "study_published")),
    "hazard_ratios": View(None, (*FOLLOWED, "study_testing", "study_published")),
    "kaplan_meier": View(survival_views.survival_table, FOLLOWED, True, is_folded=True),
    "line_table": View(cohort_views.line_table, LINES),
    "prognostic_factors": View(survival_views.factor_table, FOLLOWED),
    "response_bars": View(cohort_views.by_arm, (*PERSONS, "study_levels")),
    "robustness": View(robustness_view.robustness_table, (*FOLLOWED, "study_testing")),
    "site_sets": View(cohort_views.by_arm, PERSONS),
    "subgroups": View(robustness_view.subgroup_table, (*FOLLOWED, "study_strata")),
    "survival": View(survival_views.survival_table, FOLLOWED, True),
    "swimmer": View(cohort_views.by_arm, (*LINES, "study_endpoints")),
    "transitions": View(cohort_views.transition_table, PERSONS),
}


@dataclass(frozen=True)
class Figure:
    """A figure on the page; a wide one takes a whole row."""

    svg: Markup
    is_wide: bool


@dataclass(frozen=True)
class Section:
    """One output of a study on the page: what it is, its table, its figures, what it lacks."""

    title: str
    anchor: str
    output_id: str
    said: str  # what was done, in words
    table: Table | None
    printed: Table | None
    figures: list[Figure]
    is_gallery: bool
    is_folded: bool
    missing: str | None
    models: tuple[str, ...]


def section(study: Study, analysis: Analysis, results: Results, published: pd.DataFrame) -> Section:
    """What the page shows of ``analysis``, with what the source document prints of it."""
    view = VIEWS[analysis.analysis_type]
    own = results.own_rows(analysis.analysis_id)
    missing = results.missing.get(analysis.analysis_id)
    table = None
    if missing is None and own:
        if view.table is None:
            table = comparison_views.hazard_ratio_table(own, published, analysis.title)
        else:
            table = view.table(own, analysis.title)
    printed = printed_table(analysis.analysis_id, analysis.analysis_type, own, published)
    return Section(
        analysis.title,
        analysis.analysis_id,
        analysis.output_id,
        analysis_prose(study, analysis),
        table,
        printed,
        [_figure(svg) for svg in results.own_figures(analysis.analysis_id).values()],
        view.is_gallery,
        view.is_folded,
        missing,
        view.models,
    )


def _figure(svg: str) -> Figure:
    width = re.search(r'viewBox="0 0 ([\d.]+)', svg)
    return Figure(Markup(svg), width is not None and float(width.group(1)) > WIDE)

"""A study of one analysis, made on the spot, so that a page runs what a study's row would run."""

from __future__ import annotations

from collections.abc import Sequence

from myelomart.study import Analysis, Cohort, Covariate, Endpoint, Study

STUDY = "explored"


def cohort_of(cohort_id: str, label: str, arm: str = "single") -> Cohort:
    """A cohort whose members are given; its index event was asked for elsewhere."""
    return Cohort(cohort_id, arm, label, "", 1, 0, None, None)


def analysis_of(kind: str, treated: str, comparator: str | None = None, **chosen) -> Analysis:
    """An analysis of a kind, with what a row of `analyses.csv` may choose."""
    plain = {
        "population": "all",
        "adjustment": "none",
        "caliper": None,
        "caliper_scale": None,
        "match_order": None,
        "seed": None,
    }
    return Analysis(kind, kind, "", kind, treated, comparator, **(plain | chosen))


def study_of(
    cohorts: Sequence[Cohort],
    covariates: Sequence[Covariate] = (),
    endpoints: Sequence[Endpoint] = (),
    analyses: Sequence[Analysis] = (),
    study_id: str = STUDY,
) -> Study:
    """A study that asks what a page asks."""
    return Study(
        study_id,
        "",
        "",
        "",
        "",
        tuple(cohorts),
        (),
        tuple(covariates),
        tuple(endpoints),
        tuple(analyses),
    )

"""A flow as a policy shows it, by the rules of a release: no step tells a hidden one."""

from __future__ import annotations

import pandas as pd

from myelomart.analyses.attrition import ANALYSIS
from myelomart.disclosure.coarsening import coarsened
from myelomart.disclosure.policies import Policy
from myelomart.explore.one_analysis import analysis_of, cohort_of, study_of
from myelomart.results import Results
from myelomart.study_data import StudyData


def shown_flow(flow: pd.DataFrame, policy: Policy | None) -> pd.DataFrame:
    """The rows of `cohort_attrition`; what ``policy`` hides is missing, the rest is rounded."""
    if policy is None:
        return flow
    cohort = cohort_of(flow["cohort_id"].iloc[0], "cohort")
    study = study_of([cohort], analyses=[analysis_of(ANALYSIS.name, cohort.cohort_id)])
    results = Results(study.study_id, analysis_id=study.analyses[0].analysis_id)
    ANALYSIS.make(study, study.analyses[0], StudyData(attrition=flow), results)
    told = coarsened(results.estimate_frame(), policy)
    after = told[told["statistic"] == "persons_after"]
    left = told[told["statistic"] == "persons_excluded"]
    return flow.assign(
        persons_before=after["denominator"].to_numpy(),
        persons_excluded=left["estimate"].to_numpy(),
        persons_unknown=left["n_missing"].to_numpy(),
        persons_after=after["estimate"].to_numpy(),
    )

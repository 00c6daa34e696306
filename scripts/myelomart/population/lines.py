"""Lines of therapy after index, and the grouping that the tables of treatments read them by."""

from __future__ import annotations

import pandas as pd

from myelomart.study import Analysis
from myelomart.study_data import StudyData

COLUMNS = ["person_id", "ordinal_after_index", "start_day", "end_day", "group",
           "is_t_cell_engaging", "best_response", "is_evaluable"]  # fmt: skip
LEVELS = "salvage"
UNGROUPED = "in no group"


def lines_of(analysis: Analysis, data: StudyData) -> pd.DataFrame:
    """The lines of the analysis's cohort, each with its treatment group in words."""
    if not len(data.lines):
        return pd.DataFrame(columns=COLUMNS)
    own = data.lines[data.lines["cohort_id"] == analysis.treated_cohort_id]
    group = own["therapy_group_salvage"].astype(object)
    return own.assign(group=group.where(group.notna(), UNGROUPED))

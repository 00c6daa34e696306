"""The cohort that is tried out as a study file, to be checked, completed and built."""

from __future__ import annotations

import re

from myelomart.explore.definition import Definition
from myelomart.study_file.writing import as_yaml

ASKED = "To be written: what is asked of these persons?"
CARE = "The criteria were tried out on the data before the study was written: say so."


def as_study_file(definition: Definition, title: str) -> str:
    """The YAML of a study with this cohort and the flow into it: what is switched on, no more.

    Events that no study has named get a name in the file.
    """
    study = re.sub("[^a-z0-9]+", "_", title.lower()).strip("_") or "my_cohort"
    cohort = f"{study}_persons"
    asked = {definition.index_event_group, *(one.event_group for one in definition.counted)}
    own = {
        group: (f"{study}_{code}", kind, code)
        for group, (kind, code) in definition.groups.items()
        if group in asked
    }
    criteria = [one.row() | {"cohort_id": cohort} for one in definition.counted]
    entry = definition.row() | {"cohort_id": cohort, "study_id": study, "label": title}
    for row, column in [(entry, "index_event_group"), *((one, "event_group") for one in criteria)]:
        if row[column] in own:
            row[column] = own[row[column]][0]
    rows = {
        "studies": [
            {
                "study_id": study,
                "title": title,
                "question": ASKED,
                "design": "Cohort made in the explorer",
                "caution": CARE,
                "sort_order": 100,
            }
        ],
        "event_groups": [
            {
                "event_group_id": name,
                "label": code.replace("_", " ").capitalize(),
                "event_type": kind,
                "event_code": code,
            }
            for name, kind, code in own.values()
        ],
        "cohorts": [entry],
        "cohort_criteria": criteria,
        "analyses": [
            {
                "analysis_id": f"{study}_flow",
                "output_id": f"{study}_flow",
                "title": "Who is in the cohort",
                "analysis_type": "attrition",
                "treated_cohort_id": cohort,
                "population": "all",
                "adjustment": "none",
            }
        ],
    }
    return as_yaml(
        {
            table: [{name: _cell(value) for name, value in row.items()} for row in own_rows]
            for table, own_rows in rows.items()
        }
    )


def _cell(value: object) -> str:
    """A value as the seeds write it: a whole number without its point, nothing for nothing."""
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)

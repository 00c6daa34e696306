"""The words around the curves of a study: what is on each axis, counted from when."""

from __future__ import annotations

from myelomart.figures.survival_plot import Frame
from myelomart.study import Analysis, Cohort, Endpoint, Study
from myelomart.study_data import StudyData


def curve_name(endpoint: Endpoint, data: StudyData) -> str | None:
    """What those without the event are called (overall survival); None where it has no name."""
    rows = data.rows["curve_names"]
    if not len(rows):
        return None
    own = rows.loc[rows["endpoint_id"] == endpoint.endpoint_id, "curve_label"]
    return str(own.iloc[0]) if len(own) else None


def time_zero(study: Study, analysis: Analysis, data: StudyData, after_days: int = 0) -> str:
    """The title of the axis of time: months from which event, or from how long after it."""
    named = (analysis.treated_cohort_id, analysis.comparator_cohort_id)
    cohorts = [study.cohort(one) for one in named if one]
    labels = dict.fromkeys(in_sentence(index_label(one, data)) for one in cohorts)
    days = after_days + cohorts[0].index_offset_days
    later = f"day {days} after " if days > 0 else f"day {days} before " if days < 0 else ""
    return f"Months from {later}{' or '.join(labels)}"


def frame_of(
    study: Study, analysis: Analysis, endpoint: Endpoint, data: StudyData, *told: str,
    title: str | None = None, rises: bool = False, after_days: int = 0, note: str = "",
) -> Frame:  # fmt: skip
    """The words of one panel; ``told`` are its tests and effects."""
    name = curve_name(endpoint, data) or f"Without: {endpoint.label}"
    if rises:
        name = "Cumulative incidence"
    if title is None:
        title = _title(study, analysis, endpoint)
    return Frame(title, name, time_zero(study, analysis, data, after_days), told, note)


def figure_name(study: Study, analysis: Analysis, endpoint: Endpoint) -> str:
    """Of which figure a curve is a panel.

    Analyses of one output that draw the same endpoints share a figure per endpoint; the endpoints
    of one that stands alone share a figure.
    """
    alike = _alike(study, analysis)
    if len(alike) < 2 and len(study.endpoints_of(analysis)) > 1:
        return f"{analysis.output_id}_{analysis.analysis_id}"
    by = f"_by_{analysis.group_covariate_id}" if analysis.group_covariate_id else ""
    return f"{analysis.output_id}_{endpoint.endpoint_id}{by if len(alike) < 2 else ''}"


def figure_title(study: Study, analysis: Analysis, endpoint: Endpoint) -> str:
    """What the figure of `figure_name` is called: its endpoint where several analyses share it."""
    shared = len(_alike(study, analysis)) > 1 and len(study.endpoints_of(analysis)) > 1
    return endpoint.label if shared else analysis.title


def _alike(study: Study, analysis: Analysis) -> list[Analysis]:
    what = ("analysis_type", "output_id", "endpoint_ids")
    return [
        one for one in study.analyses
        if all(getattr(one, name) == getattr(analysis, name) for name in what)
    ]  # fmt: skip


def _title(study: Study, analysis: Analysis, endpoint: Endpoint) -> str:
    """The title of a panel: the analysis, or the endpoint with its groups and other cohort."""
    if analysis.comparator_cohort_id:
        return endpoint.label
    if len(study.endpoints_of(analysis)) == 1:
        return analysis.title
    title = endpoint.label
    if analysis.group_covariate_id:
        title += f", by {in_sentence(study.covariate(analysis.group_covariate_id).label)}"
    alike = _alike(study, analysis)
    if alike and alike[0].treated_cohort_id != analysis.treated_cohort_id:
        title += f": {in_sentence(study.cohort(analysis.treated_cohort_id).label)}"
    return title


def index_label(cohort: Cohort, data: StudyData) -> str:
    """The event that is a cohort's time zero, in words."""
    rows = data.rows["event_groups"]
    label = "Time zero"
    if len(rows):
        own = rows.loc[rows["event_group_id"] == cohort.index_event_group, "label"]
        label = str(own.iloc[0]) if len(own) else label
    return label


def in_sentence(label: str) -> str:
    """A label within a sentence: a small first letter, unless it begins with an abbreviation."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label

"""The rows that a warehouse holds for one study; they note which of them were read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any

import duckdb
import pandas as pd

from myelomart.study import Study, study_frame


class _Rows:
    """The study's rows of one model of the `studies` schema; whoever reads them is noted."""

    def __init__(self, model: str, order: str, is_of_study: bool = True):
        self.model, self.order, self.is_of_study = model, order, is_of_study

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def read(self, connection: duckdb.DuckDBPyConnection, study: Study) -> pd.DataFrame:
        """The rows of ``study``, in a fixed order."""
        of_study = study.study_id if self.is_of_study else None
        return study_frame(connection, self.model, of_study, self.order)

    def __get__(self, data: StudyData | None, owner: type) -> pd.DataFrame:
        if data is None:
            return self
        data.note(self.model)
        return data.rows[self.name]


class StudyData:
    """What the studies schema says of one study, each table in a fixed order.

    A table that is read while somebody is `noting` is noted by the name of its model, so that a
    number can say where it comes from.
    """

    population = _Rows("study_population", "cohort_id, person_id")
    covariates = _Rows("study_covariates", "cohort_id, person_id, covariate_id")
    endpoints = _Rows("study_endpoints", "cohort_id, person_id, endpoint")
    repeats = _Rows("study_repeated_events", "cohort_id, person_id, endpoint, time_days, kind")
    attrition = _Rows("study_attrition", "cohort_id, step")
    testing = _Rows("study_test_intensity", "cohort_id, person_id, endpoint")
    lab_changes = _Rows("study_lab_changes", "cohort_id, person_id, lab")
    lines = _Rows("study_lines", "cohort_id, person_id, ordinal_after_index")
    levels = _Rows("study_category_order", "level_kind, sort_order, level", is_of_study=False)
    strata = _Rows("study_subgroups", "stratum_id, cohort_id, person_id")
    event_groups = _Rows("event_groups", "event_group_id, label", is_of_study=False)
    curve_names = _Rows("curve_names", "endpoint_id")
    ratio_units = _Rows("ratio_units", "covariate_id")
    choices = _Rows("analysis_choices", "sort_order, choice_id")
    gates = _Rows("diagnostic_gates", "diagnostic")
    validity = _Rows("outcome_validity", "endpoint_id, arm")
    published = _Rows("study_published", "row_id")
    warnings = _Rows("study_warnings", "warning")
    main_results = _Rows("main_results", "sort_order")

    def __init__(self, **rows: pd.DataFrame):
        unknown = set(rows) - set(tables())
        if unknown:
            raise TypeError(f"a study has no table {', '.join(sorted(unknown))}")
        self.beside: dict[str, StudyData] = {}  # the same study under other rule sets, by name
        self.rows: Mapping[str, pd.DataFrame] = {
            name: rows.get(name, pd.DataFrame()) for name in tables()
        }
        self._noting: list[set[str]] = []
        self._made: dict[Any, tuple[Any, frozenset[str]]] = {}

    def covariates_of(self, cohorts: Set[str]) -> pd.DataFrame:
        """The covariates of the members of ``cohorts``."""
        rows = self.covariates
        return rows[rows["cohort_id"].isin(cohorts)]

    def endpoint_of(self, endpoint_id: str, cohorts: Set[str]) -> pd.DataFrame:
        """Time and ending of one endpoint, of the members of ``cohorts``."""
        rows = self.endpoints
        return rows[(rows["endpoint"] == endpoint_id) & rows["cohort_id"].isin(cohorts)]

    def repeats_of(self, endpoint_id: str, cohorts: Set[str]) -> pd.DataFrame:
        """Occurrences of one endpoint and ends of follow-up, of the members of ``cohorts``."""
        rows = self.repeats
        if not len(rows):
            return pd.DataFrame(columns=["cohort_id", "person_id", "time_days", "kind", "days"])
        return rows[(rows["endpoint"] == endpoint_id) & rows["cohort_id"].isin(cohorts)]

    def note(self, *models: str) -> None:
        """Tell everybody who is noting that ``models`` were read."""
        for one in self._noting:
            one.update(models)

    @contextmanager
    def noting(self) -> Iterator[set[str]]:
        """The models that are read until the block ends."""
        read: set[str] = set()
        self._noting.append(read)
        try:
            yield read
        finally:
            self._noting.pop()  # blocks end in the reverse order of their beginning

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What ``make`` gives, made once per ``key``; what it read is noted every time."""
        if key not in self._made:
            with self.noting() as read:
                value = make()
            self._made[key] = value, frozenset(read)
        value, models = self._made[key]
        self.note(*models)
        return value

    def each(self, change: Callable[[pd.DataFrame], pd.DataFrame]) -> StudyData:
        """The same study with every table as ``change`` gives it; nothing is made of it yet."""
        return StudyData(**{name: change(rows) for name, rows in self.rows.items()})


def tables() -> dict[str, _Rows]:
    """The tables of a study by their name here, in the order in which an origin lists them."""
    return {name: one for name, one in vars(StudyData).items() if isinstance(one, _Rows)}


def in_order(models: set[str]) -> tuple[str, ...]:
    """``models`` in the order in which an origin lists them."""
    return tuple(one.model for one in tables().values() if one.model in models)


def read_data(connection: duckdb.DuckDBPyConnection, study: Study) -> StudyData:
    """The study's rows of the `studies` schema, in a fixed order."""
    return StudyData(**{name: one.read(connection, study) for name, one in tables().items()})

"""The rows of a study, each read when an analysis asks for it: one output needs few of them."""

from __future__ import annotations

from collections.abc import Set

import pandas as pd

from myelomart.explore.opened import Opened, text_of
from myelomart.study import Study
from myelomart.study_data import StudyData, tables


class AskedData(StudyData):
    """As `StudyData`; covariates and endpoints are read of the cohorts that are asked for."""

    def __init__(self, opened: Opened, study: Study):
        super().__init__()
        self.rows = _Read(lambda name: tables()[name].read(opened.cursor(), study))
        self._opened = opened

    def covariates_of(self, cohorts: Set[str]) -> pd.DataFrame:
        """The covariates of the members of ``cohorts``."""
        self.note("study_covariates")
        return self._asked("followed_covariates", cohorts=tuple(sorted(cohorts)))

    def endpoint_of(self, endpoint_id: str, cohorts: Set[str]) -> pd.DataFrame:
        """Time and ending of one endpoint, of the members of ``cohorts``."""
        self.note("study_endpoints")
        asked = {"endpoint": endpoint_id, "cohorts": tuple(sorted(cohorts))}
        return self._asked("followed_endpoint", **asked)

    def _asked(self, question: str, **bound: object) -> pd.DataFrame:
        """The rows of a question, by way of Arrow: words are not copied one by one."""
        cursor = self._opened.cursor()

        def read() -> pd.DataFrame:
            return cursor.sql(text_of(question), params=bound).to_arrow_table().to_pandas()

        return self.once((question, *bound.items()), read)


class _Read(dict):
    """Tables by name; ``read`` gives one that nobody asked for before."""

    def __init__(self, read):
        super().__init__()
        self._read = read

    def __missing__(self, name: str) -> pd.DataFrame:
        self[name] = self._read(name)
        return self[name]

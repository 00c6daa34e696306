"""What a kind of analysis is: what it computes, how it is shown, and what it says in words.

Each is one module of `myelomart.analyses` with an `ANALYSIS` of this class; it never knows a study.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from myelomart.display.printed import ours
from myelomart.display.table import Table
from myelomart.results import Results
from myelomart.study import Analysis, Endpoint, Study
from myelomart.study_data import StudyData


@dataclass(frozen=True)
class Words:
    """What the row of an analysis names, in words; empty where it names nothing."""

    of: str  # the cohort, or one arm against the other
    by: str  # the covariate that makes the groups
    to: str  # the covariate that is the outcome
    after: str  # the endpoint that makes the groups
    row: Analysis
    endpoints: tuple[Endpoint, ...] = ()  # that are counted
    competing: tuple[Endpoint, ...] = ()  # those of them that have a competing event
    strata: tuple[str, ...] = ()  # the subgroups of the study
    counted: tuple[Endpoint, ...] = ()  # of which every occurrence counts

    @property
    def left_out(self) -> str:
        """Who is left out of an endpoint for a history of it, as part of a method; or nothing."""
        asked = [one.label for one in self.endpoints if one.excludes_prior]
        if not asked:
            return ""
        if len(asked) == len(self.endpoints):
            return ", persons with an earlier one left out"
        return (
            f", without persons who had the outcome earlier in {len(asked)} of "
            f"{len(self.endpoints)} endpoints"
        )


@dataclass(frozen=True)
class AnalysisType:
    """A kind of analysis, by its name in `seeds/studies/analyses.csv`."""

    name: str
    make: Callable[[Study, Analysis, StudyData, Results], None]  # adds estimates, curves, figures
    table: Callable[..., Table]  # of the estimates under a title
    says: Callable[[Words], str]
    ours: Callable[[object, list], str] = ours  # our value of a printed one, among the estimates
    holds_printed: bool = False  # its table is given the printed numbers, after the title
    is_gallery: bool = False
    is_folded: bool = False  # the figures say it; the table is there for those who want it

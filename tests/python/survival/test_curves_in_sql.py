"""The curves of `studies.study_cumulative_incidence` are those of the Python estimators."""

import numpy as np
import pandas as pd
import pytest

from myelomart import warehouse
from myelomart.survival import cumulative_incidence, kaplan_meier

KEYS = ["study_id", "cohort_id", "endpoint"]


@pytest.fixture(scope="module")
def tables(demo) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The follow-up of every member at risk, and the curves, of the demonstration."""
    with warehouse.database(demo / "myelomart.duckdb") as connection:
        followed = connection.sql(
            "select * from studies.study_endpoints where not had_prior_event and entry_days >= 0"
        ).df()
        curves = connection.sql("select * from studies.study_cumulative_incidence").df()
    return followed, curves.sort_values([*KEYS, "time_days"])


def test_every_curve_in_sql_is_that_of_the_estimators(tables):
    followed, curves = tables
    drawn = dict(list(curves.groupby(KEYS)))
    assert len(drawn) == followed.groupby(KEYS).ngroups > 100
    for key, rows in followed.groupby(KEYS):
        time, code, entry = (rows[name].to_numpy() for name in ("time_days", "event", "entry_days"))
        either = kaplan_meier(time, code > 0, entry=entry)
        own = drawn[key]
        assert own["time_days"].tolist() == either.time.tolist()
        assert own["at_risk"].tolist() == either.n_risk.tolist()
        assert own["censored"].tolist() == either.n_censor.tolist()
        assert own["event_free"].to_numpy() == pytest.approx(either.survival, abs=1e-9)
        causes = cumulative_incidence(time, code, entry=entry) if (code > 0).any() else {}
        for cause, name in ((1, "incidence"), (2, "competing_incidence")):
            theirs = causes[cause].incidence if cause in causes else np.zeros(len(own))
            assert own[name].to_numpy() == pytest.approx(theirs, abs=1e-9)


def test_the_demonstration_has_competing_events_and_late_entries(tables):
    followed, curves = tables
    assert (curves["competing_events"] > 0).any()
    assert (followed["entry_days"] > 0).any()

"""Everything that a study found goes through one door, which refuses what it does not know."""

import pytest

from myelomart.results import ESTIMATE_COLUMNS, Results


@pytest.mark.parametrize("name", ["estimat", "study_id", "analysis_id"])
def test_a_column_that_estimates_do_not_have_is_refused_by_name(name):
    results = Results("made_up")
    with pytest.raises(TypeError, match=f"an estimate has no column {name}"):
        results.add("OUT-1", "percent", arm="All", **{name: 0.5})
    assert results.estimates == []


def test_every_other_column_is_kept():
    results = Results("made_up", analysis_id="one")
    values = {
        name: "a word" if kind == "string" else 0.5 for name, kind in ESTIMATE_COLUMNS.items()
    }
    del values["study_id"], values["analysis_id"], values["output_id"], values["statistic"]
    results.add("OUT-1", "percent", **values)
    row = results.estimate_frame().iloc[0]
    assert row.notna().all()
    assert (row["study_id"], row["analysis_id"], row["estimate"]) == ("made_up", "one", 0.5)

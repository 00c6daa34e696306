"""Two releases of one warehouse that differ by one person look the same."""

import pandas as pd
import pytest

from myelomart.disclosure.former import Former, persons_as_they_were
from myelomart.disclosure.policies import below
from myelomart.disclosure.suppression import suppress

P = below(11)


def released(results) -> Former:
    """The release of ``results``, which are suppressed."""
    words = {results.study_id: results.warnings[:-1]}
    return Former(results.estimate_frame(), results.curve_frame(), words, P)


def after(first, second, out=frozenset()):
    """``second`` as it is released beside ``first``."""
    suppress([first], P, {})
    before = released(first)
    suppress([second], P, {}, [before], out)
    return before.estimates, second.estimate_frame()


@pytest.mark.parametrize("change", [1, -1, 10])
def test_counts_that_moved_by_fewer_than_the_limit_are_shown_as_they_were(made_table, change):
    before, now = after(
        made_table(EMD=(62, 180), PMD=(11, 190), ISS=(10, 190)),
        made_table(EMD=(62 + change, 180), PMD=(11 - change, 190), ISS=(10 + change, 190)),
    )
    pd.testing.assert_frame_equal(before, now)


def test_none_that_becomes_some_and_some_that_becomes_none_look_as_before(made_table):
    before, now = after(made_table(EMD=(0, 180), PMD=(3, 190)),
                        made_table(EMD=(1, 180), PMD=(0, 190)))  # fmt: skip
    pd.testing.assert_frame_equal(before, now)


def test_a_count_that_moved_by_the_limit_is_shown_anew(made_table):
    before, now = after(made_table(EMD=(60, 180)), made_table(EMD=(100, 180)))
    assert (before["numerator"].iloc[1], now["numerator"].iloc[1]) == (60, 100)


def test_a_new_level_of_few_persons_is_not_listed_and_a_lost_one_stays_listed(made_table):
    before, now = after(made_table(EMD=(60, 180), old=(2, 180)),
                        made_table(EMD=(60, 180), new=(1, 180)))  # fmt: skip
    assert before["row_label"].tolist() == now["row_label"].tolist()


def test_sentences_are_as_they_were_where_nothing_moved(made_table):
    first, second = made_table(EMD=(60, 180)), made_table(EMD=(61, 180))
    first.warnings = ["40 of 180 persons are of one site."]
    second.warnings = ["45 of 180 persons are of one site.", "A second sentence."]
    after(first, second)
    assert second.warnings[:-1] == ["40 of 180 persons are of one site."]


def test_why_a_row_is_hidden_is_the_same_whether_or_not_it_would_be_hidden_now(made_table):
    first = made_table(EMD=(10, 200), PMD=(9, 200))
    second = made_table(EMD=(11, 200), PMD=(9, 200))
    suppress([first], P, {})
    told = suppress([second], P, {}, [released(first)]).rows
    assert told["reason"].nunique() == 1


@pytest.mark.parametrize(
    ("was", "now", "shown"), [(125, 120, 125), (None, 15, None), (120, 140, 140)]
)
def test_persons_of_a_source_are_those_of_the_former_release_until_enough_are_added(
    was, now, shown
):
    before = Former(pd.DataFrame(), pd.DataFrame(), {}, P, {"a": was})
    assert persons_as_they_were({"a": now, "b": 50}, [before], P) == {"a": shown, "b": 50}


def test_what_is_public_of_another_study_is_part_of_what_a_reader_knows(made_table):
    # the first study shows EMD of all; the second would show it for those with and without
    first, again, second = (made_table(name, EMD=(45, 180)) for name in ("one", "one", "two"))
    suppress([first], P, {})
    suppress([second, again], P, {}, [released(first)], frozenset({"one"}))
    assert set(second.estimate_frame()["study_id"]) == {"two"}
    assert second.estimate_frame()["numerator"].iloc[1] == 45

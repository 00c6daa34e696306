"""Two releases of one warehouse that differ by one person look the same."""

import pandas as pd
import pytest

from myelomart.disclosure.former import Former, persons_as_they_were
from myelomart.disclosure.policies import below
from myelomart.disclosure.suppression import suppress
from myelomart.results import CURVE_COLUMNS

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


def grown(made_table, known: int, **counts: int):
    """A table of an arm of ``known`` persons, of whom so many have each."""
    results = made_table(**{name: (count, known) for name, count in counts.items()})
    results.estimates[0]["estimate"] = known
    for row in results.estimates[1:]:
        row["n_missing"] = 0
    return results


@pytest.mark.parametrize(
    ("known", "count", "shown"),
    [(300, 40, 40), (300, 21, None), (205, 40, None)],
    ids=["both grew", "the count is below twice the limit", "few persons are new"],
)
def test_a_hidden_count_is_shown_when_its_persons_moved_and_it_is_twice_the_limit(
    made_table, known, count, shown
):
    before, now = after(grown(made_table, 200, EMD=8), grown(made_table, known, EMD=count))
    assert pd.isna(before["numerator"].iloc[1])
    told = now["numerator"].iloc[1]
    assert pd.isna(told) if shown is None else told == shown


def with_curve(results, falls: int):
    """``results`` with events of one arm and the curve they make."""
    about = {"population": "all", "row_label": "Death", "endpoint": "os", "arm": "All"}
    results.add("OUT-1", "n", estimate=200, unit="persons", **about)
    results.add("OUT-1", "events", estimate=4 * falls, denominator=200, unit="persons", **about)
    level = [1 - falls * k / 200 for k in range(5)]
    results.curves = [pd.DataFrame(
        {"study_id": results.study_id, "analysis_id": "one", "output_id": "OUT-1",
         "population": "all", "endpoint": "os", "arm": "All", "time_months": [0.0, 6, 12, 18, 24],
         "n_risk": [200.0 - falls * k for k in range(5)], "n_event": [0.0, *[falls] * 4],
         "n_censored": 0.0, "survival": level, "ci_low": level, "ci_high": level}
    ).reindex(columns=[*CURVE_COLUMNS]).astype(CURVE_COLUMNS)]  # fmt: skip
    return results


@pytest.mark.parametrize(("falls", "is_new"), [(20, False), (21, False), (30, True)])
def test_a_curve_is_drawn_anew_when_the_events_of_its_arm_moved(made_table, falls, is_new):
    first, second = with_curve(made_table(), 20), with_curve(made_table(), falls)
    suppress([first], P, {})
    before = released(first)
    suppress([second], P, {}, [before])
    levels = [one["survival"].tolist() for one in (before.curves, second.curve_frame())]
    assert len(levels[0]) == 5
    assert (levels[0] != levels[1]) == is_new


def test_where_counts_moved_new_sentences_come_only_without_a_number(made_table):
    first, second = made_table(EMD=(60, 180)), made_table(EMD=(100, 180))
    first.warnings = ["Dates are whole days."]
    second.warnings = ["Dates are whole days.", "A site has no laboratory.", "40 of 90 died."]
    after(first, second)
    assert second.warnings[:-1] == ["Dates are whole days.", "A site has no laboratory."]


def test_the_number_of_changes_is_hidden_and_its_row_is_the_same_row_in_the_next_release(
    made_table,
):
    """Its label says how many changed, so that it is no part of what names the row."""
    made = []
    for gained, lost in ((14, 12), (15, 12)):
        results = made_table(EMD=(60, 180))
        results.add("OUT-1", "change", population="all", row_group="Tests", endpoint="emd",
                    row_label=f"EMD: change ({gained} gained it, {lost} lost it)",
                    estimate=gained - lost, numerator=gained + lost, denominator=180,
                    n_missing=20, p_value=0.7, unit="persons")  # fmt: skip
        made.append(results)
    before, now = after(*made)
    pd.testing.assert_frame_equal(before, now)
    row = now.iloc[-1]
    assert (row["status"], row["row_label"]) == (
        "suppressed", "EMD: change (15 gained it, 10 lost it)",
    )  # fmt: skip
    assert pd.isna(row["estimate"])
    assert pd.isna(row["numerator"])

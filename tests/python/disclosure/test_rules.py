"""What a policy hides, rounds and lets be told: A7 to A10 of specification pooling 11.3."""

import numpy as np
import pandas as pd
import pytest

from myelomart.disclosure import coarsening
from myelomart.disclosure.attack import Rebuilt
from myelomart.disclosure.coarsening import coarsened
from myelomart.disclosure.counts import Sum
from myelomart.disclosure.hiding import hidden_cells
from myelomart.disclosure.policies import Policy, below, kinds, named
from myelomart.disclosure.reduction import tightened
from myelomart.disclosure.solver import possible
from myelomart.disclosure.words import without_small_numbers
from myelomart.errors import MyelomartError
from myelomart.results import Results

EXACT = Policy("exact", 11, 1)


def levels(*counts: float, known: float | None = None) -> pd.DataFrame:
    """The levels of one variable in one column of a table, with nobody unknown."""
    results = Results("made_up", analysis_id="one")
    total = sum(counts) if known is None else known
    for name, count in zip("abc", counts, strict=False):
        results.add(
            "OUT-1", "percent", population="all", row_group="Disease", row_label=f"stage: {name}",
            arm="All", numerator=count, denominator=total, estimate=100 * count / total, unit="%",
            n_missing=0,
        )  # fmt: skip
    return results.estimate_frame()


def hidden_labels(frame: pd.DataFrame, policy: Policy) -> list[str]:
    return [frame.at[index, "row_label"][-1] for index, name in sorted(hidden_cells(frame, policy))
            if name == "x"]  # fmt: skip


def test_a7_with_exact_counts_a_cell_hidden_alone_takes_the_smallest_beside_it():
    assert hidden_labels(levels(5, 40, 62), EXACT) == ["a", "b"]


def test_a7_with_rounded_counts_a_sum_leaves_enough_to_choose_from():
    assert hidden_labels(levels(5, 40, 62), below(11)) == ["a"]


def test_rounding_that_all_goes_one_way_is_seen_by_the_solver():
    # 17, 17 and 17 are shown as 15 (at most 17 each) and 52 as 50 (50 at least): a is 1 at most
    frame = levels(1, 17, 17, known=35)
    told = hidden_labels(frame, below(11))
    assert told[0] == "a"
    shown = coarsened(frame, below(11))
    assert shown["status"].tolist()[0] == "suppressed"


def test_a8_zero_is_shown_two_hidden_cells_need_no_third_and_the_limit_is_not_small():
    assert hidden_labels(levels(0, 40, 62), EXACT) == []
    assert hidden_labels(levels(10, 9, 62), EXACT)[:2] == ["a", "b"]
    assert hidden_labels(levels(11, 40), EXACT) == []
    assert [below(11).is_small(count) for count in (0, 1, 10, 11, np.nan)] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_a9_rounding_to_five_halves_upwards():
    assert [below(11).round(count) for count in (11, 12, 13, 17, 18, 22.5)] == [
        10, 10, 15, 15, 20, 25,
    ]  # fmt: skip


def test_what_rounds_to_a_shown_count_is_what_it_may_be():
    for policy in (below(11), named("trinetx10"), EXACT):
        for count in range(policy.hides_below, 200):
            low, high = policy.possible(policy.round(count))
            assert low <= count <= high
            assert {policy.round(other) for other in range(low, high + 1)} == {policy.round(count)}


def test_a10_a_small_numerator_and_a_small_rest_take_everything_with_them():
    shown = coarsened(levels(3, 103, known=106), below(11))
    assert shown["status"].tolist() == ["suppressed", "suppressed"]
    assert shown[["estimate", "ci_low", "numerator", "p_value"]].isna().all(axis=None)
    assert shown["denominator"].tolist() == [105, 105]  # rounded beside what is shown, too
    shown = coarsened(levels(60, 46), below(11))
    assert shown["numerator"].tolist() == [60, 45]
    assert shown["estimate"].iloc[0] == pytest.approx(100 * 60 / 105)


def test_the_solver_finds_the_least_and_the_most_over_whole_numbers():
    # 2 a + ... is not needed: a + b = 10 and b + c = 12 with a, b, c in 0..9 leave a in 1..7
    cells = {(k, "x"): (0, 9) for k in range(3)} | {(3, "x"): (10, 10), (4, "x"): (12, 12)}
    ties = [Sum((3, "x"), ((0, "x"), (1, "x"))), Sum((4, "x"), ((1, "x"), (2, "x")))]
    assert possible((0, "x"), cells, ties) == (1, 7)
    assert tightened(cells, ties)[0, "x"] == (1, 7)


def test_a_ratio_is_hidden_where_an_arm_has_few_events_and_short_where_it_is_shown():
    results = Results("made_up", analysis_id="one")
    about = {"population": "all", "row_label": "Death", "endpoint": "os", "timepoint_months": 12}
    for endpoint, events in (("os", (20, 30)), ("pfs", (4, 30))):
        about["endpoint"] = endpoint
        for arm, count in zip("ab", events, strict=True):
            results.add("OUT-1", "events", arm=arm, estimate=count, denominator=100,
                        unit="persons", **about)  # fmt: skip
        results.add(
            "OUT-1", "hazard_ratio", arm="a", comparator="b", estimate=0.6543, ci_low=0.3711,
            ci_high=1.1537, p_value=0.1427, numerator=sum(events), denominator=200, unit="ratio",
            **about,
        )  # fmt: skip
    shown = coarsened(results.estimate_frame(), below(11))
    ratios = shown[shown["statistic"] == "hazard_ratio"].set_index("endpoint")
    assert ratios.at["pfs", "status"] == "suppressed"
    assert np.isnan(ratios.at["pfs", "estimate"])
    names = ["estimate", "ci_low", "ci_high", "p_value"]
    assert ratios.loc["os", names].tolist() == [0.65, 0.37, 1.2, 0.14]


def test_the_hidden_unknown_keeps_enough_room_beside_the_whole():
    results = Results("made_up", analysis_id="one")
    size = {"row_group": "Size", "row_label": "Persons", "arm": "All", "unit": "persons"}
    results.add("OUT-1", "count", estimate=137, **size)
    results.add("OUT-1", "percent", population="all", row_group="Disease", row_label="EMD",
                arm="All", numerator=60, denominator=130, n_missing=7, estimate=46.2,
                unit="%")  # fmt: skip
    shown = coarsened(results.estimate_frame(), below(11))
    assert np.isnan(shown["n_missing"].iloc[1])
    assert shown["estimate"].iloc[0] == 135
    assert shown["denominator"].iloc[1] == 130  # 135 and 130: the unknown are 1 to 9


def test_numbers_in_words_are_hidden_and_rounded_but_years_and_decimals_stay():
    words = "In 2021, 3 of 1,234 persons (95 % CI, 12 days, 0.05) from 2020-10-01: CRP ≥ 10 mg/L."
    told = "In 2021, <11 of 1235 persons (95 % CI, 12 days, 0.05) from 2020-10-01: CRP ≥ 10 mg/L."
    assert without_small_numbers(words, below(11)) == told


def test_every_statistic_that_a_study_makes_has_a_kind_and_any_other_is_hidden():
    frame = levels(40, 62)
    frame["statistic"] = "made_up_today"
    assert coarsened(frame, below(11))["status"].eq("suppressed").all()
    assert kinds()["hazard_ratio"] == "effect"


def test_a_policy_that_is_not_known_is_refused_with_the_names_of_those_that_are():
    assert named("opensafely").hides_below == 8
    with pytest.raises(MyelomartError, match="cms11, eu11"):
        named("none")


def test_a_count_that_another_study_shows_is_hidden_there_too():
    # of one study the level a is small; another shows the same two columns of the whole
    first, second = Results("one", analysis_id="one"), Results("two", analysis_id="two")
    for results, arms in ((first, {"All": 52, "yes": 12, "no": 40}), (second, {"All": 52})):
        for arm, count in arms.items():
            results.add(
                "OUT-1", "percent", population="all", row_group="Disease", row_label="EMD", arm=arm,
                numerator=count, denominator=2 * count, estimate=50, unit="%",
            )  # fmt: skip
    frame = pd.concat([first.estimate_frame(), second.estimate_frame()], ignore_index=True)
    frame.loc[frame["arm"] == "yes", "numerator"] = 5
    frame.loc[frame["arm"] == "All", "numerator"] = 45
    told = {(frame.at[index, "study_id"], frame.at[index, "arm"])
            for index, name in hidden_cells(frame, EXACT) if name == "x"}  # fmt: skip
    assert {("one", "yes"), ("one", "no")} <= told or {("one", "yes"), ("two", "All")} <= told


def test_a_column_of_all_stays_where_the_sizes_of_its_parts_are_hidden():
    # 11 = 7 + 4: that 7 and 4 are small is all that is known of them, and their rows show no 0
    results = Results("made_up", analysis_id="one")
    for arm, known in (("All", 11), ("a", 7), ("b", 4)):
        results.add(
            "OUT-1", "percent", population="all", row_group="Disease", row_label="anemia", arm=arm,
            numerator=0, denominator=known, estimate=0.0, unit="%", n_missing=0,
        )  # fmt: skip
    shown = coarsened(results.estimate_frame(), below(11))
    assert shown["status"].eq("suppressed").fillna(False).tolist() == [False, True, True]


def test_a_count_that_is_surely_hidden_for_being_small_keeps_room_below_the_limit():
    # 35 - 25 leaves 6 to 14, but of 8 or more the count would be shown: 6 or 7
    results = Results("made_up", analysis_id="one")
    for arm, count in (("All", 34), ("a", 27), ("b", 7)):
        results.add("OUT-1", "count", row_group="Size", row_label="Persons", arm=arm,
                    estimate=count, unit="persons")  # fmt: skip
    shown = coarsened(results.estimate_frame(), named("opensafely"))
    assert shown["estimate"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize("population", ["all", "landmark at day 90"])
def test_persons_at_risk_of_all_do_not_tell_those_of_a_group_in_another_analysis(population):
    # 7 less 5, shown as 5 and 5: the others are 2 at most
    results = Results("made_up")
    about = {"row_label": "Death", "endpoint": "os", "timepoint_months": 6}
    for analysis, arm, known in (("all", "All", 7), ("groups", "yes", 5), ("groups", "no", 2)):
        results.analysis_id = analysis
        of = "all" if arm == "All" else population
        results.add("OUT-1", "survival", arm=arm, denominator=known, estimate=0.5, population=of,
                    **about)  # fmt: skip
    hidden = hidden_cells(results.estimate_frame(), named("ohdsi5"))
    assert len({cell for cell in hidden if cell[1] == "n"}) == 2


@pytest.mark.parametrize("policy", ["ohdsi5", "opensafely"])
def test_a_column_of_few_shows_no_0_where_known_and_unknown_would_leave_each_other_little(policy):
    # 3 known and 1 unknown, 4 at most: each is 1 to 3 as long as neither could be 0
    results = Results("made_up", analysis_id="one")
    for label, known in (("EMD", 3), ("PMD", 4), ("FISH", 0)):
        results.add("OUT-1", "percent", population="all", row_group="Disease", row_label=label,
                    arm="few", numerator=0, denominator=known, estimate=0, unit="%",
                    n_missing=4 - known)  # fmt: skip
    shown = coarsened(results.estimate_frame(), named(policy))
    shows_0 = policy == "opensafely"
    assert shown["n_missing"].notna().tolist() == [False, shows_0, False]
    assert shown["denominator"].notna().tolist() == [False, False, shows_0]


def test_what_no_hiding_helps_takes_nothing_with_it():
    # 3 in all, 2 and 1 in the groups, all hidden: 2 to 4 in all, whatever else is hidden
    results = Results("made_up")
    about = {"population": "all", "row_label": "Relapse", "unit": "persons"}
    for analysis, arm, count in (("all", "All", 3), ("groups", "yes", 2), ("groups", "no", 1)):
        results.analysis_id = analysis
        results.add("OUT-1", "count", arm=arm, estimate=count, numerator=count,
                    denominator=40 if arm == "All" else 20, **about)  # fmt: skip
    hidden = hidden_cells(results.estimate_frame(), named("ohdsi5"))
    assert {name for _, name in hidden} == {"x"}


def test_more_is_hidden_as_long_as_the_solver_tells_anything(monkeypatch):
    variables = [levels(40, 62).assign(row_label=f"v{number}: a") for number in range(12)]
    frame = pd.concat([one.head(1) for one in variables], ignore_index=True)
    chain = iter(range(1, len(frame)))

    def tells_one_after_the_other(shown, policy, cells=None):
        place = next(chain, None)
        return [] if place is None else [Rebuilt((0, "x"), 1, 2, ((40, (place, "x")),))]

    monkeypatch.setattr(coarsening, "rebuilt", tells_one_after_the_other)
    shown = coarsened(frame, below(11))
    assert shown["status"].tolist()[1:] == ["suppressed"] * (len(frame) - 1)

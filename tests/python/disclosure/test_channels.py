"""Each way in which a release could tell a small count, closed: one test a way."""

import numpy as np
import pandas as pd
import pytest

from myelomart.disclosure.attack import believed, rebuilt, what_is_read
from myelomart.disclosure.coarsening import FEW, coarsened, coarsened_and_why
from myelomart.disclosure.counts import counts_of, holds, sums
from myelomart.disclosure.curves import coarse_curve, events_by_month
from myelomart.disclosure.hiding import hidden_cells, intervals, true_sums
from myelomart.disclosure.policies import Policy, below, named
from myelomart.disclosure.ratios import ROOM, fewer_events, tells_few_events
from myelomart.disclosure.solver import possible
from myelomart.disclosure.suppression import suppress
from myelomart.disclosure.words import shown_words, without_small_numbers
from myelomart.results import CURVE_COLUMNS, Results

P = below(11)


def two_arms(events=(30, 40), hr=(0.7, 0.44, 1.12), total=None) -> Results:
    """Events of two arms of 100, and the ratio and test made from them."""
    results = Results("made_up", analysis_id="one")
    about = {"population": "all", "row_group": "Outcomes", "row_label": "Death", "endpoint": "os",
             "timepoint_months": 12}  # fmt: skip
    for arm, count in zip("ab", events, strict=True):
        results.add("OUT-1", "n", arm=arm, estimate=100, unit="persons", **about)
        results.add("OUT-1", "events", arm=arm, estimate=count, denominator=100, unit="persons",
                    **about)  # fmt: skip
    compared = about | {"arm": "a", "comparator": "b"}
    results.add("OUT-1", "hazard_ratio", estimate=hr[0], ci_low=hr[1], ci_high=hr[2], p_value=0.14,
                numerator=total or sum(events), denominator=200, unit="ratio",
                **compared)  # fmt: skip
    results.add("OUT-1", "logrank_chi2", estimate=2.1, p_value=0.147, **compared)
    results.add("OUT-1", "hazard_ratio_pair_robust", estimate=hr[0], ci_low=hr[1], ci_high=hr[2],
                p_value=0.14, unit="ratio", **compared)  # fmt: skip
    return results


def curve(times, risk, events, **whose) -> pd.DataFrame:
    """Kaplan-Meier rows of one arm."""
    level = np.cumprod(1 - np.array(events) / np.array(risk))
    about = {"study_id": "made_up", "analysis_id": "one", "output_id": "OUT-1",
             "population": "all", "endpoint": "os", "arm": "a"} | whose  # fmt: skip
    frame = pd.DataFrame(
        {"time_months": times, "n_risk": risk, "n_event": events, "n_censored": 0.0,
         "survival": level, "ci_low": level, "ci_high": level}
    )  # fmt: skip
    return frame.assign(**about)[list(CURVE_COLUMNS)].astype(CURVE_COLUMNS)


def statuses(frame: pd.DataFrame) -> dict[str, bool]:
    hidden = frame["status"].eq("suppressed").fillna(False)
    told = dict(zip(frame["statistic"], hidden, strict=True))
    return {name: bool(value) for name, value in told.items() if name not in ("n", "events")}


def test_our_persons_beside_published_populations_are_hidden_and_rounded_as_everywhere():
    results = Results("made_up", analysis_id="one")
    for label, count in (("trial one", 283), ("trial two", 4)):
        results.add("OUT-1", "percent", population="overlap of populations", row_group="Overlap",
                    row_label=label, numerator=count, denominator=494, estimate=100 * count / 494,
                    unit="%")  # fmt: skip
    shown = coarsened(results.estimate_frame(), P)
    assert shown["numerator"].tolist()[0] == 285
    assert shown["denominator"].tolist()[0] == 495
    assert shown["status"].tolist()[1] == "suppressed"


def test_a_ratio_and_its_interval_give_back_the_events_of_each_arm():
    # 10 and 60 events: 1/10 + 1/60 = 0.1167, and with their sum 70 both come back
    error = (1 / 10 + 1 / 60) ** 0.5
    low, high = np.exp(-1.959964 * error), np.exp(1.959964 * error)
    assert fewer_events(low, high, 70) == pytest.approx(10)
    assert fewer_events(low, high, np.nan) == pytest.approx(600 / 70)
    assert fewer_events(0.5, 0.5, 70) is None


@pytest.mark.parametrize("statistic", ["hazard_ratio_inside", "hazard_ratio_multivariable"])
def test_a_ratio_whose_interval_tells_few_events_is_hidden_though_no_row_counts_them(statistic):
    error = (1 / 9 + 1 / 90) ** 0.5
    results = Results("made_up", analysis_id="one")
    results.add("OUT-1", statistic, population="all", row_label="Death", arm="a", comparator="b",
                endpoint="os", estimate=1, ci_low=np.exp(-1.96 * error),
                ci_high=np.exp(1.96 * error), numerator=99, denominator=200,
                unit="ratio")  # fmt: skip
    assert coarsened(results.estimate_frame(), P)["status"].tolist() == ["suppressed"]


def test_a_ratio_is_read_as_it_is_printed_in_two_digits():
    row = {"study_id": "one", "population": "all", "endpoint": "os", "timepoint_months": 12,
           "ci_low": 0.4549, "ci_high": 1.8451, "numerator": 32.4}  # fmt: skip
    printed = fewer_events(0.45, 1.8, P.round(32.4))
    least = fewer_events(row["ci_low"], row["ci_high"], row["numerator"])
    policy = Policy("between", int((printed + least) / 2 / ROOM) + 1, 5)
    assert tells_few_events(row, set(), policy) == (min(printed, least) < ROOM * policy.hides_below)


def test_with_few_events_in_an_arm_ratio_test_and_p_go_and_with_enough_they_stay():
    assert all(statuses(coarsened(two_arms((8, 40)).estimate_frame(), P)).values())
    assert not any(statuses(coarsened(two_arms((30, 40)).estimate_frame(), P)).values())


def test_hidden_removals_take_no_ratio_with_them():
    results = two_arms()
    results.add("OUT-1", "removed_for_prior_outcome", population="all", row_group="Outcomes",
                row_label="Death", endpoint="os", timepoint_months=12, arm="a", estimate=3,
                denominator=103, unit="persons")  # fmt: skip
    shown = statuses(coarsened(results.estimate_frame(), P))
    assert shown["removed_for_prior_outcome"]
    assert not shown["hazard_ratio_pair_robust"]


def test_a_level_with_few_events_before_it_is_hidden_though_censoring_makes_it_fall_far():
    # 9 events, but after many have left the curve falls to 0.6
    own = curve([1, 6, 11], [100, 30, 12], [2, 3, 4])
    results = Results("made_up", analysis_id="one")
    results.add("OUT-1", "survival", population="all", row_label="Death", arm="a", endpoint="os",
                estimate=float(own["survival"].iloc[-1]), denominator=12,
                timepoint_months=12)  # fmt: skip
    results.add("OUT-1", "median_follow_up_months", population="all", row_label="Death", arm="a",
                endpoint="os", estimate=14, denominator=100, unit="months")  # fmt: skip
    frame = results.estimate_frame()
    shown, why = coarsened_and_why(frame, P, events_by_month([own]))
    assert shown["status"].tolist()[0] == "suppressed"
    assert why.iloc[0] == FEW


@pytest.mark.parametrize(
    ("events", "early", "is_hidden"),
    [(9, 9, True), (40, 9, True), (40, 30, False)],
    ids=["few events", "few of many by the horizon", "enough"],
)
def test_a_risk_at_a_horizon_is_hidden_where_few_events_came_before_it(events, early, is_hidden):
    # the risk of 0.2 would pass for 20 of 100: after many are censored it is more than the share
    results = two_arms((events, 40))
    results.add("OUT-1", "risk_at_horizon", population="all", row_group="Outcomes",
                row_label="Death", endpoint="os", timepoint_months=12, arm="a", estimate=0.2,
                numerator=events, denominator=100, unit="proportion")  # fmt: skip
    own = curve([6, 18], [100, 40], [early, 3], analysis_id="the curves")
    shown, _ = coarsened_and_why(results.estimate_frame(), P, events_by_month([own]))
    assert statuses(shown)["risk_at_horizon"] == is_hidden
    told = shown["numerator"].iloc[-1]
    assert np.isnan(told) if is_hidden else told == P.round(events)


def test_a_curve_is_left_out_where_the_events_of_its_arm_are_hidden():
    results = two_arms((8, 40))
    results.curves = [curve(range(1, 9), range(100, 20, -10), [5] * 8, arm=arm) for arm in "ab"]
    suppress([results], P, {})
    assert set(results.curve_frame()["arm"]) == {"b"}


def test_steps_of_a_curve_hold_the_limit_and_its_numbers_are_rounded():
    own = coarse_curve(curve(range(1, 21), range(100, 20, -4), [4] * 20), P)
    assert own["n_risk"].mod(5).eq(0).all()
    assert (own["survival"] * 20).round(6).mod(1).eq(0).all()  # in steps of 5 of 100
    assert own["time_months"].mul(2).mod(1).eq(0).all()
    assert own["n_event"].isna().all()
    assert (own["survival"].diff().dropna() <= -0.05).all()


def test_the_p_of_a_variable_goes_with_a_hidden_level_of_it():
    results = Results("made_up", analysis_id="one")
    for label, count in (("stage: I", 4), ("stage: II", 40), ("stage: III", 56)):
        results.add("OUT-1", "percent", population="all", row_group="Disease", row_label=label,
                    arm="All", numerator=count, denominator=100, estimate=count, unit="%",
                    p_value=0.34)  # fmt: skip
    results.add("OUT-1", "percent", population="all", row_group="Disease", row_label="EMD",
                arm="All", numerator=40, denominator=100, estimate=40, unit="%",
                p_value=0.34)  # fmt: skip
    shown = coarsened(results.estimate_frame(), P)
    assert shown["p_value"].isna().tolist() == [True, True, True, False]


def test_the_test_of_a_table_goes_with_a_hidden_cell_of_it():
    results = Results("made_up", analysis_id="one")
    for label, count in (("at end: yes", 4), ("at end: no", 96)):
        results.add("OUT-1", "percent", population="all", row_group="at start: no",
                    row_label=label, arm="no", numerator=count, denominator=100, estimate=count,
                    unit="%", endpoint="end")  # fmt: skip
    results.add("OUT-1", "association", population="all", row_group="Tests", endpoint="end",
                row_label="start and end: association", denominator=100, p_value=0.3)  # fmt: skip
    assert coarsened(results.estimate_frame(), P)["status"].tolist()[-1] == "suppressed"


def test_rows_in_the_order_of_their_counts_are_put_in_the_order_of_their_labels():
    results = Results("made_up", analysis_id="one")
    for label, count in (("skin", 60), ("liver", 25), ("bone", 8), ("brain", 7)):
        results.add("OUT-1", "percent", population="all", row_group="Combinations",
                    row_label=label, arm="All", numerator=count, denominator=100, estimate=count,
                    unit="%")  # fmt: skip
    suppress([results], P, {})
    assert results.estimate_frame()["row_label"].tolist() == ["bone", "brain", "liver", "skin"]


def test_persons_of_a_test_of_two_groups_are_those_of_both():
    results = Results("made_up", analysis_id="one")
    for arm, count in (("early", 31), ("late", 56)):
        results.add("OUT-1", "median", population="all", row_label="cells", endpoint="cells",
                    arm=arm, denominator=count, estimate=3.0)  # fmt: skip
    results.add("OUT-1", "pair", population="all", row_label="cells: early against late",
                endpoint="cells", denominator=87, p_value=0.2)  # fmt: skip
    frame = results.estimate_frame()
    counts = counts_of(frame)
    true = {name: counts[name].to_dict() for name in ("x", "n", "u", "c")}
    found = [one for one in sums(frame, counts) if one.kind == "pairs of groups"]
    assert found
    assert all(holds(one, true) for one in found)


def test_a_percent_in_words_says_only_which_half_and_a_level_of_confidence_stays():
    said = "7 % of CAR-T and 61.5 % of the others were tested (95 % CI)."
    told = "less than half of CAR-T and half or more of the others were tested (95 % CI)."
    assert without_small_numbers(said, P) == told


def test_sentences_that_name_a_hidden_row_are_counted_and_left_out():
    said = ["the arms differ by more than 0.1 in: COPD, Age.", "All 120 persons are of one site."]
    told = shown_words(said, {"COPD"}, P)
    assert told == ["All 120 persons are of one site.",
                    "Sentences that speak of hidden numbers are left out: 1."]  # fmt: skip


@pytest.mark.parametrize(
    "said",
    ["OUT-1, Death: a group has fewer than 5 persons, so that no curve is drawn.",
     "Stage: levels with too few persons are counted as «other» in the model: III (3)."],
)  # fmt: skip
def test_sentences_that_say_that_a_number_of_the_code_was_not_reached_are_left_out(said):
    assert shown_words([said], set(), P) == [
        "Sentences that speak of hidden numbers are left out: 1."
    ]


def test_why_a_study_stopped_tells_no_count():
    results = two_arms()
    results.stopped = "Only 3 persons are left."
    suppress([results], P, {})
    assert results.stopped == "Only <11 persons are left."


def test_times_that_are_one_persons_are_shown_to_a_tenth_of_a_month():
    results = Results("made_up", analysis_id="one")
    results.add("OUT-1", "median_months", population="all", row_label="Death", arm="a",
                endpoint="os", estimate=8.7671, ci_low=6.8055, numerator=50, denominator=100,
                unit="months")  # fmt: skip
    shown = coarsened(results.estimate_frame(), P)
    assert shown[["estimate", "ci_low"]].iloc[0].tolist() == [8.8, 6.8]


def test_the_balance_figure_is_drawn_from_what_is_shown():
    results = Results("made_up", analysis_id="one")
    for label, count, smd in (("COPD", 4, 0.31731), ("Diabetes", 40, 0.21234)):
        about = {"population": "all", "row_group": "Before", "row_label": label}
        for arm in ("a", "b"):
            results.add("OUT-1", "percent", arm=arm, numerator=count, denominator=100,
                        estimate=count, unit="%", **about)  # fmt: skip
        results.add("OUT-1", "standardized_difference", arm="a", comparator="b", estimate=smd,
                    **about)  # fmt: skip
    results.add_figure("OUT-1_balance", "<svg>drawn from persons</svg>")
    suppress([results], P, {})
    [figure] = results.figures.values()
    assert "COPD" not in figure
    assert "Diabetes" in figure
    assert "drawn from persons" not in figure
    differences = results.estimate_frame().query("statistic == 'standardized_difference'")
    assert differences["estimate"].tolist()[1] == 0.2


def test_the_attack_finds_a_count_hidden_alone_and_not_one_hidden_with_another(made_table):
    frame = made_table(EMD=(60, 193)).estimate_frame()  # 7 unknown
    exact = Policy("exact", 11, 1)
    frame["n_missing"] = frame["n_missing"].mask(frame["statistic"].eq("percent"))
    other = made_table(EMD=(60, 200), PMD=(20, 193)).estimate_frame()
    other["n_missing"] = other["n_missing"].mask(other["row_label"].eq("PMD"))
    [told] = rebuilt(other, exact)
    assert (told.low, told.high) == (7, 7)
    shown = coarsened(made_table(EMD=(60, 200), PMD=(20, 193)).estimate_frame(), P)
    assert rebuilt(shown, P) == []


def test_a_count_hidden_among_hidden_ones_gets_its_room_from_shown_ones_further_along():
    # 23 and 8 are shown as 25 and 10, so at least 31; 31 and 32 as 30, so at most 32: one left
    results = Results("made_up", analysis_id="flow")
    for step, (came, stayed) in enumerate(((495, 32), (32, 31), (31, 23)), 1):
        for statistic, count in (("persons_after", stayed), ("persons_excluded", came - stayed)):
            results.add("OUT-1", statistic, population="source", row_group="Flow", arm="All",
                        row_label=f"Step {step}", endpoint=f"step {step}", estimate=count,
                        numerator=count, denominator=came, unit="persons")  # fmt: skip
    policy, frame = named("opensafely"), results.estimate_frame()
    [one] = frame.index[frame["numerator"] == 1]
    ties, counts = true_sums(frame), counts_of(frame)
    for hidden in (hidden_cells(frame, policy), set()):
        known = intervals(counts, hidden | {(one, "x")}, policy)
        low, high = possible((one, "x"), known, ties)
        assert (high - low >= policy.least_width) == bool(hidden)
    alone = coarsened(frame, policy)
    assert rebuilt(alone, policy) == []
    given_up = frame.assign(status=None)  # as it was shown before: the chain beside it hidden
    for name in ("estimate", "numerator", "denominator"):
        given_up[name] = frame[name].map(policy.round).mask(frame["row_label"].eq("Step 2"))
    given_up.loc[frame["row_label"].eq("Step 2"), "status"] = "suppressed"
    assert one in {told.cell[0] for told in rebuilt(given_up, policy)}


def test_columns_with_nobody_unknown_do_not_make_any_column_the_sum_of_the_others():
    # in every shown row nobody is unknown, so that yes = all + no holds there of the unknown
    results = Results("made_up", analysis_id="one")
    for arm, size, unknown in (("All", 139, 3), ("yes", 47, 0), ("no", 92, 3)):
        results.add("OUT-1", "count", row_group="Size", row_label="Persons", arm=arm,
                    estimate=size, unit="persons")  # fmt: skip
        for label, missing in (("Sex: male", 0), ("Heavy chain: IgG", unknown)):
            known = size - missing
            results.add("OUT-1", "percent", population="all", row_group="Myeloma", row_label=label,
                        arm=arm, numerator=known // 2, denominator=known, n_missing=missing,
                        estimate=50, unit="%")  # fmt: skip
        if unknown:
            results.add("OUT-1", "count", population="all", row_group="Myeloma", estimate=unknown,
                        row_label="Heavy chain: unknown", arm=arm, numerator=unknown,
                        denominator=size, unit="persons")  # fmt: skip
    frame = results.estimate_frame()
    shown = coarsened(frame, P)
    assert rebuilt(shown, P) == []
    known, hidden, ties = what_is_read(shown, P)
    true = frame["n_missing"]
    wrong = [
        one for one in believed(shown, ties, known, hidden)
        if {name for _, name in one.cells} == {"u"}
        and true[one.whole[0]] != sum(true[index] for index, _ in one.parts)
    ]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("name", ["cms11", "eu11", "trinetx10", "ohdsi5", "opensafely", "n3c20"])
def test_under_every_policy_nothing_small_is_shown_and_nothing_can_be_rebuilt(name, made_table):
    policy = named(name)
    variables = {f"v{k}": (k, 150 + k) for k in range(1, 50)}
    shown = coarsened(made_table(**variables).estimate_frame(), policy)
    counts = shown[["numerator", "denominator", "n_missing"]].stack()
    assert (counts[counts > 0] % policy.rounds_to == 0).all()
    assert (shown["numerator"].dropna() + policy.rounds_to > policy.hides_below).all()
    assert rebuilt(shown, policy) == []
    assert policy.source


def transition(*counts: tuple[str, str, int]) -> Results:
    """How many went from a state to another; states in the order given."""
    results = Results("made_up", analysis_id="changes")
    sizes = pd.DataFrame(counts, columns=["start", "end", "count"]).groupby("start", sort=False)
    for start, own in sizes:
        size = int(own["count"].sum())
        results.add("OUT-2", "count", population="all", row_group="Before", arm="All",
                    row_label=f"Before: {start}", estimate=size, numerator=size,
                    denominator=200, unit="persons")  # fmt: skip
        for _, end, count in own.itertuples(index=False):
            results.add("OUT-2", "percent", population="all", row_group=f"Before: {start}",
                        row_label=f"After: {end}", arm=start, numerator=count, denominator=size,
                        estimate=100 * count / size, unit="%")  # fmt: skip
    return results


def test_rows_of_a_transition_are_in_the_order_of_their_labels_the_unknown_last():
    results = transition(
        ("none", "none", 90), ("none", "both", 40), ("none", "unknown", 20),
        ("both", "none", 12), ("both", "both", 35), ("both", "unknown", 3),
    )  # fmt: skip
    suppress([results], P, {})
    made = results.estimate_frame()
    assert made["row_label"].tolist() == [
        "Before: both", "After: both", "After: none", "After: unknown",
        "Before: none", "After: both", "After: none", "After: unknown",
    ]  # fmt: skip
    assert made["row_group"].tolist()[1:4] == ["Before: both"] * 3


def test_ways_in_the_order_of_their_ratios_are_put_in_the_order_of_their_labels():
    results = Results("made_up", analysis_id="ways")
    for label, ratio in (("weighted", 0.6), ("matched", 0.8), ("adjusted", 0.9)):
        results.add("OUT-1", "hazard_ratio_of_a_way", population="all", row_group="Death",
                    row_label=label, endpoint="os", estimate=ratio, unit="ratio")  # fmt: skip
    suppress([results], P, {})
    assert results.estimate_frame()["row_label"].tolist() == ["adjusted", "matched", "weighted"]


@pytest.mark.parametrize("label", ["After: yes", "After"])
def test_the_columns_of_a_transition_make_up_what_another_table_counts(label):
    results = transition(("yes", "yes", 40), ("yes", "no", 60), ("no", "yes", 5), ("no", "no", 95))
    results.analysis_id = "table"
    results.add("OUT-1", "percent", population="all", row_group="Disease", row_label=label,
                arm="All", numerator=45, denominator=200, estimate=22.5, unit="%")  # fmt: skip
    frame = results.estimate_frame()
    counts = counts_of(frame)
    true = {name: counts[name].to_dict() for name in ("x", "n", "u", "c")}
    found = [one for one in sums(frame, counts) if one.kind == "a level and its table"]
    whole = (len(frame) - 1, "x")
    assert [one for one in found if one.whole == whole and holds(one, true)]
    exact = coarsened(frame, Policy("exact", 11, 1))  # unrounded, 45 - 40 would be 5
    assert exact["numerator"].isna().sum() > counts["x"].between(1, 10).sum()


def test_a_difference_from_a_printed_number_is_that_of_the_rounded_share():
    # 62 of 180 is 34.4 %; from the exact share many printed numbers would tell it
    results = Results("made_up", analysis_id="one")
    for label, printed in (("trial one", 39.0), ("trial two", 24.0), ("trial three", 48.0)):
        about = {"population": "this warehouse", "row_group": "EMD", "row_label": label,
                 "endpoint": "emd", "arm": label}  # fmt: skip
        results.add("OUT-1", "percent", numerator=62, denominator=180, estimate=100 * 62 / 180,
                    unit="%", **about)  # fmt: skip
        results.add("OUT-1", "difference", estimate=100 * 62 / 180 - printed,
                    unit="percentage points", **about)  # fmt: skip
        results.add("OUT-1", "standardized_difference", estimate=0.1, **about)
    shown = coarsened(results.estimate_frame(), P)
    apart = shown.loc[shown["statistic"] == "difference", "estimate"].tolist()
    assert apart == pytest.approx([100 / 3 - one for one in (39, 24, 48)], abs=0.01)
    share, other = 1 / 3, 0.39
    variance = (share * (1 - share) + other * (1 - other)) / 2
    standard = shown.loc[shown["statistic"] == "standardized_difference", "estimate"].iloc[0]
    assert standard == pytest.approx((share - other) / variance**0.5, abs=0.005)


def test_a_difference_from_a_printed_number_goes_with_the_share_that_it_is_of():
    results = Results("made_up", analysis_id="one")
    about = {"population": "this warehouse", "row_label": "trial", "endpoint": "emd", "arm": "a"}
    results.add("OUT-1", "percent", numerator=4, denominator=180, estimate=2.2, unit="%", **about)
    results.add("OUT-1", "difference", estimate=-20, unit="percentage points", **about)
    assert coarsened(results.estimate_frame(), P)["status"].tolist() == ["suppressed"] * 2


def test_how_often_was_tested_goes_with_the_few_who_were_tested():
    # one test in 80 person-years is one person
    results = Results("made_up", analysis_id="one")
    about = {"population": "all", "row_group": "Laboratory", "row_label": "IL-6", "endpoint": "il6",
             "timepoint_months": 12}  # fmt: skip
    for arm, count in (("a", 1), ("b", 40)):
        results.add("OUT-1", "percent_tested", arm=arm, numerator=count, denominator=80,
                    estimate=count / 0.8, unit="%", **about)  # fmt: skip
        results.add("OUT-1", "tests_per_year", arm=arm, estimate=count / 80, denominator=80,
                    **about)  # fmt: skip
    shown = coarsened(results.estimate_frame(), P)
    assert shown["estimate"].isna().tolist() == [True, True, False, False]


def test_a_hidden_row_does_not_say_which_test_it_took():
    # Fisher's test is taken where few are expected, Firth's penalty where an arm has no event
    results = two_arms((0, 8))
    for row in results.estimates:
        row["p_test"] = "profile likelihood, Firth" if row["statistic"] == "hazard_ratio" else None
    shown = coarsened(results.estimate_frame(), P)
    assert shown.loc[shown["statistic"] == "hazard_ratio", "p_test"].isna().all()


def test_one_reason_stands_for_few_persons_and_few_events_and_what_would_tell_them():
    own = curve([1, 6, 11], [100, 30, 12], [2, 3, 4])
    results = two_arms((9, 40))
    results.add("OUT-1", "survival", population="all", row_label="Death", arm="a", endpoint="os",
                estimate=float(own["survival"].iloc[-1]), denominator=12,
                timepoint_months=12)  # fmt: skip
    _, why = coarsened_and_why(results.estimate_frame(), P, events_by_month([own]))
    assert why[why.ne("")].iloc[0] == why.iloc[-1] == FEW

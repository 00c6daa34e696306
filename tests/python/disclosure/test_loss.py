"""Of counts that would give a small one its room, that with which least goes is hidden."""

from myelomart.disclosure.counts import Sum, counts_of, groups_elsewhere
from myelomart.disclosure.hiding import COUNTS
from myelomart.disclosure.loss import Loss
from myelomart.results import Results


def made(*rows: tuple[str, str, float]) -> Results:
    """Counts of an arm's endpoint: analysis, statistic and number."""
    results = Results("one")
    for analysis, statistic, count in rows:
        results.analysis_id = analysis
        is_level = statistic == "survival"
        results.add("OUT-1", statistic, population="all", row_label="Death", endpoint="os", arm="a",
                    timepoint_months=6 if is_level else None, denominator=count,
                    estimate=0.5 if is_level else count, unit=None if is_level else "persons",
                    )  # fmt: skip
    return results


def loss_of(results: Results, ties: list[Sum], fixed: set | None = None) -> Loss:
    frame = results.estimate_frame()
    counts = counts_of(frame)
    return Loss(frame, ties, {name: counts[name].to_dict() for name in COUNTS}, fixed or set())


def test_counts_that_are_equal_are_hidden_together():
    results = made(("one", "count", 20), ("two", "count", 20), ("three", "count", 30))
    same = Sum((0, "x"), ((1, "x"),))
    loss = loss_of(results, [same])
    assert {*loss.cheapest({(0, "x")}, set())} == {(0, "x"), (1, "x")}
    assert loss.cheapest({(0, "x"), (2, "x")}, set()) == [(2, "x")]  # of one row less is lost
    assert not loss_of(results, [same], {(1, "x")}).may_be_hidden(set())((0, "x"))


def test_with_the_size_of_an_arm_go_the_levels_of_its_curve():
    results = made(("one", "n", 20), ("one", "survival", 12), ("one", "survival", 11),
                   ("two", "removed_for_prior_outcome", 30))  # fmt: skip
    assert loss_of(results, []).cheapest({(0, "x"), (3, "x")}, set()) == [(3, "x")]


def test_events_are_of_those_compared():
    frame = made(("one", "n", 20), ("one", "events", 20)).estimate_frame()
    assert Sum((1, "n"), ((0, "x"),)) in [*groups_elsewhere(frame, counts_of(frame))]

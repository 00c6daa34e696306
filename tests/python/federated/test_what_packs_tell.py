"""What the files of a pack beside its release tell, alone and beside a former pack."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from myelomart.disclosure.policies import below
from myelomart.federated import aggregates
from myelomart.federated.aggregates import Aggregates, hidden_labels, labels_of
from myelomart.federated.former_packs import as_they_were

P = below(11)
KEY = {"analysis_id": "a", "endpoint": "death"}
STAGE = SimpleNamespace(covariate_id="stage", label="Stage", is_adjusted_for=True)
STUDY = SimpleNamespace(
    covariates=(STAGE,), cohort=lambda name: SimpleNamespace(label=name)
)  # fmt: skip
NOTHING = pd.DataFrame({"status": [None], "statistic": ["percent"], "row_label": ["Stage: I"]})


def frames(events: tuple[float, float], mark: float) -> dict[str, pd.DataFrame]:
    """The files of one endpoint, all numbers but the events being ``mark``."""
    arms = KEY | {"arm": ["x", "y"], "n": [100, 100], "events": events, "person_years": mark,
                  "withheld": None}  # fmt: skip
    own = {name: pd.DataFrame([KEY | {"value": mark}])
           for name in ("profiles", "adjusted", "information")}  # fmt: skip
    score = {name: pd.DataFrame([{"analysis_id": "a", "value": mark}])
             for name in ("propensity", "scores")}  # fmt: skip
    return {"endpoints": pd.DataFrame(arms)} | own | score


@pytest.mark.parametrize(
    ("now", "is_new"),
    [((20, 30), False), ((40, 30), False), ((40, 60), True), ((np.nan, 60), False)],
    ids=["no arm has moved", "one arm has moved", "both have moved", "one is hidden"],
)
def test_profile_and_derivatives_are_new_only_where_the_events_of_both_arms_moved(now, is_new):
    made = as_they_were({"s": frames(now, 2.0)}, {"s": frames((20, 30), 1.0)})["s"]
    for name in ("profiles", "adjusted", "information"):
        assert made[name]["value"].tolist() == [2.0 if is_new else 1.0], name
    assert made["endpoints"]["person_years"].tolist() == [2.0 if is_new else 1.0] * 2
    assert made["endpoints"]["events"].tolist() == pytest.approx(list(now), nan_ok=True)
    for name in ("propensity", "scores"):
        assert made[name]["value"].tolist() == [1.0], name


def test_a_study_and_an_endpoint_that_no_former_pack_has_are_new():
    now, former = frames((20, 30), 2.0), frames((20, 30), 1.0)
    assert as_they_were({"s": now}, {})["s"] is now
    former["endpoints"]["endpoint"] = "relapse"
    made = as_they_were({"s": now}, {"s": former})["s"]
    assert 2.0 in made["profiles"]["value"].tolist()
    assert made["endpoints"]["person_years"].tolist() == [2.0, 2.0]


def persons(with_level: tuple[int, int]) -> pd.DataFrame:
    """Two arms of 100, so many of each with a level; half of each had the event."""
    rows = [
        {"treated": arm, "stage": "II" if k < count else "I", "event": k % 2, "time_days": k + 1.0}
        for arm, count in zip((1, 0), with_level, strict=True) for k in range(100)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("with_level", "is_told"), [((40, 50), True), ((4, 50), False)])
def test_a_level_of_which_few_are_in_an_arm_is_in_no_score_and_no_hessian(
    monkeypatch, with_level, is_told
):
    own = persons(with_level)
    column = (own["stage"] == "II").to_numpy(float)[:, None]
    design = SimpleNamespace(names=("stage[II]",), matrix=column)
    score = SimpleNamespace(design=design, coefficients={"stage[II]": 0.4321})
    unscored = own.iloc[:3].assign(score=np.nan)  # left out: they have a level of one arm alone
    comparison = SimpleNamespace(
        score=score, persons=pd.concat([unscored, own.assign(score=0.5)], ignore_index=True)
    )
    analysis = SimpleNamespace(analysis_id="a", treated_cohort_id="x", comparator_cohort_id="y")
    found = Aggregates()
    aggregates.add_score(STUDY, analysis, comparison, P, NOTHING, found)
    assert [row["coefficient"] for row in found.rows["propensity"]] == ([0.4] if is_told else [])
    monkeypatch.setattr(aggregates, "wide_covariates", lambda *given: own[["stage"]])
    monkeypatch.setattr(aggregates, "model_covariates", lambda wide, *given: (wide, None, None))
    monkeypatch.setattr(aggregates, "fewest_of", lambda given: 5)
    made = aggregates.adjusted_design(STUDY, analysis, None, own, own, P, NOTHING)
    assert list(made) == ["treated", *(["stage=I", "stage=II"] if is_told else [])]


def test_a_level_of_which_the_release_hides_a_share_is_left_out():
    shown = NOTHING.assign(status="suppressed")
    assert hidden_labels(shown) == {"Stage: I"}
    for term in ("stage=I", "stage[I]"):
        assert hidden_labels(shown) & labels_of(STUDY, term)
    assert not hidden_labels(shown) & labels_of(STUDY, "stage=II")
    assert not hidden_labels(NOTHING)


def test_two_levels_that_few_persons_have_both_of_are_not_both_in_the_hessian(monkeypatch):
    own = persons((40, 50))
    wide = own[["stage"]].assign(other=np.where(np.arange(200) % 50 < 3, "A", "B"))
    monkeypatch.setattr(aggregates, "wide_covariates", lambda *given: wide)
    monkeypatch.setattr(aggregates, "model_covariates", lambda given, *_: (given, None, None))
    monkeypatch.setattr(aggregates, "fewest_of", lambda given: 5)
    made = aggregates.adjusted_design(STUDY, None, None, own, own, P, NOTHING)
    levels = [name for name in made if "=" in name]
    both = [
        int(((made[one] == 1) & (made[other] == 1)).sum()) for one in levels for other in levels
    ]
    assert not any(map(P.is_small, both))
    assert "stage=I" in levels

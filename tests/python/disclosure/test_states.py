"""States that others make up are found among the persons and keep a small count its room."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from myelomart.disclosure.coarsening import coarsened
from myelomart.disclosure.policies import Policy, named
from myelomart.disclosure.states import Union, persons_of, unions
from myelomart.results import Results
from myelomart.study import Covariate
from myelomart.study_data import StudyData

STATES = {"none": 4, "emd_only": 3, "pmd_only": 2, "both": 1, None: 2}
EITHER = Union("one", "EMD or PMD: yes", ("Soft tissue: PMD only", "EMD: yes"))


def study_of(states: dict) -> tuple[SimpleNamespace, StudyData]:
    """A study of so many persons of each state, of whom EMD, PMD and either are said as well."""
    covariates = [
        Covariate("soft_tissue", "Soft tissue", "Disease", "category", False),
        *(Covariate(name, label, "Disease", "binary", False)
          for name, label in (("emd", "EMD"), ("pmd", "PMD"), ("either", "EMD or PMD"))),
        Covariate("age", "Age", "Disease", "number", False),
    ]  # fmt: skip
    of = [state for state, count in states.items() for _ in range(count)]
    population = pd.DataFrame({"cohort_id": "all", "person_id": range(len(of))})
    rows = []
    for person, state in enumerate(of):
        rows.append((person, "age", None, 50.0 + person))
        if state is None:
            continue
        rows.append((person, "soft_tissue", state, np.nan))
        has = {"emd": state in ("emd_only", "both"), "pmd": state in ("pmd_only", "both"),
               "either": state != "none"}  # fmt: skip
        rows += [(person, name, None, float(value)) for name, value in has.items()]
    columns = ["person_id", "covariate_id", "value_text", "value_number"]
    own = pd.DataFrame(rows, columns=columns).assign(cohort_id="all")
    study = SimpleNamespace(study_id="one", covariates=covariates, analyses=[])
    return study, StudyData(population=population, covariates=own)


def test_a_state_is_made_of_levels_and_two_states_make_up_a_third():
    found = unions(*study_of(STATES))
    words = {(one.whole, frozenset(one.parts)) for one in found}
    level = "Soft tissue: {}".format
    assert ("EMD: yes", frozenset([level("EMD only"), level("both")])) in words
    assert (EITHER.whole, frozenset(EITHER.parts)) in words
    assert ("EMD or PMD: yes", frozenset(["PMD: yes", level("EMD only")])) in words
    assert ("EMD or PMD: no", frozenset([level("none")])) in words
    assert not any({"EMD: yes", "PMD: yes"} <= {*one.parts} for one in found)  # some have both


def test_a_state_that_divides_a_level_is_made_of_none():
    study, data = study_of(STATES | {"none": 5})
    one = data.covariates["covariate_id"].eq("pmd") & data.covariates["person_id"].eq(0)
    data.covariates.loc[one, "value_number"] = 1.0
    assert not any(one.whole in ("PMD: yes", "PMD: no") for one in unions(study, data))


def test_of_whom_the_level_is_unknown_a_state_may_have_some():
    # EMD is known of all, soft tissue of those who were imaged again
    study, data = study_of(STATES)
    unknown = pd.DataFrame({"person_id": [10, 11], "covariate_id": "emd", "value_text": None,
                            "value_number": [1.0, 0.0], "cohort_id": "all"})  # fmt: skip
    rows = pd.concat([data.covariates, unknown], ignore_index=True)
    found = unions(study, StudyData(population=data.population, covariates=rows))
    parts = {"Soft tissue: EMD only", "Soft tissue: both"}
    assert parts in [{*one.parts} for one in found if one.whole == "EMD: yes"]


def table(**counts: int) -> pd.DataFrame:
    """Shares of 40 persons in one table, and the level of a category in another."""
    results = Results("one", analysis_id="table")
    labels = {"either": "EMD or PMD", "emd": "EMD"}
    for name, label in labels.items():
        results.add("OUT-1", "percent", population="all", row_group="Disease", row_label=label,
                    arm="All", endpoint=name, numerator=counts[name], denominator=40,
                    estimate=2.5 * counts[name], unit="%", n_missing=0)  # fmt: skip
    results.analysis_id = "transitions"
    results.add("OUT-2", "count", population="all", row_group="Soft tissue",
                row_label="Soft tissue: PMD only", arm="All", endpoint="soft_tissue",
                estimate=counts["pmd_only"], numerator=counts["pmd_only"], denominator=40,
                unit="persons")  # fmt: skip
    return results.estimate_frame()


@pytest.mark.parametrize("knows", [True, False])
def test_states_that_make_up_a_third_do_not_tell_it(knows):
    # 7 less 5, shown as 5 and 5: those with PMD only are 2 at most
    frame = table(either=7, emd=5, pmd_only=2)
    shown = coarsened(frame, named("ohdsi5"), made_of=[EITHER] if knows else [])
    assert shown["numerator"].iloc[:2].isna().any() == knows


def test_the_columns_of_states_are_read_as_their_rows_are():
    results = Results("one")
    for analysis, arm, count in (("either", "EMD or PMD: yes", 7), ("emd", "EMD: yes", 5),
                                 ("states", "Soft tissue: PMD only", 2)):  # fmt: skip
        results.analysis_id = analysis
        results.add("OUT-1", "survival", population="all", row_label="Death", endpoint="os",
                    timepoint_months=6, arm=arm, denominator=count, estimate=0.5)  # fmt: skip
    frame = results.estimate_frame()
    policy = named("ohdsi5")
    assert coarsened(frame, policy)["denominator"].notna().tolist() == [True, True, False]
    shown = coarsened(frame, policy, made_of=[EITHER])["denominator"]
    assert shown.notna().sum() == 1


def test_a_cohort_that_levels_make_up_is_known_by_its_size():
    # who progressed did so early or late: 12 less 10 are 2
    study, data = study_of({"early": 2, "late": 10, None: 20})
    progressed = data.population.head(12).assign(cohort_id="progressed")
    study.analyses = [SimpleNamespace(analysis_id="table", treated_cohort_id="progressed")]
    data = StudyData(
        population=pd.concat([data.population, progressed]), covariates=data.covariates
    )
    parts = ("Soft tissue: early", "Soft tissue: late")
    assert Union("one", persons_of("table"), parts) in unions(study, data)
    results = Results("one", analysis_id="table")
    results.add("OUT-1", "count", population="all", row_group="Size", row_label="Persons",
                arm="All", estimate=12, unit="persons")  # fmt: skip
    results.analysis_id = "flow"
    for name, count in (("early", 2), ("late", 10)):
        results.add("OUT-2", "percent", population="all", row_group="Flow", endpoint="soft_tissue",
                    row_label=f"Soft tissue: {name}", arm="All", numerator=count, denominator=32,
                    estimate=100 * count / 32, unit="%", n_missing=0)  # fmt: skip
    policy = Policy("made up", 5, 1)
    shown = coarsened(results.estimate_frame(), policy)
    assert shown["estimate"].isna().tolist() == [False, True, False]
    shown = coarsened(results.estimate_frame(), policy, made_of=unions(study, data))
    assert shown["estimate"].isna().sum() == 2

"""Hazard ratios in the subgroups of the study's strata, each with its test of interaction.

A subgroup is a row of `seeds/studies/strata`: inside it, outside it, and unknown, who are in
neither. The test is of the difference between inside and outside, not of either alone.
"""

import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import hidden_word, ratio_of
from myelomart.display.grouping import first, grouped
from myelomart.display.numbers import NOTHING, count_of, p_value, rounded, tests_made
from myelomart.display.table import Table
from myelomart.errors import StatisticsError
from myelomart.population.comparison import compare, endpoint_rows
from myelomart.results import Results
from myelomart.sensitivity import subgroup_hazard_ratios
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData

LEVELS = {"inside": "yes", "outside": "no"}


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add size, events, ratio and interaction per endpoint and subgroup."""
    comparison = compare(study, analysis, data)
    persons = comparison.compared
    arms = study.arms_of(analysis)
    inside = _membership(persons, data.strata)
    asked, shown = 0, 0
    for endpoint in study.endpoints_of(analysis):
        rows = endpoint_rows(persons, data, endpoint)
        rows = rows[~rows["had_prior_event"].astype(bool)]
        common = {
            "population": analysis.population, "row_group": endpoint.label,
            "endpoint": endpoint.endpoint_id, "timepoint_months": endpoint.horizon_months,
            "time_anchor": "index", **arms,
        }  # fmt: skip
        for stratum in inside.columns:
            known = rows[inside.loc[rows.index, stratum].notna()]
            level = inside.loc[known.index, stratum].map({True: "inside", False: "outside"})
            unknown = len(rows) - len(known)
            asked += 1
            shown += _add(results, analysis, common | {"row_label": stratum}, known, level, unknown)
    if shown < asked:
        results.warnings.append(
            f"{analysis.output_id}: {asked - shown} of {asked} pairs of an outcome and a subgroup "
            "are left out: one side of the subgroup is empty, or neither side has a hazard ratio."
        )


def _membership(persons: pd.DataFrame, strata: pd.DataFrame) -> pd.DataFrame:
    """One column per subgroup: True, False or missing, for each row of ``persons``."""
    keys = pd.MultiIndex.from_frame(persons[["cohort_id", "person_id"]])
    columns = {
        label: rows.set_index(["cohort_id", "person_id"])["is_in_stratum"].reindex(keys).array
        for label, rows in strata.groupby("label", sort=True)
    }
    return pd.DataFrame(columns, index=persons.index, dtype=object)


def _add(results, analysis, common, rows, level, unknown) -> bool:
    """The rows of one subgroup; none, and False, where one side is empty or neither has a ratio."""
    if level.nunique() < 2:
        return False
    try:
        found = subgroup_hazard_ratios(
            rows["time_days"].to_numpy(float), (rows["event"] == 1).to_numpy(),
            rows["treated"].to_numpy(), level.to_numpy(),
        )  # fmt: skip
    except StatisticsError:
        return False
    if found.levels["hr"].isna().all():
        return False
    for side in found.levels.itertuples():
        results.add(
            analysis.output_id, f"hazard_ratio_{side.level}", estimate=side.hr, ci_low=side.ci_low,
            ci_high=side.ci_high, p_value=side.p, p_test="Wald", unit="ratio",
            numerator=side.events, denominator=side.n, n_missing=unknown,
            status="not_estimable" if pd.isna(side.hr) else None, **common,
        )  # fmt: skip
    if found.interaction is not None:
        results.add(
            analysis.output_id, "interaction_chi2", estimate=found.interaction.chi2,
            p_value=found.interaction.p, p_test="likelihood ratio of the interaction",
            numerator=int(found.levels["events"].sum()), denominator=int(found.levels["n"].sum()),
            **common,
        )  # fmt: skip
    return True


def table(estimates: list, title: str) -> Table:
    """One row per endpoint and subgroup: inside it, outside it, and whether they differ."""
    columns = [
        "", "Inside: events / n", "HR (95 % CI)", "Outside: events / n", "HR (95 % CI)",
        "p (interaction)", "Unknown",
    ]  # fmt: skip
    note = (
        "Inside and outside the subgroup; persons with an unknown value are in neither. "
        "Left out: subgroups with no hazard ratio on either side. "
    )
    note += tests_made([one for one in estimates if one.statistic == "interaction_chi2"])
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            sides = [first(own, f"hazard_ratio_{side}") for side in ("inside", "outside")]
            test = first(own, "interaction_chi2")
            cells = [cell for side in sides for cell in (_size(side), ratio_of(side))]
            last = [NOTHING if test is None else p_value(test.p_value)]
            rows.append([label, *cells, *last, rounded(sides[0].n_missing, 0)])
    return Table(title, columns, rows, note)


def _size(row) -> str:
    return hidden_word(row) or count_of(row.numerator, row.denominator)


def says(words: Words) -> str:
    """The method in words."""
    return (
        f"{words.of}: hazard ratios inside and outside each subgroup ({', '.join(words.strata)})"
        f"{words.left_out}; likelihood-ratio test of the interaction"
    )


ANALYSIS = AnalysisType("subgroups", make, table, says)

"""The baseline table: each arm at index, before and after matching, with its balance."""

import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.grouping import distinct, first, grouped
from myelomart.display.numbers import NOTHING, count_of, rounded
from myelomart.display.printed import ours
from myelomart.display.table import INDENT, Table
from myelomart.estimates.proportions import add_percent
from myelomart.estimates.spread import mean_of, median_of
from myelomart.figures.love_plot import BALANCED, love_plot
from myelomart.figures.overlap_plot import overlap_plot
from myelomart.population.comparison import UNKNOWN, Comparison, compare
from myelomart.population.differences import smd_over_pooled
from myelomart.results import Results
from myelomart.study import Analysis, Covariate, Study
from myelomart.study_data import StudyData


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add n (%) or mean (SD) per arm and the standardized difference, per population."""
    comparison = compare(study, analysis, data)
    populations = [("before matching", comparison.persons)]
    if analysis.population == "matched":
        populations.append(("matched", comparison.matched))
    else:
        populations = [("all", comparison.persons)]
    labels = {
        True: study.cohort(analysis.treated_cohort_id).label,
        False: study.cohort(analysis.comparator_cohort_id).label,
    }
    differences = []
    for population, persons in populations:
        for treated, label in labels.items():
            arm = persons[persons["treated"] == treated]
            results.add(
                analysis.output_id, "count", population=population, row_group="Size",
                row_label="Persons", arm=label, estimate=len(arm), unit="persons",
            )  # fmt: skip
            results.add(
                analysis.output_id, "count", population=population, row_group="Size",
                row_label="Sites", arm=label, estimate=arm["site_id"].nunique(), unit="sites",
            )  # fmt: skip
        sites = int(persons["site_id"].nunique())
        results.add(
            analysis.output_id, "count", population=population, row_group="Size",
            row_label="Sites", estimate=sites, numerator=sites, unit="sites",
        )  # fmt: skip
        for one in study.covariates:
            differences += _covariate(
                study, one, population, persons, labels, comparison, analysis, results
            )
    _warn_of_sites(comparison.persons, labels, results)
    if comparison.left_out:
        named = {one.covariate_id: one.label for one in study.covariates}
        names = ", ".join(named.get(name, name) for name in comparison.left_out)
        results.warnings.append(f"Not adjusted for, because everyone has the same value: {names}.")
    final = [row for row in differences if row["population"] == populations[-1][0]]
    apart = [row["label"] for row in final if abs(row["smd"]) > BALANCED]
    if apart:
        results.warnings.append(
            f"{'After matching, the' if len(populations) > 1 else 'The'} arms differ by more than "
            f"{BALANCED} standard deviations in: {', '.join(apart)}."
        )
    results.add_figure(f"{analysis.output_id}_balance", love_plot(pd.DataFrame(differences)))
    if analysis.population == "matched":
        scored = comparison.persons.dropna(subset="score")
        arms = [scored[scored["treated"] == side] for side in (True, False)]
        results.add_figure(
            f"{analysis.output_id}_overlap",
            overlap_plot(
                tuple(arm["score"].to_numpy(float) for arm in arms),
                tuple((arm["pair"] >= 0).to_numpy() for arm in arms),
                (labels[True], labels[False]),
            ),
        )


def _warn_of_sites(persons: pd.DataFrame, labels: dict[bool, str], results: Results) -> None:
    """Say where all of an arm are of one site and the other arm is not: arm and site are one."""
    for treated, label in labels.items():
        own, others = (persons[persons["treated"] == side] for side in (treated, not treated))
        shared = int(others["site_id"].isin(own["site_id"]).sum())
        if own["site_id"].nunique() == 1 and shared < len(others):
            results.warnings.append(
                f"All {len(own)} persons of {label} are of one site, and {shared} of {len(others)} "
                f"of {labels[not treated]} are: arm and site are confounded, so that what differs "
                "between sites looks like an effect."
            )


def _covariate(
    study: Study,
    one: Covariate,
    population: str,
    persons: pd.DataFrame,
    labels: dict[bool, str],
    comparison: Comparison,
    analysis: Analysis,
    results: Results,
) -> list[dict]:
    """Rows of one covariate; a category has a row per level, unknown among them."""
    column = persons[one.covariate_id]
    named = study.levels_of(one.covariate_id)
    everyone = comparison.persons
    if one.value_kind == "category":
        found = set(everyone[one.covariate_id].astype(object).fillna(UNKNOWN)) - {*named}
        levels = [*named, *sorted(found, key=lambda level: (level == UNKNOWN, level))]
        before = everyone[one.covariate_id]
        parts = [
            (f"{one.label}: {level}", _is_level(column, level), _is_level(before, level))
            for level in levels
        ]
    else:
        parts = [(one.label, pd.to_numeric(column), pd.to_numeric(everyone[one.covariate_id]))]
    kind = "number" if one.value_kind == "number" else "binary"
    rows = []
    for label, values, before in parts:
        for treated, arm in labels.items():
            inside = values[persons["treated"] == treated]
            _summarise(analysis, results, population, one, label, arm, inside, kind)
        smd = smd_over_pooled(values, persons["treated"], before, everyone["treated"], kind)
        results.add(
            analysis.output_id, "standardized_difference", population=population,
            row_group=one.row_group, row_label=label, arm=labels[True], comparator=labels[False],
            estimate=smd,
        )  # fmt: skip
        rows.append({"label": label, "group": one.row_group, "population": population, "smd": smd})
    return rows


def _is_level(column: pd.Series, level: str) -> pd.Series:
    return (column.astype(object).fillna(UNKNOWN) == level).astype(float)


def _summarise(analysis, results, population, one, label, arm, values, kind) -> None:
    known = values.dropna()
    common = {
        "population": population, "row_group": one.row_group, "row_label": label, "arm": arm,
        "denominator": len(known), "n_missing": len(values) - len(known),
    }  # fmt: skip
    if kind == "binary":
        count = float(known.sum())
        results.add(analysis.output_id, "count", estimate=count, numerator=count, **common)
        del common["denominator"]
        add_percent(results, analysis.output_id, int(count), len(known), **common)
        return
    results.add(analysis.output_id, "mean", **mean_of(known), **common)
    results.add(analysis.output_id, "sd", estimate=known.std(ddof=1), **common)
    results.add(analysis.output_id, "median", **median_of(known), **common)


def table(estimates: list, title: str) -> Table:
    """One row per covariate or level; per population both arms and their difference."""
    populations, arms = distinct(estimates, "population"), distinct(estimates, "arm")
    columns = ["", *(f"{arm}, {when}" for when in populations for arm in [*arms, "SMD"])]
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for covariate, own in _by_covariate(of_group).items():
            is_level = len(own) > 1
            if is_level:
                rows.append([covariate, *[""] * (len(columns) - 1)])
            for label, of_label in own.items():
                shown = INDENT + label[len(covariate) + 2 :] if is_level else label
                rows.append([shown, *_cells(of_label, populations, arms)])
    note = (
        "n / known (%), or mean (SD). SMD: standardized difference, over the spread before "
        f"matching; * more than {BALANCED} either way; {NOTHING} where an arm has no known value."
    )
    return Table(title, columns, rows, note)


def _by_covariate(of_group: list) -> dict[str, dict[str, list]]:
    """Rows of estimates by covariate and label; a covariate of several labels has levels."""
    found: dict[str, dict[str, list]] = {}
    for label, own in grouped(of_group, "row_label").items():
        covariate = label.rpartition(": ")[0] or label
        found.setdefault(covariate, {})[label] = own
    return {
        name if len(own) > 1 else next(iter(own)): own for name, own in found.items()
    }  # fmt: skip


def _cells(own: list, populations: list[str], arms: list[str]) -> list[str]:
    """Both arms and their difference, per population."""
    at = grouped(own, "population", "arm")
    cells = []
    for population in populations:
        cells += [_baseline_cell(at.get((population, arm), [])) for arm in arms]
        smd = first(at.get((population, arms[0]), []), "standardized_difference")
        cells.append(NOTHING if smd is None else _difference(smd.estimate))
    return cells


def _difference(value: float) -> str:
    return rounded(value, 2) + (" *" if abs(value) > BALANCED else "")


def _baseline_cell(own: list) -> str:
    if any(one.status == "suppressed" for one in own):
        return "suppressed"
    of = {one.statistic: one for one in own}
    if "mean" in of:
        mean, sd = of["mean"], of["sd"]
        unknown = f", {rounded(mean.n_missing, 0)} unknown" if mean.n_missing > 0 else ""
        return f"{rounded(mean.estimate, 1)} ({rounded(sd.estimate, 1)}){unknown}"
    if "percent" in of:
        return count_of(of["percent"].numerator, of["percent"].denominator)
    return rounded(of["count"].estimate, 0) if "count" in of else NOTHING


def as_compared(one, rows: list) -> str:
    """Our value of a printed one: printed are the arms as they were compared in the end."""
    return ours(one, [row for row in rows if row.population == rows[-1].population])


def says(words: Words) -> str:
    """The method in words."""
    return f"{words.of}: characteristics at index, with standardized differences"


ANALYSIS = AnalysisType("baseline", make, table, says, ours=as_compared)

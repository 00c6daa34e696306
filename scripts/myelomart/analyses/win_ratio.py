"""Wins of one arm over the other in a hierarchy of outcomes: the endpoints in the row's order.

Endpoints of which every occurrence counts come last, compared by their days. Everybody is compared,
those with an earlier outcome too: a hierarchy is of whole persons.
"""

import numpy as np
import pandas as pd

from myelomart.analysis_type import AnalysisType, Words
from myelomart.display.cells import hidden_word
from myelomart.display.grouping import first, grouped
from myelomart.display.numbers import NOTHING, count_of, p_value, rounded
from myelomart.display.table import Table
from myelomart.errors import NoData, StatisticsError
from myelomart.figures.forest_plot import ratio_forest
from myelomart.population.comparison import compare, endpoint_rows
from myelomart.results import Results
from myelomart.study import Analysis, Study
from myelomart.study_data import StudyData
from myelomart.survival import CountTier, TimeTier, Wins, win_statistics
from myelomart.survival.win_tiers import Tier

EVERYONE, PAIRS = "Everybody against everybody", "Within matched pairs"
ALL = "all tiers"
STATISTICS = {"win_ratio": "Win ratio", "win_odds": "Win odds", "net_benefit": "Net benefit, %"}
COUNTS = {"percent_won": "wins", "percent_lost": "losses", "percent_undecided": "undecided"}
TESTS = {EVERYONE: "Wald", PAIRS: "Wald, matched"}


def make(study: Study, analysis: Analysis, data: StudyData, results: Results) -> None:
    """Add wins and losses by tier and their statistics, over all couples and within pairs."""
    comparison = compare(study, analysis, data)
    is_matched = analysis.population == "matched"
    persons = comparison.compared
    arms = study.arms_of(analysis)
    tiers = _tiers(study, analysis, persons, data)
    treated = persons["treated"].to_numpy(bool)
    try:
        found = {EVERYONE: win_statistics(treated, tiers)}
        if is_matched:
            found[PAIRS] = win_statistics(treated, tiers, pair=persons["pair"].to_numpy())
    except StatisticsError as refusal:
        raise NoData(str(refusal)) from None
    for group, wins in found.items():
        common = {"population": analysis.population, "row_group": group, "time_anchor": "index"}
        _add(results, analysis.output_id, wins, common | arms, TESTS[group])
    own = results.own_rows(analysis.analysis_id)
    if any(np.isfinite(one.estimate) for one in own if one.statistic in ("win_ratio", "win_odds")):
        name = f"{analysis.output_id}_wins"
        results.add_figure(name, _forest(own, (arms["arm"], arms["comparator"])))


def _tiers(study, analysis, persons: pd.DataFrame, data: StudyData) -> list[Tier]:
    tiers: list[Tier] = []
    for endpoint in study.endpoints_of(analysis):
        rows = endpoint_rows(persons, data, endpoint)
        event = (rows["event"] == 1).to_numpy()
        tiers.append(TimeTier.of(endpoint.label, rows["time_days"].to_numpy(), event))
    place = pd.Series(np.arange(len(persons)), persons["person_id"])
    for endpoint in study.counted_of(analysis):
        rows = data.repeats_of(endpoint.endpoint_id, set(persons["cohort_id"]))
        rows = rows[rows["person_id"].isin(place.index)]
        is_end = rows["kind"] != 1
        end = rows[is_end].set_index("person_id")["time_days"].reindex(place.index)
        if end.isna().any():
            raise NoData(f"the warehouse has no occurrences of «{endpoint.label}» to count")
        own = rows[~is_end]
        tiers.append(
            CountTier.of(
                f"{endpoint.label}: days", end.to_numpy(), place.loc[own["person_id"]].to_numpy(),
                own["time_days"].to_numpy(), own["days"].to_numpy(float),
            )
        )  # fmt: skip
    return tiers


def _add(results: Results, output_id: str, wins: Wins, common: dict, test: str) -> None:
    whole = {"tier": ALL, "wins": wins.wins, "losses": wins.losses, "undecided": wins.ties}
    for row in [*wins.tiers.to_dict("records"), whole]:
        for statistic, name in COUNTS.items():
            results.add(
                output_id, statistic, row_label=row["tier"], unit="% of couples",
                estimate=100 * row[name] / wins.couples, numerator=row[name],
                denominator=wins.couples, **common,
            )  # fmt: skip
    persons = {"denominator": wins.n_treated + wins.n_control}
    for statistic, label in STATISTICS.items():
        one, times = getattr(wins, statistic), 100 if statistic == "net_benefit" else 1
        is_known = np.isfinite(one.estimate)
        results.add(
            output_id, statistic, row_label=label, unit="%" if times > 1 else "ratio",
            estimate=times * one.estimate, ci_low=times * one.ci_low, ci_high=times * one.ci_high,
            p_value=one.p, p_test=test, status=None if is_known else "not_estimable",
            **persons, **common,
        )  # fmt: skip
    if wins.test is not None:
        results.add(
            output_id, "finkelstein_schoenfeld_z", row_label="Finkelstein-Schoenfeld, z",
            estimate=wins.test.estimate, p_value=wins.test.p, p_test="Finkelstein-Schoenfeld",
            **persons, **common,
        )  # fmt: skip


def _forest(own: list, labels: tuple[str, str]):
    """Win ratio and win odds; above 1 the treated fare better."""
    drawn = [
        {
            "label": one.row_label, "group": one.row_group, "hr": one.estimate,
            "ci_low": one.ci_low, "ci_high": one.ci_high, "p": one.p_value, "status": one.status,
        }
        for one in own
        if one.statistic in ("win_ratio", "win_odds")
    ]  # fmt: skip
    axis = f"◂ {labels[1]} fares better  |  ratio of wins  |  {labels[0]} fares better ▸"
    said = f"Wins of {labels[0]} over {labels[1]}"
    return ratio_forest(pd.DataFrame(drawn), [], axis, said, "Ratio (95 % CI)", "Wald")


def table(estimates: list, title: str) -> Table:
    """Tiers with their wins, losses and what they leave open; below, the statistics."""
    arm = next((one.arm for one in estimates), "")
    other = next((one.comparator for one in estimates), "")
    columns = ["", f"{arm} fares better", f"{other} fares better", "left open", "(95 % CI)", "p"]
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for label, own in grouped(of_group, "row_label").items():
            if first(own, "percent_won") is not None:
                rows.append([label, *(_count(own, name) for name in COUNTS), NOTHING, NOTHING])
                continue
            one = own[0]
            shown = hidden_word(one) or _value(one)
            rows.append([label, *[NOTHING] * 3, shown, p_value(one.p_value)])
    note = (
        "Every person of one arm is compared with every person of the other, or with the one of "
        "the pair, by the first tier that tells them apart, up to the day to which both were "
        "followed. Win odds count what is left open as half a win. Net benefit: wins less losses "
        "in percent of couples. Persons with an earlier outcome are not left out."
    )
    return Table(title, columns, rows, note)


def _count(own: list, name: str) -> str:
    one = first(own, name)
    return hidden_word(one) or count_of(one.numerator, one.denominator)


def _value(one) -> str:
    digits = 1 if one.unit == "%" else 2
    if np.isnan(one.estimate):
        return "not estimable"
    said = rounded(one.estimate, digits)
    if np.isnan(one.ci_low) and np.isnan(one.ci_high):
        return said
    return f"{said} ({rounded(one.ci_low, digits)} to {rounded(one.ci_high, digits)})"


def says(words: Words) -> str:
    """The method in words."""
    tiers = [f"«{one.label}»" for one in words.endpoints]
    tiers += [f"the days of «{one.label}»" for one in words.counted]
    said = (
        f"{words.of}: wins and losses by {', then '.join(tiers)}; win ratio and net benefit with "
        "the variance of U-statistics (Luo 2015, Bebu 2016), win odds, and the test of "
        "Finkelstein 1999"
    )
    if words.row.population == "matched":
        said += "; the same within pairs, with the interval of Pocock 2012"
    return said + "; not adjusted for covariates, nobody left out for an earlier outcome"


ANALYSIS = AnalysisType("win_ratio", make, table, says)

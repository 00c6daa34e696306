"""The attacks that once rebuilt hidden counts, each tried on a release of the demonstration.

Each is described in `cases/attack` of the shared folder; without it they are skipped.
"""

import os
import re
from pathlib import Path

import pandas as pd
import pytest

from myelomart.disclosure.attack import rebuilt
from myelomart.disclosure.coarsening import coarsened
from myelomart.disclosure.policies import named
from myelomart.disclosure.release import opened
from myelomart.display.cells import SUPPRESSED
from myelomart.project import project_root
from myelomart.results import Results

P = named("cms11")
CASES = Path(os.environ.get("MYELOMART_SHARED", project_root().parent / "shared"))
CASES = CASES / "cases" / "attack"
COUNTS = ["numerator", "denominator", "n_missing"]
STEP = 0.05  # of a standardized difference


@pytest.fixture(name="case")
def _case(request) -> str:
    """The words of a case; skipped where the shared folder is not there."""
    file = CASES / request.param / "case.md"
    if not file.is_file():
        pytest.skip(f"the case is not at {file}")
    return file.read_text(encoding="utf-8")


def of_case(name: str):
    return pytest.mark.parametrize("case", [name], indirect=True)


@pytest.fixture(name="shown")
def _shown(released) -> pd.DataFrame:
    with opened(released) as folder:
        shown = pd.read_parquet(folder / "cart_vs_pom" / "estimates.parquet")
    return shown.assign(is_hidden=shown["status"].eq(SUPPRESSED).fillna(False))


@of_case("02_secondary_key_lacks_analysis")
def test_events_hidden_in_one_arm_alone_are_not_in_their_sum_either(case, shown):
    assert "one of two arms hidden" in case
    key = ["analysis_id", "population", "endpoint", "timepoint_months"]
    events = shown[shown["statistic"] == "events"]
    alone = events.groupby(key, dropna=False)["is_hidden"].transform("sum") == 1
    hidden = set(events.loc[alone, key].astype(str).itertuples(index=False, name=None))
    assert hidden, "no endpoint has one arm hidden: the case is not tried"
    ratios = shown[shown["statistic"].str.startswith("hazard_ratio")]
    beside = [key in hidden for key in ratios[key].astype(str).itertuples(index=False, name=None)]
    assert ratios.loc[beside, ["estimate", "ci_low", "ci_high", "numerator"]].isna().all(axis=None)
    assert rebuilt(shown, P) == []


@of_case("04_balance_figure_kept")
def test_the_balance_figure_shows_no_hidden_row_and_no_place_between_the_steps(
    case, shown, released
):
    assert "standardized difference" in case
    differences = shown[shown["statistic"] == "standardized_difference"]
    with opened(released) as folder:
        [figure] = folder.glob("cart_vs_pom/figures/*_balance.svg")
        drawn = figure.read_text("utf-8")
    told = differences.dropna(subset="estimate")
    hidden = set(differences["row_label"]) - set(told["row_label"])
    assert hidden
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", drawn)
    assert not hidden & {text.strip() for text in texts}
    assert (told["estimate"] / STEP).round(6).mod(1).eq(0).all()
    places = {place for place in re.findall(r'<circle[^>]*cx="([\d.]+)"', drawn)}
    assert places
    assert len(places) <= told["estimate"].abs().nunique() + told["estimate"].nunique()


@of_case("05_denominator_tells")
def test_no_hidden_row_has_a_denominator_of_its_own(case, shown):
    assert "denominator" in case
    is_public = shown["population"].isin(["as printed", "pooled by us"])
    ours = shown[~is_public & shown["unit"].ne("sites").fillna(True)]
    counts = ours[COUNTS].stack()
    counts = counts[counts > 0]
    assert (counts % P.rounds_to == 0).all(), (
        "a count that is no multiple of the base was not small"
    )
    assert (counts >= P.least_shown).all()
    hidden = shown[shown["is_hidden"]]
    assert len(hidden) > P.hides_below
    assert hidden["numerator"].isna().all()
    sizes = hidden[hidden["statistic"] == "count"]
    assert sizes["estimate"].isna().all()


@of_case("06_unknown_is_total_minus_known")
def test_all_minus_known_leaves_a_hidden_unknown_its_room(case):
    assert "N 137 shown" in case
    assert "130 are known" in case
    results = Results("made_up", analysis_id="patterns_baseline")
    about = {"population": "all", "arm": "All"}
    results.add("OUT-1", "count", row_group="Size", row_label="Persons", estimate=137,
                unit="persons", **about)  # fmt: skip
    for label, count, known, unknown in (("X: yes", 60, 130, 7), ("X: no", 70, 130, 7),
                                         ("X: unknown", 7, 137, 0)):  # fmt: skip
        results.add("OUT-1", "percent", row_group="Disease", row_label=label, numerator=count,
                    denominator=known, n_missing=unknown, estimate=100 * count / known, unit="%",
                    **about)  # fmt: skip
    results.analysis_id = "by_group"  # a curve by group shows how many are known as well
    results.add("OUT-2", "median", row_group="Disease", row_label="X", denominator=130,
                n_missing=7, estimate=2.5, **about)  # fmt: skip
    shown = coarsened(results.estimate_frame(), P)
    assert shown["status"].tolist()[3] == SUPPRESSED
    assert shown["n_missing"].dropna().eq(0).all()
    whole, known = P.possible(shown["estimate"].iloc[0]), P.possible(shown["denominator"].iloc[-1])
    low, high = max(1, whole[0] - known[1]), whole[1] - known[0]
    assert low <= 7 <= high
    assert high - low >= P.least_width
    assert rebuilt(shown, P) == []

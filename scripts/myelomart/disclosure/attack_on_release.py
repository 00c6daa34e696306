"""Every way that we know to rebuild a hidden number from the files of a release, tried on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from myelomart.disclosure.attack import NAMES, rebuilt
from myelomart.disclosure.coarsening import TESTED, TESTS
from myelomart.disclosure.counts import PUBLIC, counts_of
from myelomart.disclosure.policies import Policy
from myelomart.disclosure.ratios import fewer_events
from myelomart.disclosure.words import BOUND
from myelomart.display.cells import SUPPRESSED
from myelomart.results import MANIFEST

PAGE, TAG = "report.html", re.compile(r"<[^>]+>")
PRINTED = "beside_printed"  # tables that show published numbers, which are no secret
COUNT = r"(?<![\w.,<–-])([1-9]\d*)"  # a number that stands by itself
SHARE = re.compile(rf"{COUNT} ?/ ?\d{{2,}}|{COUNT} (?:persons|patients)")
OF = re.compile(rf"{COUNT} of \d|{COUNT} (?:persons|patients)")
TEXT = re.compile(r"<text[^>]*>([^<]*)</text>")
CARD = re.compile(r'<dl class="card">(.*?)</dl>', re.DOTALL)  # the five lines of a study
OF_CARD = re.compile(
    rf"{COUNT} of (?!\d+ characteristics)\d|{COUNT} (?:persons|patients|matched pairs)"
    rf"|: {COUNT}[,;.](?!\d)"
)


def attack(folder: Path, policy: Policy) -> list[str]:
    """What can still be rebuilt of the results in ``folder``, a sentence each."""
    studies = sorted(file.parent for file in folder.glob(f"*/{MANIFEST}"))
    if (folder / MANIFEST).is_file():
        studies = [folder]
    if not studies:
        return []
    shown = pd.concat(
        [pd.read_parquet(one / "estimates.parquet") for one in studies], ignore_index=True
    )
    curves = pd.concat([pd.read_parquet(one / "curves.parquet") for one in studies])
    return [
        *_by_sums(shown, policy), *_not_rounded(shown, policy), *_by_ratios(shown, policy),
        *_by_curves(curves, policy), *_by_tests(shown),
        *(said for one in studies for said in _in_words(one, shown, policy)),
    ]  # fmt: skip


def _named(row: pd.Series) -> str:
    names = ["study_id", "analysis_id", "population", "row_label", "arm", "endpoint", "statistic"]
    return " · ".join(str(row[name]) for name in names if pd.notna(row[name]))


def _by_sums(shown: pd.DataFrame, policy: Policy) -> Iterator[str]:
    for one in rebuilt(shown, policy):
        index, name = one.cell
        told = f"{one.low:.0f}" if one.low == one.high else f"{one.low:.0f} to {one.high:.0f}"
        yield f"{_named(shown.loc[index])}: the {NAMES[name]} is {told}, by sums."


def _not_rounded(shown: pd.DataFrame, policy: Policy) -> Iterator[str]:
    counts = counts_of(shown)
    counts = counts[counts["is_ours"] & counts["kind"].isin(["count", "share", "effect", "sample"])]
    for name in NAMES:
        values = counts[name].dropna()
        small = values.gt(0) & values.lt(policy.least_shown)
        for index in values.index[small | (values != values.map(policy.round))]:
            yield f"{_named(shown.loc[index])}: the {NAMES[name]} is {values[index]:g}, as it is."


def _by_ratios(shown: pd.DataFrame, policy: Policy) -> Iterator[str]:
    kind = counts_of(shown)
    for _, row in shown[kind["is_ours"] & kind["kind"].eq("effect")].iterrows():
        least = fewer_events(row["ci_low"], row["ci_high"], row["numerator"])
        if least is not None and least < policy.hides_below:
            yield f"{_named(row)}: its interval tells of {least:.0f} events in an arm."


def _by_tests(shown: pd.DataFrame) -> Iterator[str]:
    """How often was tested where those tested are hidden; which test a hidden row took."""
    hidden = shown["status"].eq(SUPPRESSED).fillna(False)
    where = ["study_id", "analysis_id", "population", "row_label", "endpoint", "arm"]
    keys = shown[where].astype("string").fillna("").agg(" · ".join, axis=1)
    few = set(keys[hidden & shown["statistic"].eq(TESTED)])
    for index in shown.index[shown["statistic"].eq(TESTS) & ~hidden & keys.isin(few)]:
        yield f"{_named(shown.loc[index])}: so many tests bound the hidden number of those tested."
    for index in shown.index[hidden & shown["p_test"].notna()]:
        yield f"{_named(shown.loc[index])}: a hidden row names its test."


def _by_curves(curves: pd.DataFrame, policy: Policy) -> Iterator[str]:
    """Steps whose events, at the most that the rounding allows, are fewer than the limit."""
    whose = ["study_id", "analysis_id", "population", "endpoint", "arm"]
    for _, own in curves.groupby(whose, dropna=False, sort=False):
        own = own.sort_values("time_months", kind="stable")
        level, risk = own["survival"].to_numpy(float), own["n_risk"].to_numpy(float)
        if (risk > 0).any() and (risk[risk > 0] + policy.rounds_to <= policy.hides_below).any():
            yield f"{_named(own.iloc[0].reindex([*whose, 'row_label', 'statistic']))}: few at risk."
        half = policy.rounds_to / max(risk[0], 1) / 2
        for k in range(1, len(own)):
            if level[k] == level[k - 1]:
                continue
            falls = level[0] > 0.5
            high, low = (level[k - 1], level[k]) if falls else (1 - level[k - 1], 1 - level[k])
            most = (risk[k - 1] + policy.rounds_to / 2) * (1 - (low - half) / (high + half))
            if most < policy.step_events:
                row = own.iloc[k].reindex([*whose, "row_label", "statistic"])
                yield f"{_named(row)}: the step to month {own['time_months'].iloc[k]:g} holds few."


def _in_words(folder: Path, shown: pd.DataFrame, policy: Policy) -> Iterator[str]:
    """Small counts in sentences, tables and figures; tables with published numbers tell no secret.

    The page is made of the same sentences and tables; read of it are its card and its figures,
    some of which are drawn anew for a phone.
    """
    told = json.loads((folder / MANIFEST).read_text("utf-8"))
    sentences = [*told["warnings"], *told["missing"].values(), told.get("stopped") or ""]
    texts = {MANIFEST: (OF, sentences)}
    published = {
        f"{one.output_id}_{one.analysis_id}.csv"
        for one in shown[shown["population"].isin(PUBLIC)].itertuples()
    }
    for file in sorted(folder.glob("tables/*.csv")):
        if PRINTED not in file.name and file.name not in published:
            texts[file.name] = SHARE, file.read_text("utf-8").splitlines()
    for file in sorted(folder.glob("figures/*.svg")):
        texts[file.name] = SHARE, TEXT.findall(file.read_text("utf-8"))
    if (page := folder / PAGE).is_file():
        html = page.read_text("utf-8")
        texts[f"{PAGE} (card)"] = OF_CARD, [TAG.sub(" ", one) for one in CARD.findall(html)]
        texts[f"{PAGE} (figures)"] = SHARE, TEXT.findall(html)
    for said in filter(BOUND.search, sentences):
        yield f"{folder.name}/{MANIFEST} says «{said}»."
    for name, (pattern, lines) in texts.items():
        for found in (hit for line in lines for hit in pattern.finditer(line)):
            if int(next(filter(None, found.groups()))) < policy.least_shown:
                yield f"{folder.name}/{name} says «{found.group()}»."

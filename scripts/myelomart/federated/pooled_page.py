"""What the page of a pool says otherwise than that of one site: methods, and the ratios' table."""

from __future__ import annotations

from dataclasses import asdict, replace

from myelomart.display.grouping import distinct, first, grouped
from myelomart.display.numbers import NOTHING, p_value, ratio, rounded
from myelomart.display.table import Table
from myelomart.protocol.part import Part, anchor
from myelomart.report.render import Chapter, chapter
from myelomart.report.sections import Section
from myelomart.report.sources import Source
from myelomart.results import Results
from myelomart.study import Study
from myelomart.study_data import StudyData

TEST = "profile likelihood"  # that gives limits and p of a pooled ratio
RATIOS = "hazard_ratios"
SUMS = (
    "counts are sums of what the sites show, means and deviations come from theirs, and "
    "differences are of the pooled arms"
)
CURVES = (
    "hazards of the sites' curves are weighed by their risk sets; medians are read from the curve "
    "that this gives"
)
SHARES = f"{SUMS}; rates over sites come from a binomial-normal model, from three sites on"
WAYS = {
    RATIOS: "log-likelihood profiles of the sites' Cox models are summed, which is a Cox model "
    "stratified by site, with coefficients of each site's own where it is adjusted; limits and p "
    "are those of the profile likelihood. Where effects differ, they are normal around a mean: "
    "Bayes on the profiles, with the prediction for a new site; I² is that of REML on the sites "
    "with an estimate. Log-rank, proportional hazards and intervals that respect pairs need rows "
    "and are left to the sites",
    "attrition": SUMS, "baseline": SUMS, "cohort_table": SHARES, "response_bars": SHARES,
    "kaplan_meier": CURVES, "survival": CURVES,
}  # fmt: skip
VARIANCE = "variance"  # the part of a protocol on how limits are made


def pooled_chapter(
    study: Study, results: Results, data: StudyData, sources: tuple[Source, ...]
) -> Chapter:
    """The chapter of a pooled study: its analyses and its methods say how they were pooled."""
    made = chapter(study, results, data, [asdict(one) for one in sources], is_open=False)
    sections = [_section(one, results) for one in made.sections]
    return replace(made, sections=sections, parts=_parts(study, made))


def _section(one: Section, results: Results) -> Section:
    if one.missing:
        return one
    table = one.table
    if one.analysis_type == RATIOS:
        table = ratio_table(results.own_rows(one.anchor), one.title)
    return replace(one, said=f"Over sites: {WAYS[one.analysis_type]}. At each: {one.said}",
                   table=table)  # fmt: skip


def _parts(study: Study, made: Chapter) -> list[Part]:
    """The parts of the protocol, each site's; how they were pooled stands before the limits."""
    kinds = dict.fromkeys(one.analysis_type for one in made.sections)
    titles = {kind: [s.title for s in made.sections if s.analysis_type == kind] for kind in kinds}
    rows = [
        ["; ".join(titles[kind]), WAYS.get(kind, "not pooled: left to the sites")] for kind in kinds
    ]
    said = "Each site made its own analyses, as the other parts say. What is shown here is pooled."
    pooling = Part(
        "pooling", anchor(study.study_id, "pooling"), "Pooling over sites", (said,),
        (Table("Pooling over sites", ["", "how"], rows),),
    )  # fmt: skip
    parts = []
    for part in made.parts:
        if part.key == VARIANCE:
            at_sites = tuple(f"At each site: {one}" for one in part.paragraphs)
            pooled = ("Pooled hazard ratios: limits of the profile likelihood.",
                      "Pooled curves: Greenwood's variance of the summed risk sets, log-log "
                      "limits.")  # fmt: skip
            parts += [pooling, replace(part, paragraphs=(*pooled, *at_sites))]
        else:
            parts.append(part)
    return parts


def ratio_table(estimates: list, title: str) -> Table:
    """A row per endpoint: events and persons, the ratio of all sites, and how far sites differ."""
    arms = distinct([one for one in estimates if one.statistic == "n"], "arm")
    columns = [
        "", *(f"{arm}: events / n" for arm in arms), "sites", "HR (95 % CI)", f"p ({TEST})",
        "HR, effects that differ (95 % CI)", "HR at a new site (95 %)", "tau", "I²",
    ]  # fmt: skip
    has_adjusted = first(estimates, "hazard_ratio_odach") is not None
    columns += ["Adjusted HR, ODACH (95 % CI)"] if has_adjusted else []
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        rows.append([group])
        for own in grouped(of_group, "endpoint").values():
            rows.append(_ratio_row(own, arms, has_adjusted))
    note = (
        "† not interpretable at a site: one arm was tested more than twice as much. (not all "
        "sites): a site hides a count. sites: those that share a likelihood profile. tau: standard "
        "deviation of the log ratio between sites."
    )
    return Table(title, columns, rows, note)


def _ratio_row(own: list, arms: list[str], has_adjusted: bool) -> list[str]:
    at = grouped(own, "statistic", "arm")
    hr = first(own, "hazard_ratio")
    cells = [own[0].row_label + (" †" if hr.status == "not_interpretable" else "")]
    for arm in arms:
        counts = [at[statistic, arm][0] for statistic in ("events", "n")]
        cells.append(" / ".join("hidden" if one.estimate != one.estimate
                                else rounded(one.estimate, 0) for one in counts))  # fmt: skip
    sites = sum(one.statistic == "hazard_ratio_at_site" for one in own)
    of_all = ratio(hr.estimate, hr.ci_low, hr.ci_high) if sites else NOTHING  # none shares it
    cells += [str(sites), of_all, p_value(hr.p_value)]
    mixed, ahead = (first(own, f"hazard_ratio_{name}") for name in
                    ("random_effects", "of_a_new_site"))  # fmt: skip
    cells += [NOTHING if mixed is None else ratio(mixed.estimate, mixed.ci_low, mixed.ci_high),
              NOTHING if ahead is None else
              f"{rounded(ahead.ci_low, 2)}–{rounded(ahead.ci_high, 2)}"]  # fmt: skip
    tau, i2 = first(own, "tau"), first(own, "i2")
    cells += [rounded(tau.estimate, 2) if tau else NOTHING,
              f"{rounded(i2.estimate, 0)} %" if i2 else NOTHING]  # fmt: skip
    if has_adjusted:
        one = first(own, "hazard_ratio_odach")
        cells.append(ratio(one.estimate, one.ci_low, one.ci_high) if one else NOTHING)
    return cells

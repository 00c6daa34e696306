"""Puts results, figures and words into one HTML page that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from myelomart.report.tables import Table, baseline_table, hazard_ratio_table
from myelomart.results import Results
from myelomart.study import Study, as_prose


@dataclass(frozen=True)
class Section:
    """One output of a study on the page: its table, its figures."""

    title: str
    anchor: str
    output_id: str
    table: Table | None
    figures: list[Markup]
    is_gallery: bool


@dataclass(frozen=True)
class Chapter:
    """One study on the page."""

    study: Study
    prose: str
    results: Results
    sections: list[Section]


def chapter(study: Study, results: Results, published) -> Chapter:
    """What the page shows of one study."""
    estimates = results.estimate_frame()
    sections = []
    for analysis in study.analyses:
        own = estimates[estimates["output_id"] == analysis.output_id]
        table = None
        if analysis.analysis_type == "baseline":
            own = own[own["row_group"] != "Flow"]
            table = baseline_table(own, analysis.title) if len(own) else None
        if analysis.analysis_type == "hazard_ratios" and len(own):
            table = hazard_ratio_table(own, published, analysis.title)
        figures = _figures(results, analysis.output_id, analysis.analysis_type)
        if table or figures:
            sections.append(
                Section(
                    analysis.title,
                    analysis.analysis_id,
                    analysis.output_id,
                    table,
                    figures,
                    analysis.analysis_type == "kaplan_meier",
                )  # fmt: skip
            )
    return Chapter(study, as_prose(study), results, sections)


def render(chapters: list[Chapter], facts: dict[str, str]) -> str:
    """The whole page; ``facts`` (version, source, rule set …) stand at its end."""
    environment = Environment(
        loader=PackageLoader("myelomart.report", "."),
        autoescape=select_autoescape(["html", "j2"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = resources.files("myelomart.report").joinpath("style.css").read_text(encoding="utf-8")
    template = environment.get_template("page.html.j2")
    return template.render(chapters=chapters, facts=facts, style=Markup(style))


FIGURES_OF = {
    "attrition": ("_flow",), "baseline": ("_balance",), "hazard_ratios": ("_forest",),
    "kaplan_meier": (),
}  # fmt: skip


def _figures(results: Results, output_id: str, analysis_type: str) -> list[Markup]:
    """The figures of an analysis; a gallery takes every figure of its output but the named ones."""
    own = {name: svg for name, svg in results.figures.items() if name.startswith(output_id)}
    endings = FIGURES_OF[analysis_type]
    if endings:
        return [Markup(svg) for name, svg in own.items() if name.endswith(endings)]
    named = tuple(ending for endings in FIGURES_OF.values() for ending in endings)
    return [Markup(svg) for name, svg in own.items() if not name.endswith(named)]

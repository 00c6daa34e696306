"""The results of a study: tidy tables, written so that the same input gives the same bytes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from myelomart import whole
from myelomart.display.titles import told_apart
from myelomart.errors import MyelomartError
from myelomart.figures.canvas import Canvas, Drawing
from myelomart.figures.formats import SVG, written
from myelomart.figures.panels import joined
from myelomart.private_files import private
from myelomart.spreadsheet import safe

MADE_BY, MANIFEST = "study run", "manifest.json"
ESTIMATE_COLUMNS = {
    "study_id": "string",
    "analysis_id": "string",  # of studies.study_analyses: two analyses may make one output
    "output_id": "string",
    "population": "string",
    "row_group": "string",
    "row_label": "string",
    "arm": "string",
    "comparator": "string",
    "endpoint": "string",
    "statistic": "string",
    "estimate": "float64",
    "ci_low": "float64",
    "ci_high": "float64",
    "iqr_low": "float64",
    "iqr_high": "float64",
    "range_low": "float64",
    "range_high": "float64",
    "p_value": "float64",
    "p_test": "string",
    "numerator": "float64",
    "denominator": "float64",
    "n_missing": "float64",
    "unit": "string",
    "timepoint_months": "float64",
    "time_anchor": "string",
    "status": "string",  # empty, or why there is no number: not_estimable, not_interpretable …
}
MARK = "is_synthetic"  # the last column of every file
VALUE_COLUMNS = set(ESTIMATE_COLUMNS) - {"study_id", "analysis_id"}  # those have one owner
CURVE_COLUMNS = {
    "study_id": "string",
    "analysis_id": "string",  # of studies.study_analyses: two analyses may make one output
    "output_id": "string",
    "population": "string",
    "endpoint": "string",
    "arm": "string",
    "time_months": "float64",
    "n_risk": "float64",
    "n_event": "float64",
    "n_censored": "float64",
    "survival": "float64",
    "ci_low": "float64",
    "ci_high": "float64",
}
PAIRS = "matched_pairs.parquet"
PAIR_COLUMNS = {
    "study_id": "string",
    "analysis_id": "string",
    "pair": "int64",
    "cohort_id": "string",
    "person_id": "int64",
    "is_treated": "bool",
    "score": "float64",  # the propensity score by which they were matched
}


@dataclass
class Results:
    """What one study made: estimates, curves, figures (name to SVG) and warnings in words."""

    study_id: str
    estimates: list[dict] = field(default_factory=list)
    curves: list[pd.DataFrame] = field(default_factory=list)
    pairs: list[pd.DataFrame] = field(default_factory=list)  # who is compared with whom
    figures: dict[str, Drawing] = field(default_factory=dict)
    panels: dict[str, list[tuple]] = field(default_factory=dict)  # figure to analysis and sheet
    warnings: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)  # analysis: what it lacked, in words
    stopped: str | None = None  # why no analysis could be made
    analysis_id: str | None = None  # the analysis at work: what is added now is its
    figure_of: dict[str, str | None] = field(default_factory=dict)  # figure name to analysis
    read: dict[str, tuple[str, ...]] = field(default_factory=dict)  # analysis to models it read

    def add(self, output_id: str, statistic: str, **values) -> None:
        """Add one estimate; a value that is not a number is stored as missing.

        Raises ``TypeError`` that names what is no column of the estimates.
        """
        unknown = sorted(set(values) - VALUE_COLUMNS)
        if unknown:
            raise TypeError(f"an estimate has no column {', '.join(unknown)}: see ESTIMATE_COLUMNS")
        self.estimates.append(
            {
                "study_id": self.study_id, "output_id": output_id, "statistic": statistic,
                "analysis_id": self.analysis_id,
            } | values
        )  # fmt: skip

    def add_figure(self, name: str, svg: str) -> None:
        """Keep a figure under a file name that no other figure has."""
        if name in self.figures:
            name = f"{name}_{self.analysis_id}"
        self.figures[name] = svg if isinstance(svg, Drawing) else Drawing(svg)
        self.figure_of[name] = self.analysis_id

    def add_panel(self, name: str, sheet: Canvas, title: str) -> None:
        """Add a panel to the figure ``name``, which several analyses may draw together.

        The figure is the first one's, and called by its title.
        """
        own = self.panels.setdefault(name, [])
        own.append((self.analysis_id, sheet, title))
        self._join(name)

    def _join(self, name: str) -> None:
        own = self.panels[name]
        self.figures[name] = joined(
            [sheet for _, sheet, _ in own], told_apart([title for *_, title in own])[0]
        )
        self.figure_of[name] = own[0][0]

    def leave_out(self, analysis_id: str) -> None:
        """Drop all that an analysis has made."""
        self.estimates = [one for one in self.estimates if one["analysis_id"] != analysis_id]
        self.curves = [one for one in self.curves if not (one["analysis_id"] == analysis_id).any()]
        for name in self.own_figures(analysis_id):
            del self.figures[name], self.figure_of[name]
        for name, own in list(self.panels.items()):
            self.panels[name] = [panel for panel in own if panel[0] != analysis_id]
            if not self.panels[name]:
                del self.panels[name]
            elif len(self.panels[name]) < len(own):
                self._join(name)

    def add_curve(self, curve: pd.DataFrame) -> None:
        """Keep a curve of the analysis at work."""
        whose = {"study_id": self.study_id, "analysis_id": self.analysis_id}
        self.curves.append(curve.assign(**whose))

    def add_pairs(self, matched: pd.DataFrame) -> None:
        """Keep who was matched with whom by the analysis at work."""
        whose = {"study_id": self.study_id, "analysis_id": self.analysis_id}
        self.pairs.append(matched.assign(**whose, is_treated=matched["treated"]))

    def own_rows(self, analysis_id: str) -> list[SimpleNamespace]:
        """What one analysis made, row by row: NaN where a number is missing, None where a word."""
        return [_row(one) for one in self.estimates if one["analysis_id"] == analysis_id]

    def own_figures(self, analysis_id: str) -> dict[str, str]:
        """The figures that one analysis made, name to SVG."""
        return {
            name: svg for name, svg in self.figures.items() if self.figure_of[name] == analysis_id
        }

    def estimate_frame(self) -> pd.DataFrame:
        """All estimates, one row each, in the order in which they were made."""
        return _shaped(pd.DataFrame(self.estimates), ESTIMATE_COLUMNS)

    def curve_frame(self) -> pd.DataFrame:
        """All curves, one row per arm and time."""
        frame = pd.concat(self.curves, ignore_index=True) if self.curves else pd.DataFrame()
        return _shaped(frame, CURVE_COLUMNS)

    def pair_frame(self) -> pd.DataFrame:
        """The matched persons, one row each per analysis; the treated of a pair goes first."""
        frame = pd.concat(self.pairs, ignore_index=True)[list(PAIR_COLUMNS)].astype(PAIR_COLUMNS)
        order = ["analysis_id", "pair", "is_treated"]
        return frame.sort_values(order, ascending=[True, True, False], ignore_index=True)


def write_results(
    results: Results, folder: Path, manifest: dict, texts: dict[str, str] | None = None,
    formats: tuple[str, ...] = (SVG,),
) -> None:  # fmt: skip
    """Write one study into ``folder``: estimates, curves, figures in each of
    ``formats``, ``texts`` by path, manifest.

    The folder takes the place of the former one when it is whole. The manifest is written last and
    holds the hash of every file. Raises ``MyelomartError`` where the folder holds other files.
    """
    figures = figure_files(results, formats)
    mark = {MARK: bool(manifest.get(MARK))}
    frames = {
        "estimates": results.estimate_frame().assign(**mark),
        "curves": results.curve_frame().assign(**mark),
    }
    with whole.folder(folder, MADE_BY) as made:
        for name, frame in frames.items():
            frame.to_parquet(made / f"{name}.parquet", index=False)
            safe(frame).to_csv(made / f"{name}.csv", index=False, lineterminator="\n")
        for name, text in (figures | (texts or {})).items():
            (made / name).parent.mkdir(exist_ok=True)
            (made / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        if results.pairs:
            pairs = results.pair_frame()
            with private():
                pairs.to_parquet(made / PAIRS, index=False)
            manifest = manifest | {PAIRS: _pairs_by_analysis(pairs)}
        said = manifest | {
            "warnings": results.warnings, "missing": results.missing, "stopped": results.stopped,
            "files": whole.hashes(made),
        }  # fmt: skip
        (made / MANIFEST).write_text(
            json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )


def figure_files(results: Results, formats: tuple[str, ...] = (SVG,)) -> dict[str, str | bytes]:
    """Every figure by its path in each format, and what is drawn of it where there is less room."""
    files: dict[str, str | bytes] = {}
    for name, drawn in results.figures.items():
        for end, svg in (("", drawn), ("_narrow", drawn.narrow)):
            if svg is not None:
                files |= written(f"figures/{name}{end}", svg, formats)
    return files


def faults_of(folder: Path) -> list[str]:
    """What is wrong with the results in ``folder``, a sentence each; nothing when they are whole.

    Raises ``MyelomartError`` where there is no manifest that names its files.
    """
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MyelomartError(
            f"{folder} has no {MANIFEST} that lists its files: name a folder that "
            "`myelomart study run` wrote, or run the study again."
        ) from error
    there = whole.hashes(folder)
    there.pop(MANIFEST)
    faults = [f"{name} is not there." for name in sorted({*files} - {*there})]
    faults += [f"{name} is not of this run." for name in sorted({*there} - {*files})]
    changed = sorted(name for name in {*files} & {*there} if files[name] != there[name])
    return faults + [f"{name} is not as it was written." for name in changed]


def _pairs_by_analysis(pairs: pd.DataFrame) -> dict[str, int]:
    return {name: int(own["pair"].nunique()) for name, own in pairs.groupby("analysis_id")}


def _row(estimate: dict) -> SimpleNamespace:
    row = {}
    for name, kind in ESTIMATE_COLUMNS.items():
        value = estimate.get(name)
        is_missing = value is None or value is pd.NA or value != value
        if kind == "float64":
            row[name] = math.nan if is_missing or math.isinf(value) else float(value)
        else:
            row[name] = None if is_missing else value
    return SimpleNamespace(**row)


def _shaped(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    shaped = frame.reindex(columns=list(columns)).astype(columns)
    numbers = [name for name, kind in columns.items() if kind == "float64"]
    shaped[numbers] = shaped[numbers].replace([np.inf, -np.inf], np.nan)
    return shaped

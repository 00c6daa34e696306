"""The results of a study: tidy tables, written so that the same input gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

ESTIMATE_COLUMNS = {
    "study_id": "string",
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
CURVE_COLUMNS = {
    "study_id": "string",
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


@dataclass
class Results:
    """What one study made: estimates, curves, figures (name to SVG) and warnings in words."""

    study_id: str
    estimates: list[dict] = field(default_factory=list)
    curves: list[pd.DataFrame] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    stopped: str | None = None  # why the study ended before its analyses

    def add(self, output_id: str, statistic: str, **values) -> None:
        """Add one estimate; a value that is not a number is stored as missing."""
        self.estimates.append(
            {"study_id": self.study_id, "output_id": output_id, "statistic": statistic} | values
        )

    def estimate_frame(self) -> pd.DataFrame:
        """All estimates, one row each, in the order in which they were made."""
        return _shaped(pd.DataFrame(self.estimates), ESTIMATE_COLUMNS)

    def curve_frame(self) -> pd.DataFrame:
        """All curves, one row per arm and time."""
        frame = pd.concat(self.curves, ignore_index=True) if self.curves else pd.DataFrame()
        return _shaped(frame, CURVE_COLUMNS)


def write_results(results: Results, folder: Path, manifest: dict) -> None:
    """Write estimates, curves, figures and the manifest of one study into ``folder``."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for stale in (folder / "figures").glob("*.svg"):
        stale.unlink()
    for name, frame in (("estimates", results.estimate_frame()), ("curves", results.curve_frame())):
        frame.to_parquet(folder / f"{name}.parquet", index=False)
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    for name, svg in results.figures.items():
        (folder / "figures" / f"{name}.svg").write_text(svg, encoding="utf-8")
    said = manifest | {"warnings": results.warnings, "stopped": results.stopped}
    (folder / "manifest.json").write_text(
        json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _shaped(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    shaped = frame.reindex(columns=list(columns)).astype(columns)
    numbers = [name for name, kind in columns.items() if kind == "float64"]
    shaped[numbers] = shaped[numbers].replace([np.inf, -np.inf], np.nan)
    return shaped

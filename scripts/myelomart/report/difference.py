"""What changed between two folders of results, and why: data, code, rules or seeds.

The manifests of the studies say what each run was made of; the estimates say what came out.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from myelomart.errors import MyelomartError

KEYS = ["analysis_id", "output_id", "population", "row_group", "row_label", "arm", "comparator",
        "endpoint", "statistic", "timepoint_months", "time_anchor"]  # fmt: skip
VALUES = ["estimate", "ci_low", "ci_high", "p_value", "numerator", "denominator", "n_missing"]
CLOSE = 1e-9
CAUSES = {
    "inputs": "data", "Sources": "data", "Rule set": "rules", "Rule sets beside it": "rules",
    "models": "rules", "seeds": "seed", "Version": "code", "Python": "code", "Packages": "code",
}  # fmt: skip


def compare_runs(first: Path, second: Path) -> dict:
    """Per study: which causes differ, and which estimates came, went or moved.

    A folder is one of a study, or one with a folder per study. Raises ``MyelomartError`` where
    there are no results.
    """
    before, after = _studies(first), _studies(second)
    studies = {}
    for study_id in sorted({*before, *after}):
        if study_id not in before or study_id not in after:
            studies[study_id] = {"only_in": str(first if study_id in before else second)}
            continue
        studies[study_id] = _compare(before[study_id], after[study_id])
    return {"first": str(first), "second": str(second), "studies": studies}


def as_text(told: dict) -> str:
    """The comparison in words: causes first, then what changed, at most 20 rows a study."""
    lines = [f"{told['first']} → {told['second']}"]
    for study_id, one in told["studies"].items():
        if "only_in" in one:
            lines += ["", f"{study_id}: only in {one['only_in']}"]
            continue
        counts = ", ".join(f"{len(one[kind])} {kind}" for kind in ("changed", "added", "removed"))
        lines += ["", f"{study_id}: {counts}, {one['unchanged']} unchanged"]
        for cause, what in one["causes"].items():
            lines += [f"  {cause}: {sentence}" for sentence in what]
        if not one["causes"]:
            lines.append("  data, code, rules and seeds are the same")
        for row in one["changed"][:20]:
            moves = "; ".join(f"{k} {_n(a)} → {_n(b)}" for k, (a, b) in row["values"].items())
            lines.append(f"  ~ {row['name']}: {moves}")
        for sign, kind in (("+", "added"), ("-", "removed")):
            lines += [f"  {sign} {name}" for name in one[kind][:20]]
        more = sum(max(0, len(one[kind]) - 20) for kind in ("changed", "added", "removed"))
        lines += [f"  and {more} more; --json has them all"] if more else []
    return "\n".join(lines)


def _studies(folder: Path) -> dict[str, Path]:
    """The folder of each study; the manifest says which it is."""
    found = sorted([*folder.glob("manifest.json"), *folder.glob("*/manifest.json")])
    if not found:
        raise MyelomartError(
            f"There are no results in {folder}: name a folder that `myelomart study run` wrote."
        )
    return {json.loads(file.read_text("utf-8"))["study_id"]: file.parent for file in found}


def _compare(first: Path, second: Path) -> dict:
    manifests = [json.loads((one / "manifest.json").read_text("utf-8")) for one in (first, second)]
    frames = [pd.read_parquet(one / "estimates.parquet") for one in (first, second)]
    tables = [_keyed(frame) for frame in frames]
    shared = tables[0].index.intersection(tables[1].index, sort=False)
    before, after = tables[0].loc[shared, VALUES], tables[1].loc[shared, VALUES]
    left, right = (part.to_numpy(float) for part in (before, after))
    same = np.isclose(left, right, rtol=CLOSE, atol=CLOSE, equal_nan=True)
    moved = ~same.all(axis=1)
    changed = [
        {
            "name": _name(key),
            "values": {
                name: [_plain(a), _plain(b)]
                for name, a, b, is_same in zip(VALUES, old, new, equal, strict=True)
                if not is_same
            },
        }
        for key, old, new, equal in zip(
            shared[moved], left[moved], right[moved], same[moved], strict=True
        )
    ]
    return {
        "causes": _causes(*manifests),
        "changed": changed,
        "added": [_name(key) for key in tables[1].index.difference(tables[0].index, sort=False)],
        "removed": [_name(key) for key in tables[0].index.difference(tables[1].index, sort=False)],
        "unchanged": int((~moved).sum()),
    }


def _keyed(frame: pd.DataFrame) -> pd.DataFrame:
    """Estimates by what they are of; those that several analyses made are numbered."""
    keys = frame[KEYS].astype(object).where(frame[KEYS].notna(), "")
    keys["number"] = keys.groupby(KEYS, sort=False).cumcount()
    return frame.set_index(pd.MultiIndex.from_frame(keys))


def _causes(before: dict, after: dict) -> dict[str, list[str]]:
    """What the runs were made of that differs, by kind of cause."""
    causes: dict[str, list[str]] = {}
    for name, cause in CAUSES.items():
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            differing = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
            said = f"{name}: {', '.join(differing)}"
        else:
            said = f"{name}: {old} → {new}"
        causes.setdefault(cause, []).append(said)
    return causes


def _name(key: tuple) -> str:
    return " · ".join(str(part) for part in key[:-1] if part != "")


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _n(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"

"""The calibration table: every printed number aimed at, beside what a large network gives.

The table reads the latent course of myeloma patients (no records are written), follows them only as
far as they are observed, and estimates each row of calibration.csv as the document does.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from myelomart.survival import SurvivalCurve, kaplan_meier
from myelomart_synthetic.biology import HEAVY_CHAINS, has_emd, has_pmd, pattern_component
from myelomart_synthetic.charted import counts_at
from myelomart_synthetic.constants import rows
from myelomart_synthetic.estimands import effect_table
from myelomart_synthetic.network import CHUNK
from myelomart_synthetic.people import MONTH, YEAR, make_people
from myelomart_synthetic.responses import COMPLETE, PARTIAL, VERY_GOOD
from myelomart_synthetic.scenarios import scenario_named
from myelomart_synthetic.sites import make_sites
from myelomart_synthetic.toxicity import grades
from myelomart_synthetic.treatment import CAR_T, Course, simulate
from myelomart_synthetic.truth import STATES

NORMAL_95 = 1.959964
DAY_90 = 90


def infusion_frame(people, course: Course) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a first CAR-T infusion, and one row a line after it."""
    treated = np.flatnonzero(course.cart_line >= 0)
    pick = treated, course.cart_line[treated]
    biology = course.biology
    infusion, seen, last = course.infusion[pick], course.seen[pick], course.last[treated]
    death = course.death[treated]
    populations = np.array([row["population"] for row in rows("populations")])
    regimens, groups = (
        np.array([row[name] for row in rows("regimens")]) for name in ("regimen", "therapy_group")
    )
    following = np.minimum(pick[1] + 1, course.start.shape[1] - 1)
    begun = course.start[treated, following] >= 0
    next_seen = np.where(begun, course.seen[treated, following], 2**40)
    number = np.arange(course.start.shape[1])[None, :]
    before = (course.transplant[treated] >= 0) & (number < pick[1][:, None])
    progressed = (seen <= last) & (seen < death)
    frame = pd.DataFrame(
        {
            "population": populations[course.population[treated]],
            "product": regimens[course.regimen[pick]],
            "is_arm": course.arm[treated] == CAR_T,
            "progressed": progressed,
            "months_to_progression": np.where(progressed, (seen - infusion) / MONTH, np.nan),
            "refractory": np.where(progressed, seen - infusion <= 60, np.nan),
            "prior_lines": pick[1],
            "male": people.male[course.rows[treated]],
            "age_at_infusion": (infusion - people.birth[course.rows[treated]]) / YEAR,
            "months_since_diagnosis": (
                np.where(progressed, seen, infusion) - people.diagnosis[course.rows[treated]]
            )
            / MONTH,
            "prior_transplant": before.any(axis=1),
            "penta": course.penta[treated],
            "emd_baseline": has_emd(biology.baseline[treated]),
            "pmd_baseline": has_pmd(biology.baseline[treated]),
            "state_baseline": STATES[biology.baseline[treated]],
            "state_progression": STATES[biology.progression[treated]],
            "emd_progression": has_emd(biology.progression[treated]),
            "pmd_progression": has_pmd(biology.progression[treated]),
            "response_pr": course.response[pick] >= PARTIAL,
            "day90_pr": (course.response[pick] >= PARTIAL) & (seen - infusion > DAY_90),
            "day90_cr": (course.response[pick] >= COMPLETE) & (seen - infusion > DAY_90),
            "response_cr": course.response[pick] >= COMPLETE,
            "next_group": np.where(begun, groups[course.regimen[treated, following]], "NONE"),
            "next_pr": course.response[treated, following] >= PARTIAL,
            "next_vgpr": course.response[treated, following] >= VERY_GOOD,
            "tested": biology.tested[treated],
        }
    )
    for chain in ("IgG", "IgA", "none"):
        frame[f"heavy_{chain}"] = np.array(HEAVY_CHAINS)[biology.heavy_chain[treated]] == chain
    for row in rows("low_counts"):
        value = counts_at(course, row["moment"])[row["lab"]][treated]
        low = value < float(row["below"]) if row["below"] else value > float(row["above"])
        frame[row["state"]] = low
    for component in ("biochemical", "marrow", "bone"):
        frame[component] = pattern_component(biology, component)[treated]
    for place, row in enumerate(rows("cytogenetics")):
        frame[row["abnormality"]] = biology.abnormal[treated, place]
    survival(frame, "os_after_progression", seen, np.minimum(death, 2**40), last)
    event = np.minimum(next_seen, death)
    survival(frame, "pfs_after_progression", seen, event, last)
    start = course.start[treated, following]
    survival(frame, "pfs_first_salvage", np.where(begun, start, seen), event, last)
    survival(frame, "pfs_after_infusion", infusion, np.minimum(seen, death), last)
    survival(frame, "os_after_infusion", infusion, np.minimum(death, 2**40), last)
    graded = grades(course)
    toxicity = pd.DataFrame({name: graded[name] for name in ("patient", "line", "crs", "icans")})
    toxicity = toxicity.set_index(["patient", "line"])
    found = toxicity.reindex(pd.MultiIndex.from_arrays(pick))
    for term in ("crs", "icans"):
        frame[f"{term}_any"] = found[term].to_numpy() >= 1
        frame[f"{term}_ge3"] = found[term].to_numpy() >= 3
    after = (course.start[treated] >= 0) & (number > pick[1][:, None])
    row, line = np.nonzero(after)
    chosen = course.regimen[treated[row], line]
    lines = pd.DataFrame(
        {
            "row": row,
            "group": groups[chosen],
            "pr": course.response[treated[row], line] >= PARTIAL,
            "vgpr": course.response[treated[row], line] >= VERY_GOOD,
        }
    )
    lines = lines[~lines["group"].isin(["HOSPICE", "UNKNOWN"])]
    frame["salvage_lines"] = lines.groupby("row").size().reindex(frame.index).fillna(0)
    frame["salvaged"] = frame["progressed"] & (frame["salvage_lines"] > 0)
    return frame, lines


def survival(frame: pd.DataFrame, name: str, origin, event, last) -> None:
    """Months and event indicator, censored at last contact."""
    frame[f"{name}_months"] = np.maximum(np.minimum(event, last) - origin, 1) / MONTH
    frame[f"{name}_event"] = event <= last


def simulate_frames(patients: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Infusions and later lines of `patients` myeloma patients of the published scenario."""
    scenario, sites = scenario_named("published"), make_sites(4, seed)
    frames, lines, size = [], [], 0
    for first in range(1, patients + 1, CHUNK):
        people = make_people(first, min(CHUNK, patients + 1 - first), seed, 1.0, sites)
        frame, later = infusion_frame(people, simulate(people, seed, scenario))
        later["row"] += size
        size += len(frame)
        frames.append(frame)
        lines.append(later)
    return pd.concat(frames, ignore_index=True), pd.concat(lines, ignore_index=True)


CONDITIONS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "": lambda f: f["population"] != "",
    "infused": lambda f: f["population"] != "",
    "infused after pomalidomide": lambda f: ~f["is_arm"],
    "progressed": lambda f: f["progressed"],
    "progressed emd": lambda f: f["progressed"] & f["emd_baseline"],
    "progressed no emd": lambda f: f["progressed"] & ~f["emd_baseline"],
    "progressed assessed": lambda f: f["progressed"] & (f["state_progression"] != "unknown"),
    "emd at progression": lambda f: f["progressed"] & f["emd_progression"],
    "no emd at progression": lambda f: f["progressed"] & ~f["emd_progression"],
    "emd at both": lambda f: f["progressed"] & f["emd_baseline"] & f["emd_progression"],
    "emd at neither": lambda f: f["progressed"] & ~f["emd_baseline"] & ~f["emd_progression"],
    "known next therapy": lambda f: f["progressed"] & ~f["next_group"].isin(["NONE", "UNKNOWN"]),
    "ide-cel": lambda f: f["product"] == "ide-cel",
    "cilta-cel": lambda f: f["product"] == "cilta-cel",
    "salvage": lambda f: f["progressed"] & (f["salvage_lines"] > 0),
}
for state in ("none", "emd_only", "pmd_only", "both"):
    CONDITIONS[f"baseline {state}"] = lambda f, state=state: (
        f["progressed"] & (f["state_baseline"] == state)
    )
for suffix, test in {
    "penta": lambda f: f["penta"],
    "not penta": lambda f: ~f["penta"],
    "t cell": lambda f: f["next_group"].str.startswith(("BISPECIFIC", "CAR_T")),
    "response": lambda f: f["next_pr"],
    "no response": lambda f: ~f["next_pr"],
}.items():
    CONDITIONS[f"salvage {suffix}"] = lambda f, test=test: CONDITIONS["salvage"](f) & test(f)


def share_values(frame: pd.DataFrame, lines: pd.DataFrame, measure: str) -> np.ndarray:
    """The truth values whose mean is the share asked for."""
    if "_to_" in measure:
        return (frame["state_progression"] == measure.split("_to_")[1]).to_numpy()
    if measure.startswith("all_"):
        mine = lines[lines["row"].isin(frame.index)]
        kind = measure.removeprefix("all_")
        return (
            mine["pr"]
            if kind == "orr"
            else mine["vgpr"]
            if kind == "vgpr"
            else mine["group"] == kind
        ).to_numpy()
    if measure.startswith("first_"):
        kind = measure.removeprefix("first_")
        simple = {"orr": "next_pr", "vgpr": "next_vgpr"}
        if kind in simple:
            return frame[simple[kind]].to_numpy()
        if kind == "bispecific":
            return frame["next_group"].str.startswith("BISPECIFIC").to_numpy()
        return (frame["next_group"] == kind).to_numpy()
    return frame[measure].to_numpy(dtype=float)


def estimate(
    frame: pd.DataFrame, lines: pd.DataFrame, row: dict[str, str]
) -> tuple[float, float, int]:
    """Simulated value, its Monte Carlo standard error, and the number it rests on."""
    chosen = frame[(frame["population"] == row["population"]) & CONDITIONS[row["condition"]](frame)]
    kind, measure = row["kind"], row["measure"]
    if kind == "share":
        values = share_values(chosen, lines, measure).astype(float)
        mean = float(np.mean(values))
        return mean, float(np.sqrt(max(mean * (1 - mean), 1e-9) / len(values))), len(values)
    if kind.startswith(("median", "quantile")):
        level = {"median_iqr": 0.5, "quantile25": 0.25, "quantile75": 0.75}[kind]
        values = chosen[measure].dropna().to_numpy(dtype=float)
        return *quantile_with_error(values, level), len(values)
    curve = kaplan_meier(chosen[f"{measure}_months"], chosen[f"{measure}_event"])
    if kind == "km_at_48":
        at = curve.at([48]).iloc[0]
        error = (at["ci_high"] - at["ci_low"]) / 2 / NORMAL_95
        return float(at["survival"]), float(error), len(chosen)
    return curve.median, median_error(curve), len(chosen)


def median_error(curve: SurvivalCurve) -> float:
    """Standard error of a median: from its interval, or its lower half where that is not closed."""
    low, high = curve.median_ci
    if np.isnan(high):
        return (curve.median - low) / NORMAL_95
    return (high - low) / 2 / NORMAL_95


def quantile_with_error(values: np.ndarray, level: float) -> tuple[float, float]:
    """A sample quantile and its standard error from the order statistics around it."""
    ordered, spread = np.sort(values), np.sqrt(level * (1 - level) / len(values))
    low, high = np.quantile(ordered, [max(level - spread, 0), min(level + spread, 1)])
    return float(np.quantile(ordered, level)), float(max((high - low) / 2, 1e-3))


def printed_error(row: dict[str, str]) -> float:
    """Standard error of the printed number: from its interval, its denominator, or none printed."""
    printed = float(row["printed"])
    low, high = (
        float(row[name]) if row[name] else None for name in ("printed_low", "printed_high")
    )
    if row["kind"] == "hazard_ratio":
        return printed * np.log(high / low) / 2 / NORMAL_95
    if row["kind"].startswith("km"):
        if high:
            return (high - low) / 2 / NORMAL_95
        return (printed - low) / NORMAL_95
    if row["kind"] == "share":
        return np.sqrt(max(printed * (1 - printed), 0.01) / high) if high else 0.02
    spreads = {"age_at_infusion": 10.0, "prior_lines": 2.0, "salvage_lines": 1.5}
    spread = spreads.get(row["measure"], printed)
    return 1.2533 * spread / np.sqrt(high)


def calibration_table(patients: int, seed: int) -> pd.DataFrame:
    """Printed, simulated, errors and difference in standard errors, one row a target."""
    frame, lines = simulate_frames(patients, seed)
    effects = effect_table(scenario_named("published"), seed, patients).to_pandas()
    effects = effects.set_index("outcome")
    result = []
    for row in rows("calibration"):
        if row["kind"] == "hazard_ratio":
            effect = effects.loc[row["measure"]]
            value = effect["marginal_hazard_ratio"]
            error, size = value * effect["marginal_log_se"], patients
        else:
            value, error, size = estimate(frame, lines, row)
        printed = float(row["printed"])
        if row["kind"] == "hazard_ratio":
            difference = np.log(value / printed) * printed
        else:
            difference = value - printed
        together = float(np.hypot(printed_error(row), error))
        result.append(
            {
                "row_id": row["row_id"],
                "target": row["target"],
                "population": row["population"],
                "condition": row["condition"],
                "kind": row["kind"],
                "printed": printed,
                "printed_se": printed_error(row),
                "simulated": value,
                "monte_carlo_se": error,
                "n": size,
                "difference": value - printed,
                "z": difference / together,
                "note": row["note"],
            }
        )
    return pd.DataFrame(result)

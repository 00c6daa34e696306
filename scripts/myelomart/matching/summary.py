"""Everything `myelomart match` prints: one dictionary from a frame and the options.

Keys are those of docs/schemas/match.json; rows are numbered as in the file, from 1.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.design import design_matrix, is_category
from myelomart.errors import StatisticsError
from myelomart.input_file import (
    alike_but_for_case,
    complete_rows,
    covariates,
    flags,
    refuse_repeated,
)
from myelomart.matching.balance import balance_table
from myelomart.matching.nearest import ORDERS, SCALES, Matches, match_nearest
from myelomart.matching.overlap import leave_out_unshared, merge_rare_levels, unshared_levels
from myelomart.matching.propensity import PropensityScore, propensity_score

ADDED = ("file_row", "match_set", "match_weight", "propensity_score")  # columns of matched rows
SHOWN = ("covariate", "smd_before", "smd_after", "variance_ratio_before", "variance_ratio_after")


@dataclass(frozen=True)
class MatchOptions:
    """Columns and choices; see `myelomart match --help`."""

    treatment: str
    covariates: tuple[str, ...]
    caliper: float = 0.2
    scale: str = "logit"
    order: str = "largest"
    ratio: int = 1
    replace: bool = False
    exact: tuple[str, ...] = ()
    seed: int = 0
    leave_out_unshared: bool = False
    merge_below: int = 0


def match_summary(frame: pd.DataFrame, options: MatchOptions) -> tuple[dict, pd.DataFrame]:
    """The report, and the matched rows of the file with their set, weight and score.

    >>> ages = [60, 71, 66, 58, 75, 69, 62, 64]
    >>> frame = pd.DataFrame({"car_t": [1, 0, 1, 1, 0, 0, 0, 1], "age": ages})
    >>> summary, rows = match_summary(frame, MatchOptions("car_t", ("age",), caliper=1.0))
    >>> summary["n_matched_treated"], len(rows)
    (2, 4)
    """
    _check(options)
    complete = complete_rows(frame, [options.treatment, *options.covariates, *options.exact])
    used = complete.frame
    notes = alike_but_for_case(used, [*options.covariates, *options.exact])
    treated = flags(used, options.treatment).rename(options.treatment)
    design = covariates(used, list(options.covariates))
    design, merged = _merged(design, options.merge_below, notes)
    left_out = unshared_levels(treated.reset_index(drop=True), design)
    if left_out and not options.leave_out_unshared:
        design_matrix(design)  # what is wrong with the column itself is said first
        level = left_out[0]
        raise StatisticsError(
            f"column {level.covariate}: all {level.rows} rows with {level.level} are of the "
            f"{level.arm} arm, so the arms do not overlap there and the score model has no "
            "maximum: leave these rows out (--leave-out-unshared), merge rare levels "
            "(--merge-below), or leave out the column"
        )
    if left_out:
        shared = leave_out_unshared(treated.reset_index(drop=True), design)
        used, treated = used[shared.kept], treated[shared.kept]
        design, left_out = shared.covariates.reset_index(drop=True), shared.left_out
        notes += shared.warnings()
    score = propensity_score(treated.reset_index(drop=True), design)
    matched = match_nearest(
        score.probability, treated.to_numpy(), caliper=options.caliper, scale=options.scale,
        order=options.order, ratio=options.ratio, replace=options.replace,
        exact=used[list(options.exact)] if options.exact else None, seed=options.seed,
    )  # fmt: skip
    rows = used.index.to_numpy()
    if not len(matched.treated):
        notes.append(
            f"nobody was matched: no control lies within the caliper of {options.caliper:g} pooled "
            "standard deviations" + (" with the same exact columns" if options.exact else "")
        )
    report = {
        "n": len(used),
        "n_dropped": complete.n_dropped,
        "dropped": complete.dropped,
        "n_left_out": len(complete.frame) - len(used),
        "left_out": [vars(level) for level in left_out],
        "merged": merged,
        "n_treated": int(treated.sum()),
        "n_control": int((treated == 0).sum()),
        "n_matched_treated": len(np.unique(matched.treated)),
        "n_matched_control": len(np.unique(matched.control)),
        "caliper": matched.caliper,
        "caliper_absolute": matched.caliper_absolute,
        "scale": matched.scale,
        "order": matched.order,
        "ratio": matched.ratio,
        "replace": matched.replace,
        "seed": matched.seed,
        "pairs": [
            {"treated": int(one) + 1, "control": int(zero) + 1, "distance": float(distance)}
            for one, zero, distance in zip(
                rows[matched.treated], rows[matched.control], matched.distance, strict=True
            )
        ],
        "balance": _balance(design, treated.to_numpy(), matched),
        "propensity": {"coefficients": score.coefficients, "auc": score.auc},
        "notes": notes,
    }
    return report, _matched_rows(frame, rows, score, matched)


def _merged(design: pd.DataFrame, fewest: int, notes) -> tuple[pd.DataFrame, list[dict]]:
    """Rare levels of each category as one level of its own, and which they were."""
    merged = []
    for name in design.columns if fewest else ():
        if not is_category(design[name]):
            continue
        design[name], rare = merge_rare_levels(design[name], fewest)
        merged += [
            {"covariate": name, "level": level, "rows": rows} for level, rows in rare.items()
        ]
        if rare:
            told = ", ".join(f"{level} ({rows})" for level, rows in rare.items())
            notes.append(f"{name}: levels with fewer than {fewest} rows were merged: {told}")
    return design, merged


def _check(options: MatchOptions) -> None:
    if options.order not in ORDERS:
        raise StatisticsError(f"--order {options.order} is unknown: use one of {', '.join(ORDERS)}")
    if options.scale not in SCALES:
        raise StatisticsError(f"--scale {options.scale} is unknown: use one of {', '.join(SCALES)}")
    if not 0 < options.caliper < np.inf or options.ratio < 1:
        raise StatisticsError("--caliper lies above 0 and is finite, and --ratio is 1 or more")
    if options.seed < 0 or options.merge_below < 0:
        raise StatisticsError("--seed and --merge-below are 0 or positive whole numbers")
    if not options.covariates:
        raise StatisticsError("--covariates: name one column or more")
    refuse_repeated(options.covariates, "--covariates")
    refuse_repeated(options.exact, "--exact")
    if options.treatment in options.covariates:
        raise StatisticsError(
            f"column {options.treatment}: the treatment is no covariate of itself"
        )


def _balance(design, treated, matched: Matches) -> list[dict]:
    """SMD and variance ratio per covariate; after is missing when nothing matched."""
    if len(matched.treated):
        return balance_table(design, treated, matched.weights)[list(SHOWN)].to_dict("records")
    table = balance_table(design, treated)
    table[["smd_after", "variance_ratio_after"]] = np.nan
    return table[list(SHOWN)].to_dict("records")


def _matched_rows(frame, rows, score: PropensityScore, matched: Matches) -> pd.DataFrame:
    """Rows of the file that matched, with match_set, match_weight and propensity_score.

    A treated row once, a control once for each pair it serves in.
    """
    members = matched.members
    chosen = members["row"].to_numpy()
    result = frame.loc[rows[chosen]].copy()
    result["file_row"] = rows[chosen] + 1
    result["match_set"] = members["match_set"].to_numpy() + 1
    result["match_weight"] = members["weight"].to_numpy()
    result["propensity_score"] = score.probability[chosen]
    return result.sort_values(["match_set", "file_row"])

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
    numbers,
    refuse_repeated,
)
from myelomart.matching.balance import balance_table
from myelomart.matching.effects import matched_hazard_ratio
from myelomart.matching.nearest import ORDERS, SCALES, Matches, match_nearest
from myelomart.matching.optimal import match_optimal
from myelomart.matching.order_instability import order_instability
from myelomart.matching.overlap import leave_out_unshared, merge_rare_levels, unshared_levels
from myelomart.matching.propensity import PropensityScore, propensity_score
from myelomart.matching.weighting import (
    ESTIMANDS,
    Weighting,
    entropy_weights,
    inverse_probability_weights,
    weighted_hazard_ratio,
    weighted_risk_difference,
)

ADDED = ("file_row", "match_set", "match_weight", "propensity_score")  # columns of matched rows
OPTIMAL = "optimal"  # no order at all: the least total distance
ENTROPY = "entropy"
WEIGHTS = (*ESTIMANDS, ENTROPY)
PENALTIES = ("l1", "l2")
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
    weights: str | None = None
    trim: float | None = None
    penalty: str | None = None
    strength: float = 1.0
    outcome: str | None = None
    time: str | None = None
    event: str | None = None
    orders: int = 0


def match_summary(frame: pd.DataFrame, options: MatchOptions) -> tuple[dict, pd.DataFrame]:
    """The report, and the matched rows of the file with their set, weight and score.

    >>> ages = [60, 71, 66, 58, 75, 69, 62, 64]
    >>> frame = pd.DataFrame({"car_t": [1, 0, 1, 1, 0, 0, 0, 1], "age": ages})
    >>> summary, rows = match_summary(frame, MatchOptions("car_t", ("age",), caliper=1.0))
    >>> summary["n_matched_treated"], len(rows)
    (2, 4)
    """
    _check(options)
    single = [name for name in (options.outcome, options.time, options.event) if name]
    asked = [options.treatment, *options.covariates, *options.exact, *single]
    complete = complete_rows(frame, list(dict.fromkeys(asked)))
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
    flagged = treated.reset_index(drop=True)
    score = propensity_score(flagged, design, penalty=options.penalty, strength=options.strength)
    if options.weights:
        matched, weighting = None, _weighting(score, flagged, design, options)
        weights = weighting.weights
    else:
        matched, weighting = _matches(score, treated, used, options), None
        weights = matched.weights
    rows = used.index.to_numpy()
    if matched is not None and not len(matched.treated):
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
        **_pairing(matched, rows),
        "weighting": None if weighting is None else _told(weighting, options),
        "risk_difference": _risk_difference(used, treated, weights, options),
        "hazard_ratio": _hazard_ratio(used, treated, matched, weights, options, notes),
        "orders": _over_orders(used, treated, score, options),
        "balance": _balance(design, treated.to_numpy(), weights),
        "propensity": {
            "coefficients": score.coefficients,
            "auc": score.auc,
            "penalty": options.penalty,
            "strength": options.strength if options.penalty else None,
        },
        "notes": notes,
    }
    if matched is None:
        return report, _weighted_rows(frame, rows, score, weights)
    return report, _matched_rows(frame, rows, score, matched)


def _matches(score: PropensityScore, treated, used, options: MatchOptions) -> Matches:
    """Pairs one after the other, or those of the least total distance."""
    exact = used[list(options.exact)] if options.exact else None
    chosen = {"caliper": options.caliper, "scale": options.scale, "exact": exact}
    flagged = treated.to_numpy()
    if options.order == OPTIMAL:
        return match_optimal(score.probability, flagged, **chosen)
    return match_nearest(
        score.probability, flagged, order=options.order, ratio=options.ratio,
        replace=options.replace, seed=options.seed, **chosen,
    )  # fmt: skip


def _pairing(matched: Matches | None, rows) -> dict:
    """What is told of pairs; nothing where rows are weighted."""
    if matched is None:
        names = ("caliper", "caliper_absolute", "scale", "order", "ratio", "replace", "seed")
        none = {"n_matched_treated": 0, "n_matched_control": 0} | dict.fromkeys(names)
        return none | {"pairs": []}
    return {
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
    }


def _weighting(score: PropensityScore, treated, design, options: MatchOptions) -> Weighting:
    if options.weights == ENTROPY:
        return entropy_weights(treated, design)
    return inverse_probability_weights(
        score.probability, treated, estimand=options.weights, trim=options.trim
    )


def _told(weighting: Weighting, options: MatchOptions) -> dict:
    return {
        "kind": options.weights,
        "estimand": weighting.estimand,
        "effective_treated": weighting.effective_treated,
        "effective_control": weighting.effective_control,
        "largest": weighting.largest,
        "trim": options.trim,
    }


def _risk_difference(used, treated, weights, options: MatchOptions) -> dict | None:
    """Weighted share of the outcome in the treated less that in the controls."""
    if options.outcome is None:
        return None
    outcome = flags(used, options.outcome).to_numpy()
    return weighted_risk_difference(outcome, treated.to_numpy(), weights)


def _hazard_ratio(used, treated, matched, weights, options: MatchOptions, notes) -> dict | None:
    """Of treatment, in the matched or weighted rows; None, and a note, where it has none."""
    if options.time is None:
        return None
    time = numbers(used, options.time, refuse_negative=True).to_numpy()
    event, arm = flags(used, options.event).to_numpy(), treated.to_numpy()
    try:
        if matched is None:
            fit = weighted_hazard_ratio(time, event, arm, weights)
        else:
            fit = matched_hazard_ratio(time, event, arm, matched)
    except StatisticsError as cause:
        notes.append(f"no hazard ratio: {cause}")
        return None
    term = fit.table().iloc[0]
    ratio = {name: float(term[name]) for name in ("hr", "ci_low", "ci_high", "p")}
    return {"n": fit.n, "events": fit.events, **ratio}


def _over_orders(used, treated, score: PropensityScore, options: MatchOptions) -> dict | None:
    """How the hazard ratio moves with the order of matching."""
    if not options.orders:
        return None
    spread = order_instability(
        score.probability, treated.to_numpy(),
        numbers(used, options.time, refuse_negative=True).to_numpy(),
        flags(used, options.event).to_numpy(),
        orders=options.orders, caliper=options.caliper, scale=options.scale,
    )  # fmt: skip
    return spread.summary


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
    for value, allowed, name in (
        (options.order, (*ORDERS, OPTIMAL), "--order"),
        (options.scale, SCALES, "--scale"),
        (options.weights or ENTROPY, WEIGHTS, "--weights"),
        (options.penalty or "l2", PENALTIES, "--penalty"),
    ):
        if value not in allowed:
            raise StatisticsError(f"{name} {value} is unknown: use one of {', '.join(allowed)}")
    _check_together(options)
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


def _check_together(options: MatchOptions) -> None:
    """Refuse options that do not go with each other."""
    if options.order == OPTIMAL and (options.ratio > 1 or options.replace):
        raise StatisticsError(
            "--order optimal makes pairs, each control in one: no --ratio above 1, no --replace"
        )
    if options.weights and options.exact:
        raise StatisticsError("--weights takes no --exact: add the column to --covariates")
    if options.trim is not None and not (options.weights in ESTIMANDS and 0 < options.trim < 0.5):
        raise StatisticsError(
            f"--trim lies between 0 and 0.5, and goes with --weights {', '.join(ESTIMANDS)}"
        )
    if options.outcome and not options.weights:
        raise StatisticsError(
            "--outcome goes with --weights: of matched rows (--out) take `myelomart survival`"
        )
    if bool(options.time) != bool(options.event):
        raise StatisticsError("--time and --event go together: they give the hazard ratio")
    if options.orders and (options.orders < 0 or options.weights or not options.time):
        raise StatisticsError(
            "--orders is a number of random orders of matching, and goes with --time and --event"
        )
    if not 0 < options.strength < np.inf:
        raise StatisticsError("--strength lies above 0 and is finite")


def _balance(design, treated, weights) -> list[dict]:
    """SMD and variance ratio per covariate; after is missing when nothing matched."""
    if weights.any():
        return balance_table(design, treated, weights)[list(SHOWN)].to_dict("records")
    table = balance_table(design, treated)
    table[["smd_after", "variance_ratio_after"]] = np.nan
    return table[list(SHOWN)].to_dict("records")


def _weighted_rows(frame, rows, score: PropensityScore, weights) -> pd.DataFrame:
    """Rows of the file that were used, with match_weight and propensity_score."""
    result = frame.loc[rows].copy()
    result["file_row"] = rows + 1
    result["match_weight"] = weights
    result["propensity_score"] = score.probability
    return result


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

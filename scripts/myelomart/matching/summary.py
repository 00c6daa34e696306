"""Everything `myelomart match` prints: one dictionary from a frame and the options.

Keys are those of docs/schemas/match.json; rows are numbered as in the file, from 1.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.input_file import complete_rows, covariates, flags
from myelomart.matching.balance import balance_table
from myelomart.matching.nearest import ORDERS, SCALES, Matches, match_nearest
from myelomart.matching.propensity import PropensityScore, propensity_score

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


def match_summary(frame: pd.DataFrame, options: MatchOptions) -> tuple[dict, pd.DataFrame]:
    """The report, and the matched rows of the file with their set, weight and score."""
    _check(options)
    complete = complete_rows(frame, [options.treatment, *options.covariates, *options.exact])
    used = complete.frame
    treated = flags(used, options.treatment).rename(options.treatment)
    design = covariates(used, list(options.covariates))
    score = propensity_score(treated.reset_index(drop=True), design)
    matched = match_nearest(
        score.probability, treated.to_numpy(), caliper=options.caliper, scale=options.scale,
        order=options.order, ratio=options.ratio, replace=options.replace,
        exact=used[list(options.exact)] if options.exact else None, seed=options.seed,
    )  # fmt: skip
    rows = used.index.to_numpy()
    report = {
        "n": len(used),
        "n_dropped": complete.n_dropped,
        "dropped": complete.dropped,
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
    }
    return report, _matched_rows(frame, rows, score, matched)


def _check(options: MatchOptions) -> None:
    if options.order not in ORDERS:
        raise StatisticsError(f"--order {options.order} is unknown: use one of {', '.join(ORDERS)}")
    if options.scale not in SCALES:
        raise StatisticsError(f"--scale {options.scale} is unknown: use one of {', '.join(SCALES)}")
    if not options.caliper > 0 or options.ratio < 1:
        raise StatisticsError("--caliper lies above 0 and --ratio is 1 or more")
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
    """Rows of the file that matched, with match_set, match_weight and propensity_score."""
    kept = matched.weights > 0
    result = frame.loc[rows[kept]].copy()
    result["file_row"] = rows[kept] + 1
    result["match_set"] = matched.pair_ids[kept] + 1
    result["match_weight"] = matched.weights[kept]
    result["propensity_score"] = score.probability[kept]
    return result.sort_values(["match_set", "file_row"])

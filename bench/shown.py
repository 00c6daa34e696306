"""How many numbers a release shows, beside the rules that hid one small cell after the other.

    python bench/shown.py TRUE SHOWN [--below 11] [--by study_id statistic …]

TRUE is a folder of `myelomart study run`, SHOWN a release of the same studies. The former rules are
those of which a quarter could be rebuilt: a row whose count, rest or unknown is
below the limit loses its numbers but for the denominator; where one cell of a row or a column is
hidden, so is the smallest beside it; numbers without counts go with those they were made from.
They left denominators below the limit in sight; "small" are these, which no policy lets be shown.
"""

import argparse
from pathlib import Path

import pandas as pd
from attack_release import KEY, read, unpacked

NUMBERS = ["estimate", "ci_low", "ci_high", "iqr_low", "iqr_high", "p_value", "numerator",
           "denominator", "n_missing"]  # fmt: skip
COUNTS = ["numerator", "denominator", "n_missing"]
TABLE = ["study_id", "output_id", "population", "row_group", "endpoint", "statistic",
         "timepoint_months"]  # fmt: skip
MADE_TOGETHER = ["study_id", "output_id", "population", "endpoint", "row_label"]


def shown_by_single_cells(true: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Whether each of ``NUMBERS`` is shown where small cells are hidden one by one."""
    counted = true["unit"].isin(["persons", "lines"]) | true["statistic"].eq("count")
    count = true["numerator"].where(true["numerator"].notna() | ~counted, true["estimate"])
    bare = count.isna() & true["denominator"].isna()
    count = count.fillna(true["denominator"])
    rest = true["denominator"].fillna(count) - count
    hidden = sum(cells.between(1, limit - 1) for cells in (count, rest, true["n_missing"])) > 0
    beside = pd.Series(False, true.index)
    for line in ("row_label", "arm"):
        for _, own in true.groupby([*TABLE, line], dropna=False, sort=False):
            is_hidden = (hidden | beside)[own.index]
            others = count[own.index][~is_hidden & count[own.index].gt(0)]
            if is_hidden.sum() == 1 and len(others):
                beside[others.idxmin()] = True
    hidden |= beside
    together = [true[name].astype("string").fillna("") for name in MADE_TOGETHER]
    hidden |= bare & hidden.groupby(together).transform("any")
    shown = true[NUMBERS].notna()
    gone = [name for name in NUMBERS if name != "denominator"]
    shown.loc[hidden, gone] = False
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("true", type=Path)
    parser.add_argument("shown", type=Path)
    parser.add_argument("--below", type=int, default=11)
    parser.add_argument("--by", nargs="+", default=["study_id"], help="columns to count by")
    given = parser.parse_args()
    true, now = read(given.true), read(unpacked(given.shown))
    true = true[true["study_id"].isin(set(now["study_id"]))].reset_index(drop=True)
    former = shown_by_single_cells(true, given.below)
    both = true[[*KEY, "at"]].merge(now, on=[*KEY, "at"], how="left", validate="one_to_one")
    still = both[NUMBERS].notna()
    small = true[COUNTS].ge(1) & true[COUNTS].lt(given.below) & former[COUNTS]
    told = pd.DataFrame(
        {"numbers": true[NUMBERS].notna().sum(axis=1), "former rules": former.sum(axis=1),
         "small": small.sum(axis=1),
         "now": still.sum(axis=1), "both": (still & former).sum(axis=1)}
    )  # fmt: skip
    table = told.groupby([true[name].fillna("") for name in given.by]).sum()
    table = pd.concat([table, table.sum().rename("all").to_frame().T])
    table["now, % of the former"] = 100 * table["now"] / table["former rules"].clip(lower=1)
    allowed = table["former rules"] - table["small"]
    table["of those not small"] = 100 * table["now"] / allowed.clip(lower=1)
    table["still shown, %"] = 100 * table["both"] / table["former rules"].clip(lower=1)
    print(table.round(1).to_string())


if __name__ == "__main__":
    main()

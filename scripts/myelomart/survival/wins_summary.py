"""Everything `myelomart wins` prints: one dictionary from a frame and the options."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.input_file import complete_rows, flags, numbers
from myelomart.survival.win_tiers import NumberTier, Tier, TimeTier
from myelomart.survival.wins import Wins, win_statistics

BETTER = {"fewer": False, "more": True}  # which number is the better one


@dataclass(frozen=True)
class WinOptions:
    """Columns and the hierarchy; see `myelomart wins --help`."""

    treatment: str
    tiers: tuple[str, ...]
    pair: str | None = None


def wins_summary(frame: pd.DataFrame, options: WinOptions) -> dict:
    """Compare a file's rows; raises StatisticsError in words.

    >>> frame = pd.DataFrame({"arm": [1, 1, 0, 0], "days": [9, 8, 3, 9], "died": [0, 1, 1, 0]})
    >>> summary = wins_summary(frame, WinOptions("arm", ("days/died",)))
    >>> summary["wins"], summary["losses"], summary["ties"]
    (2, 1, 1)
    """
    asked = [_asked(text) for text in options.tiers]
    if not asked:
        raise StatisticsError("--tier: name one tier or more, the most important first")
    needed = [name for kind, names in asked if kind not in BETTER for name in names]
    optional = [name for kind, names in asked if kind in BETTER for name in names]
    optional += [options.pair] if options.pair else []
    absent = [name for name in optional if name not in frame.columns]
    if absent:
        raise StatisticsError(
            f"column {absent[0]}: the file has no such column; it has {', '.join(frame.columns)}"
        )
    complete = complete_rows(frame, [options.treatment, *needed])
    rows = complete.frame
    rows = rows.join(frame[[name for name in dict.fromkeys(optional) if name not in rows]])
    treated = flags(rows, options.treatment).to_numpy(bool)
    tiers = [_tier(rows, kind, names) for kind, names in asked]
    notes = [
        f"rows without {tier.name}: {np.isnan(tier.value).sum()}; that tier decides nothing of them"
        for tier in tiers
        if isinstance(tier, NumberTier) and np.isnan(tier.value).any()
    ]
    found = win_statistics(treated, tiers)
    told = {
        "n": len(rows), "n_dropped": complete.n_dropped, "dropped": complete.dropped,
        "n_treated": found.n_treated, "n_control": found.n_control, **_told(found),
        "test": {"z": found.test.estimate, "p": found.test.p}, "matched": None,
    }  # fmt: skip
    if options.pair:
        told["matched"] = _told(_within_pairs(rows, treated, tiers, options.pair, notes))
    return told | {"notes": notes}


def _asked(text: str) -> tuple[str, list[str]]:
    """The kind of a tier and its columns: TIME/EVENT, fewer:COLUMN or more:COLUMN."""
    kind, colon, column = text.partition(":")
    if colon and kind.strip() in BETTER and column.strip():
        return kind.strip(), [column.strip()]
    names = [name.strip() for name in text.split("/")]
    if len(names) == 2 and all(names):
        return "time", names
    raise StatisticsError(
        f"--tier {text}: write it as TIME/EVENT, fewer:COLUMN or more:COLUMN (fewer, more: which "
        "number is better)"
    )


def _tier(rows: pd.DataFrame, kind: str, names: list[str]) -> Tier:
    if kind in BETTER:
        known = rows[names[0]].notna()
        value = np.full(len(rows), np.nan)
        value[known.to_numpy()] = numbers(rows[known], names[0])
        return NumberTier.of(names[0], value, BETTER[kind])
    time = numbers(rows, names[0], refuse_negative=True).to_numpy()
    return TimeTier.of(names[1], time, flags(rows, names[1]).to_numpy())


def _within_pairs(rows, treated, tiers, name: str, notes: list[str]) -> Wins:
    """Wins within the pairs of a column; rows without one are left out."""
    pair = pd.factorize(rows[name])[0]
    if (pair < 0).any():
        notes.append(f"rows in no pair: {int((pair < 0).sum())}; matched leaves them out")
    return win_statistics(treated, tiers, pair=pair)


def _told(found: Wins) -> dict:
    names = ("couples", "wins", "losses", "ties")
    return {name: getattr(found, name) for name in names} | {
        "tiers": found.tiers.to_dict("records"),
        "statistics": found.table().to_dict("records"),
    }

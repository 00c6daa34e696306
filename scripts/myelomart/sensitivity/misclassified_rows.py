"""Everything `myelomart bias` prints: a file's counts, with the outcome seen imperfectly."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from myelomart.errors import StatisticsError
from myelomart.input_file import complete_rows, flags
from myelomart.sensitivity.misclassification import (
    Validity,
    corrected_risks,
    misclassification_table,
    probable_risks,
)

SENSITIVITIES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # of the array
SPECIFICITIES = (0.9, 0.95, 0.98, 0.99, 1.0)


@dataclass(frozen=True)
class BiasOptions:
    """Columns and errors; see `myelomart bias --help`. Errors are one number, or three."""

    treatment: str
    outcome: str
    sensitivity: str
    specificity: str
    sensitivity_control: str | None = None
    specificity_control: str | None = None
    seed: int = 0


def bias_summary(frame: pd.DataFrame, options: BiasOptions) -> dict:
    """Risks as found, corrected, and over draws of the errors; raises StatisticsError in words.

    >>> frame = pd.DataFrame({"arm": [1] * 10 + [0] * 10, "event": [1] * 4 + [0] * 6 + [1] * 2
    ...     + [0] * 8})
    >>> summary = bias_summary(frame, BiasOptions("arm", "event", "0.8", "1"))
    >>> summary["found"]["ratio"], summary["corrected"]["ratio"]
    (2.0, 2.0)
    """
    complete = complete_rows(frame, [options.treatment, options.outcome])
    rows = complete.frame
    treated = flags(rows, options.treatment).to_numpy(bool)
    event = flags(rows, options.outcome).to_numpy(bool)
    if treated.all() or not treated.any():
        raise StatisticsError(f"column {options.treatment}: all {len(rows)} rows are in one arm")
    events = int(event[treated].sum()), int(event[~treated].sum())
    sizes = int(treated.sum()), int((~treated).sum())
    ours, control = _validities(options)
    probable = probable_risks(events, sizes, ours, control, seed=options.seed)
    notes = []
    corrected = corrected_risks(events, sizes, ours, control)
    if not corrected.possible:
        notes.append(
            "with the most likely errors a corrected risk lies outside 0 and 1: the data rule them "
            "out"
        )
    if probable.possible < 1:
        ruled_out = 100 * (1 - probable.possible)
        notes.append(f"{ruled_out:.1f} % of the draws are ruled out by the data")
    return {
        "n": len(rows), "n_dropped": complete.n_dropped, "dropped": complete.dropped,
        "n_treated": sizes[0], "n_control": sizes[1], "events_treated": events[0],
        "events_control": events[1],
        "found": vars(corrected_risks(events, sizes, Validity.known(1, 1))),
        "corrected": vars(corrected), "probable": vars(probable),
        "array": misclassification_table(
            events, sizes, list(SENSITIVITIES), list(SPECIFICITIES)
        ).to_dict("records"),
        "notes": notes,
    }  # fmt: skip


def _validities(options: BiasOptions) -> tuple[Validity, Validity | None]:
    """The errors of the treated, and of the controls where they differ."""
    ours = Validity(
        _three("--sensitivity", options.sensitivity), _three("--specificity", options.specificity)
    )
    if options.sensitivity_control is None and options.specificity_control is None:
        return ours, None
    sensitivity, specificity = (
        _three(f"--{name}-control", asked) if asked else usual
        for name, asked, usual in (
            ("sensitivity", options.sensitivity_control, ours.sensitivity),
            ("specificity", options.specificity_control, ours.specificity),
        )
    )
    return ours, Validity(sensitivity, specificity)


def _three(option: str, text: str) -> tuple[float, float, float]:
    """Least, most likely and most of one number, or of three with commas between."""
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) not in (1, 3):
        raise StatisticsError(
            f"{option} {text}: give one number, or the least, the most likely and the most with "
            "commas between"
        )
    return numbers * 3 if len(numbers) == 1 else numbers

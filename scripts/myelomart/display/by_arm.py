"""The commonest table: labels in rows, arms in columns, the unknown in a column of their own."""

from __future__ import annotations

from myelomart.display.cells import cell, p_with_test
from myelomart.display.grouping import distinct, grouped
from myelomart.display.numbers import NOTHING, rounded
from myelomart.display.table import INDENT, RowLabel, Table

EVERYONE = "All"
UNKNOWN = ": unknown"
SIZE = "Size"


def table_by_arm(estimates: list, title: str) -> Table:
    """A row per label under its group, a column per arm, the unknown, p where arms are compared.

    Levels stand indented below their covariate. How many are in an arm is in its head.
    """
    arms = distinct(estimates, "arm")
    has_p = any(one.p_test for one in estimates)
    has_unknown = EVERYONE in arms and any(one.n_missing > 0 for one in estimates)
    rows: list[list[str]] = []
    for group, of_group in grouped(estimates, "row_group").items():
        labels = grouped(of_group, "row_label")
        if group == SIZE and len(labels) == 1:
            continue  # the heads say it
        rows.append([group])
        for endpoint, own in grouped(of_group, "endpoint").items():
            for label, of_label in _levels(endpoint, own):
                cells = [cell(of_label.get(arm, []), has_unknown) for arm in arms if of_label]
                cells = cells or [""] * len(arms)  # the levels below have the numbers
                cells += [_unknown(label, own, of_label)] if has_unknown else []
                cells += [_p(label, own, of_label)] if has_p else []
                rows.append([RowLabel(label, endpoint), *cells])
    columns = ["", *(_head(estimates, arm) for arm in arms)]
    columns += [*(["unknown"] if has_unknown else []), *(["p (test)"] if has_p else [])]
    return Table(title, columns, rows, _note(estimates, has_unknown))


def _levels(endpoint: str | None, own: list) -> list[tuple[str, dict]]:
    """The rows of a covariate: itself, and its levels indented, each with its arms."""
    labels = grouped(own, "row_label")
    unknown = next((label for label in labels if label.endswith(UNKNOWN)), None)
    known = [label for label in labels if label != unknown]
    # a row of no arm compares two of them: it is no level, and has a p of its own
    covariate = _covariate(known, unknown) if endpoint and distinct(own, "arm") else None
    if covariate is None:
        known = known or list(labels)
        return [(label, grouped(labels[label], "arm")) for label in known]
    start = len(covariate) + 2
    levels = [(INDENT + label[start:], grouped(labels[label], "arm")) for label in known]
    return [(covariate, {}), *levels]


def _covariate(known: list[str], unknown: str | None) -> str | None:
    """The label before the levels; None where the rows are no levels of one covariate."""
    if unknown is not None:
        base = unknown.removesuffix(UNKNOWN)
        return base if known and all(one.startswith(f"{base}: ") for one in known) else None
    parts = known[0].split(": ")
    for end in range(len(parts) - 1, 0, -1):
        base = ": ".join(parts[:end])
        if len(known) > 1 and all(one.startswith(f"{base}: ") for one in known):
            return base
    return None


def _unknown(label: str, own: list, of_label: dict) -> str:
    """How many of all are unknown, in the first row of a covariate."""
    if label.startswith(INDENT):
        return ""
    counted = [one for one in own if one.arm == EVERYONE and one.row_label.endswith(UNKNOWN)]
    if counted:
        return cell(counted).partition(" / ")[0]
    of_all = of_label.get(EVERYONE, [])
    missing = next((one.n_missing for one in of_all or own if one.n_missing >= 0), None)
    return NOTHING if missing is None else rounded(missing, 0)


def _p(label: str, own: list, of_label: dict) -> str:
    """p of a covariate, in its first row."""
    if label.startswith(INDENT):
        return ""
    return p_with_test([one for rows in of_label.values() for one in rows] or own)


def _head(estimates: list, arm: str) -> str:
    size = next((e for e in estimates if e.row_group == SIZE and e.arm == arm), None)
    return arm if size is None else f"{arm} (n = {rounded(size.estimate, 0)})"


def _note(estimates: list, has_unknown: bool) -> str:
    words = []
    statistics = {one.statistic for one in estimates}
    if any(one.startswith("percent") for one in statistics):
        words.append("n / known (%) [95 % CI, Wilson]")
    if "median" in statistics:
        words.append("median (quartiles; range)")
    if "mean" in statistics:
        words.append("mean (standard deviation)")
    if has_unknown:
        words.append("unknown: number without a known value")
    return "; ".join(words) + ("." if words else "")

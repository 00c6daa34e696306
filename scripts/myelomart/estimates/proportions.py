"""How a share is reported: count, percent of its own denominator, Wilson's interval, unknown."""

from __future__ import annotations

from myelomart.results import Results
from myelomart.tables import wilson_interval


def add_percent(
    results: Results, output_id: str, count: int, known: int, statistic: str = "percent", **common
) -> None:
    """Add ``count`` of ``known`` as a percent with its interval; without anybody, the reason."""
    if not known:
        results.add(
            output_id, statistic, numerator=count, denominator=known, unit="%", status="no_data",
            **common,
        )  # fmt: skip
        return
    low, high = wilson_interval(count, known)
    results.add(
        output_id, statistic, estimate=100 * count / known, ci_low=100 * low, ci_high=100 * high,
        numerator=count, denominator=known, unit="%", **common,
    )  # fmt: skip


def add_size(
    results: Results, output_id: str, arm: str, count: int, label: str = "Persons", **common
) -> None:
    """Add how many persons a column speaks of."""
    results.add(
        output_id, "count", row_group="Size", row_label=label, arm=arm, estimate=count,
        unit="persons", **common,
    )  # fmt: skip

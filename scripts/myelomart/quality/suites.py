"""The verdicts: Great Expectations suites over what the scan counted.

One suite per source and table, one expectation per check: the failing share stays at or below the
threshold. DuckDB has counted; the frame that Great Expectations judges has one row per table, so no
row of a patient is copied.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

import pandas as pd

from myelomart.quality.checks import WARNING, Count

PASSED, NOTED = "passed", "noted"


@dataclass(frozen=True)
class Verdict:
    """A count and what it comes to: its severity, when more rows fail than the threshold allows;
    within it noted, or a warning where the rows are set aside; passed when none fails."""

    count: Count
    status: str


def judge(counts: list[Count]) -> tuple[list[Verdict], dict]:
    """The verdict of each count, and the result of Great Expectations as it gave it."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    by_table: dict[tuple[str, str], list[Count]] = {}
    for count in counts:
        by_table.setdefault((count.source, count.check.table), []).append(count)
    source = context.data_sources.add_pandas("landing")
    statuses: dict[tuple[str, str], str] = {}
    results = {}
    for (name, table), group in by_table.items():
        suite = gx.ExpectationSuite(
            name=f"{name}.{table}", expectations=[_expectation(gx, count) for count in group]
        )
        batches = source.add_dataframe_asset(suite.name).add_batch_definition_whole_dataframe("all")
        definition = gx.ValidationDefinition(name=suite.name, data=batches, suite=suite)
        context.suites.add(suite)
        context.validation_definitions.add(definition)
        frame = pd.DataFrame([{count.check.id: count.share for count in group}])
        result = definition.run(batch_parameters={"dataframe": frame})
        results[suite.name] = result.to_json_dict()
        for one in result.results:
            statuses[name, one.expectation_config.kwargs["column"]] = one.success
    verdicts = [
        Verdict(count, _status(count, statuses[count.source, count.check.id])) for count in counts
    ]
    return verdicts, results


def _expectation(gx, count: Count):
    check = count.check
    return gx.expectations.ExpectColumnValuesToBeBetween(
        column=check.id,
        max_value=check.threshold,
        severity="warning" if check.severity == WARNING else "critical",
        meta={
            "category": check.category,
            "level": check.level,
            "counted": count.counted,
            "failing": count.failing,
            "meaning": check.meaning,
        },
    )


def _status(count: Count, success: bool) -> str:
    if not success:
        return count.check.severity
    if not count.failing:
        return PASSED
    return WARNING if count.check.sets_aside else NOTED

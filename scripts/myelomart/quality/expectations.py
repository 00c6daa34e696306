"""A site's own Great Expectations suites, run over the tables as they came in.

A suite is the JSON that Great Expectations writes. It is about the table that ``meta.table`` names,
else the one that its own name begins with (``measurement.units``). DuckDB selects the columns that
it asks for and the rows of persons with myeloma (``meta.rows`` = ``all``: every row); Great
Expectations judges. An ``UnexpectedRowsExpectation`` is SQL: DuckDB runs it, and Great Expectations
judges how many rows it found. No value of a row is kept.
"""

from __future__ import annotations

import json
import logging
import math
import os
import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd

from myelomart import warehouse
from myelomart.errors import QualityError
from myelomart.quality.checks import BLOCKING, KEPT, NOTED, WARNING, Check, Count
from myelomart.quality.scanned import Scanned
from myelomart.quality.shapes import shape_of
from myelomart.sources import layout
from myelomart.warehouse import quoted

SEVERITIES = {"critical": BLOCKING, "warning": WARNING, "info": NOTED}
UNEXPECTED_ROWS = "unexpected_rows_expectation"
MYELOMA, ALL = "myeloma", "all"
BATCH = "batch_of_rows"
# what of a result may leave the machine: counts and numbers, never a value of a row
KEPT_RESULTS = (
    "element_count", "unexpected_count", "unexpected_percent", "missing_count", "missing_percent",
    "observed_value",
)  # fmt: skip


@dataclass(frozen=True)
class Suite:
    """Expectations about one table, with the checks as which their results are told."""

    name: str
    table: str
    rows: str
    expectations: tuple[dict, ...]
    checks: tuple[Check, ...]


def suites_in(folder: Path) -> list[Suite]:
    """The suites of the JSON files in ``folder``; ``QualityError`` names file and expectation."""
    files = sorted(folder.glob("**/*.json")) if folder.is_dir() else []
    if not files:
        raise QualityError(f"{folder} holds no JSON file: name a folder of expectation suites.")
    return [_suite(file) for file in files]


def suites_of_checks(checks: tuple[Check, ...]) -> list[Suite]:
    """The rows of checks that are an expectation, one suite a table."""
    found: dict[str, list[Check]] = {}
    for check in checks:
        if check.expectation:
            found.setdefault(check.table_name, []).append(check)
    return [
        Suite(
            f"{table}.checks",
            table,
            MYELOMA,
            tuple(json.loads(check.expectation) for check in of_table),
            tuple(of_table),
        )
        for table, of_table in found.items()
    ]


def judge(scanned: Scanned, suites: list[Suite]) -> tuple[list[Count], dict]:
    """The count of every expectation about a table that has rows, and the results as JSON."""
    counts, results = [], {}
    for suite in suites:
        if suite.table in scanned.filled:
            found, told = _judge_suite(scanned, suite)
            counts += found
            results[f"{scanned.name}.{suite.name}"] = told
    return counts, results


def _suite(file: Path) -> Suite:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        name = content.get("name") or content.get("expectation_suite_name") or file.stem
        expectations = [
            {
                "type": one.get("type") or one["expectation_type"],
                "kwargs": one.get("kwargs", {}),
                "severity": one.get("severity") or "critical",
                "meta": one.get("meta") or {},
                "told": one.get("description") or _first(one.get("notes")),
            }
            for one in content["expectations"]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise QualityError(
            f"{file} is not a suite of Great Expectations (JSON with name and expectations)."
        ) from error
    meta = content.get("meta") or {}
    table = meta.get("table") or str(name).split(".")[0]
    if table not in layout.tables():
        raise QualityError(
            f"{file}: the suite «{name}» is about no table: begin its name with one "
            '("measurement.units"), or give "meta": {"table": "measurement"}.'
        )
    rows = meta.get("rows", MYELOMA)
    if rows not in (MYELOMA, ALL):
        raise QualityError(f"{file}: meta.rows is «{rows}»; known are {MYELOMA} and {ALL}.")
    checks = tuple(
        _as_check(one, table, str(name), file, place) for place, one in enumerate(expectations)
    )
    return Suite(str(name), table, rows, tuple(expectations), checks)


def _as_check(one: dict, table: str, suite: str, file: Path, place: int) -> Check:
    """An expectation as the check under which its result is told."""
    severity = SEVERITIES.get(one["severity"])
    if severity is None:
        raise QualityError(
            f"{file}, expectation {place + 1}: severity is «{one['severity']}»; known are "
            f"{', '.join(SEVERITIES)}."
        )
    column = one["kwargs"].get("column", "")
    known = {name.name for name in layout.tables()[table]}
    if column and column not in known:
        raise QualityError(
            f"{file}, expectation {place + 1}: the table {table} has no column «{column}»."
        )
    mostly = one["kwargs"].get("mostly", 1)
    return Check(
        check_id=f"{suite}__{place + 1}",
        check_name=f"not_met: {one['type']}",
        category=one["meta"].get("category", "plausibility"),
        level=one["meta"].get("level", "field" if column else "table"),
        table_name=table,
        column_name=column,
        rows_from="",
        needs="",
        counted="",
        fails="",
        expectation=json.dumps({"type": one["type"], "kwargs": one["kwargs"]}),
        threshold=round(1 - mostly, 9) if isinstance(mostly, int | float) else 0.0,
        threshold_myeloma=None,
        at_least=0,
        severity=severity,
        failing_rows=KEPT,
        meaning=one["told"] or f"An expectation of the suite «{suite}» is not met.",
        what_to_do=f"See {file.name}.",
        changed_by=file.name,
    )


def _first(notes: object) -> str:
    if isinstance(notes, list):
        return str(notes[0]) if notes else ""
    return str(notes or "")


def _judge_suite(scanned: Scanned, suite: Suite) -> tuple[list[Count], list[dict]]:
    rows = _rows_of(scanned, suite)
    connection = scanned.connection
    connection.execute(f"create or replace temp view {BATCH} as select event.* from {rows}")
    plain = [n for n, one in enumerate(suite.expectations) if one["type"] != UNEXPECTED_ROWS]
    results: dict[int, dict] = {}
    if plain:
        asked = [suite.expectations[place] for place in plain]
        frame = connection.execute(f"select {_columns_asked(suite.table, asked)} from {BATCH}").df()
        results |= dict(zip(plain, _validated(frame, asked, suite), strict=True))
    for place, one in enumerate(suite.expectations):
        if one["type"] == UNEXPECTED_ROWS:
            results[place] = _unexpected_rows(connection, one, suite, place)
    counts = []
    for place, check in enumerate(suite.checks):
        told = results[place]
        # an expectation of the whole column or table counts as one, which holds or not
        counted = int(told["result"].get("element_count") or 1)
        failing = int(told["result"].get("unexpected_count") or (not told["success"]))
        observed = told["result"].get("observed_value")
        if told["could_not_run"]:
            check = replace(
                check, meaning=f"{check.meaning} It could not be judged: {told['could_not_run']}"
            )
        detail = f"observed {observed:,}" if observed is not None else ""
        counts.append(
            Count(scanned.name, check, counted, failing, success=told["success"], detail=detail)
        )
    return counts, [results[place] for place in range(len(suite.expectations))]


def _rows_of(scanned: Scanned, suite: Suite) -> str:
    """The FROM clause of the rows that the suite is about."""
    shape = shape_of(suite.table)
    is_of_people = suite.table in ("person", "trinetx_patient")
    person = shape.key if is_of_people else shape.person
    source = f"{scanned.path(suite.table)} as event"
    if suite.rows == ALL or not person:
        return source
    return f"{source} where event.{person} in (select person_key from myeloma_person)"


def _columns_asked(table: str, expectations: list[dict]) -> str:
    """The columns that the expectations name; all where one is about the columns themselves."""
    names = [column.name for column in layout.tables()[table]]
    if any(one["type"].startswith("expect_table_column") for one in expectations):
        return ", ".join(quoted(name) for name in names)
    words = set(re.findall(r"\w+", json.dumps([one["kwargs"] for one in expectations])))
    return ", ".join(quoted(name) for name in names if name in words) or quoted(names[0])


def _validated(frame: pd.DataFrame, asked: list[dict], suite: Suite) -> list[dict]:
    """What Great Expectations says of each expectation on ``frame``."""
    gx = _great_expectations()
    context = gx.get_context(mode="ephemeral")  # expectations are only made within one
    context.variables.progress_bars = {"globally": False}
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    # the columns that are dates: JSON has none, so their limits come as text
    of_dates = {name for name, kind in frame.dtypes.items() if kind.kind == "M"}
    built = gx.ExpectationSuite(name=suite.name)
    for place, one in enumerate(asked):
        kwargs = one["kwargs"]
        if kwargs.get("column") in of_dates:
            kwargs = {name: _as_dates(value) for name, value in kwargs.items()}
        try:
            configuration = ExpectationConfiguration(
                type=one["type"], kwargs=kwargs, meta={"place": place}
            )
            built.add_expectation(configuration.to_domain_obj())
        except Exception as error:  # of the library: an unknown expectation, a wrong argument
            raise QualityError(
                f"suite «{suite.name}», {one['type']}: Great Expectations does not take it "
                f"({_without_values(error)})."
            ) from error
    asset = context.data_sources.add_pandas("landing").add_dataframe_asset(suite.table)
    batch = asset.add_batch_definition_whole_dataframe("rows").get_batch(
        batch_parameters={"dataframe": frame}
    )
    validated = batch.validate(built, result_format="BASIC")
    told: dict[int, dict] = {}
    for one in validated.results:
        place = one.expectation_config.meta["place"]
        told[place] = _told(asked[place], bool(one.success), one.result, len(frame), one)
    return [told[place] for place in range(len(asked))]


def _unexpected_rows(connection, one: dict, suite: Suite, place: int) -> dict:
    query = one["kwargs"].get("unexpected_rows_query", "").replace("{batch}", BATCH).strip("; \n")
    where = f"suite «{suite.name}», expectation {place + 1}"
    try:
        statements = duckdb.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise QualityError(f"{where}: unexpected_rows_query must be one SELECT.")
        found = warehouse.value(connection, f"select count(*) from ({query})")
        counted = warehouse.value(connection, f"select count(*) from {BATCH}")
    except duckdb.Error as error:
        raise QualityError(f"{where}: its SQL cannot be run: {_without_values(error)}.") from error
    none = {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 0}}
    judged = _validated(pd.DataFrame(index=range(found)), [none], suite)[0]
    result = {"element_count": counted, "unexpected_count": found}
    return judged | {"type": one["type"], "kwargs": one["kwargs"], "result": result}


def _told(one: dict, success: bool, result: dict, row_count: int, validated) -> dict:
    raised = [
        info
        for info in (validated.exception_info or {}).values()
        if isinstance(info, dict) and info.get("raised_exception")
    ]
    if (validated.exception_info or {}).get("raised_exception"):
        raised.append(validated.exception_info)
    kept = {name: _plain(result[name]) for name in KEPT_RESULTS if name in (result or {})}
    return {
        "type": one["type"],
        "kwargs": one["kwargs"],
        "success": success and not raised,
        "row_count": row_count,
        "result": {name: value for name, value in kept.items() if value is not None},
        "could_not_run": _without_values(raised[0].get("exception_message", "")) if raised else "",
    }


def _plain(value: object) -> float | int | bool | None:
    """A number of a result as JSON writes it; anything else may hold values of rows."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool | int):
        return value
    return value if isinstance(value, float) and math.isfinite(value) else None


def _as_dates(value: object) -> object:
    """Texts of dates as dates, also within a list."""
    if isinstance(value, list):
        return [_as_dates(one) for one in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}([T ].*)?", value):
        return datetime.fromisoformat(value)
    return value


def _without_values(error: object) -> str:
    """The first line of a message, without what it quotes: that may be of a row."""
    lines = str(error).strip().splitlines() or [""]
    return re.sub(r"'[^']*'|\"[^\"]*\"", "…", lines[0])[:200]


def _great_expectations():
    """The library, imported only when something asks for it: that takes seconds."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    import great_expectations as gx

    return gx

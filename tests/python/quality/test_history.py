"""The counts of each check are carried on from build to build."""

from datetime import datetime

import duckdb

from myelomart.quality.history import carry_on

ALL = "select built_at, checked, check_name, failing from qc.check_history order by all"


def _warehouse(path, checks):
    with duckdb.connect(str(path)) as made:
        made.execute(
            "create schema qc; create table qc.quality_checks (source_name varchar, "
            "checked varchar, check_name varchar, failing bigint, counted bigint)"
        )
        for name, failing in checks.items():
            made.execute("insert into qc.quality_checks values ('', 'person', ?, ?, 90)",
                         [name, failing])  # fmt: skip
    return path


def test_a_build_keeps_what_former_builds_found(tmp_path):
    first = _warehouse(tmp_path / "first.duckdb", {"a": 3})
    second = _warehouse(tmp_path / "second.duckdb", {})
    third = _warehouse(tmp_path / "third.duckdb", {"a": 1, "b": 2})
    days = [datetime(2026, 1, day) for day in (1, 2, 3)]
    carry_on(first, tmp_path / "none.duckdb", days[0])
    carry_on(second, first, days[1])  # all passed: the build is known all the same
    carry_on(third, second, days[2])
    with duckdb.connect(str(third), read_only=True) as made:
        assert made.execute(ALL).fetchall() == [
            (days[0], "person", "a", 3), (days[1], None, None, None),
            (days[2], "person", "a", 1), (days[2], "person", "b", 2),
        ]  # fmt: skip


def test_a_warehouse_of_before_there_was_a_history_adds_nothing(tmp_path):
    former = _warehouse(tmp_path / "former.duckdb", {"a": 3})
    made = _warehouse(tmp_path / "made.duckdb", {"a": 1})
    carry_on(made, former, datetime(2026, 1, 2))
    with duckdb.connect(str(made), read_only=True) as after:
        assert after.execute(ALL).fetchall() == [(datetime(2026, 1, 2), "person", "a", 1)]

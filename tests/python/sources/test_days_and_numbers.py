"""Days, numbers and ids are read for what they are, the same on every machine, or counted."""

import datetime
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landed import Landed, cells_replaced
from small_cdm import MEASUREMENT, PERSON

import myelomart
from myelomart.errors import SourceError

DAYS = "count(*), list_sort(list(distinct measurement_date::varchar))"
ANY_DAY = "count(*), any_value(measurement_date)::varchar"
NUMBERS = "list_sort(list(distinct value_as_number) filter (where value_as_number is not null))"
PEOPLE = "list_sort(list(distinct person_id))"


def with_cells(folder, tmp_path, column, *values, **options):
    cells_replaced(folder / "measurement.csv", column, *values)
    return Landed(folder, tmp_path / "landing", **options)


def with_column(folder, tmp_path, write, expression, **options):
    """The measurements with one column made by an SQL expression ``… as name``."""
    write(f"select * replace ({expression}) from ({MEASUREMENT})", folder / "measurement.parquet")
    return Landed(folder, tmp_path / "landing", **options)


# --- days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "2020-01-05", "2020/01/05", "20200105", "20200105235959", "2020-1-5",
        "2020-01-05 10:11:12.5", "2020-01-05T10:11", "05Jan2020", "05-JAN-2020", "5 January 2020",
        "05JAN2020:10:11:12", "2020-01-05T00:00:00Z", "2020-01-05 00:00:00 UTC",
        "2020-01-05T00:00:00+01:00", "2020-01-05 00:00:00-0500", "1578182400", "1578182400.0",
        "1578182400000",
    ],
)  # fmt: skip
def test_a_day_is_read_in_every_plain_form(small_csv, tmp_path, written):
    landed = with_cells(small_csv, tmp_path, "measurement_date", written)
    assert landed.rows("measurement", DAYS) == [(12, ["2020-01-05"])]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("01/05/2020", "«99/99/9999»: write them as YYYY-MM-DD"),
        ("05-JAN-20", "«99-aaa-99»"),
        ("43835", "«99999»"),  # days since 1899, 1960 or 1970: nobody can say
        ("2020-01-05T23:00:00Z", "holds instants .first in row 1.*--timezone Europe/Berlin"),
        ("2020-01-05 22:00:00 UTC", "holds instants"),
        ("1578265200", "holds instants"),
    ],
)
def test_a_day_that_may_be_two_is_refused(small_csv, tmp_path, written, sentence):
    with pytest.raises(SourceError, match=sentence) as failure:
        with_cells(small_csv, tmp_path, "measurement_date", written)
    for part in ("measurement.csv", "table measurement", "column measurement_date"):
        assert part in str(failure.value)


def test_two_forms_in_one_column_set_the_second_aside_and_show_its_form(small_csv, tmp_path):
    landed = with_cells(
        small_csv, tmp_path, "measurement_date", "2020-01-05", "2020-01-06", "01/07/2020"
    )
    account = landed.account("measurement")
    assert (account["rows_in"], account["rows"], account["rows_set_aside"]) == (12, 8, 4)
    assert account["reasons"] == [
        {
            "action": "row set aside", "column": "measurement_date", "reason": "no date",
            "form": "99/99/9999", "rows": 4,
        }
    ]  # fmt: skip
    reasons = landed.rows("rows_set_aside", "distinct reason")
    assert reasons == [("measurement_date: no date, 99/99/9999",)]
    assert any("99/99/9999" in line for line in landed.said)


@pytest.mark.parametrize("written", ["2020-02-30", "0000-00-00", "20201301", "not known"])
def test_a_day_that_is_none_is_set_aside_and_counted(small_csv, tmp_path, written):
    landed = with_cells(
        small_csv, tmp_path, "measurement_date", "2020-01-05", "2020-01-06", written
    )
    assert landed.account("measurement")["rows_set_aside"] == 4
    assert landed.rows("measurement", DAYS) == [(8, ["2020-01-05", "2020-01-06"])]


LOCAL = "timestamptz '2020-01-05 23:00:00+00' as measurement_date"
UTC_MIDNIGHT = "timestamptz '2020-01-05 00:00:00+00' as measurement_date"


def test_an_instant_is_the_day_of_the_zone_that_is_stated(small_cdm, tmp_path, write):
    with pytest.raises(SourceError, match="holds instants"):
        with_column(small_cdm, tmp_path, write, LOCAL)
    for zone, day in (("Europe/Berlin", "2020-01-06"), ("America/New_York", "2020-01-05")):
        landed = with_column(small_cdm, tmp_path, write, LOCAL, timezone=zone)
        assert landed.rows("measurement", ANY_DAY) == [(12, day)]
    for zone in (None, "America/New_York"):  # a column of midnights in UTC holds days
        landed = with_column(small_cdm, tmp_path, write, UTC_MIDNIGHT, timezone=zone)
        assert landed.rows("measurement", ANY_DAY) == [(12, "2020-01-05")]
    with pytest.raises(SourceError, match="there is no such zone"):
        with_column(small_cdm, tmp_path, write, LOCAL, timezone="Berlin")


def test_texts_of_instants_are_the_day_of_the_zone_that_is_stated(small_csv, tmp_path):
    written = ("2020-01-05 23:00:00 UTC", "2020-07-05T22:00:00Z", "2020-01-05T23:30:00+00:00")
    landed = with_cells(small_csv, tmp_path, "measurement_date", *written, timezone="Europe/Berlin")
    assert landed.rows("measurement", DAYS) == [(12, ["2020-01-06", "2020-07-06"])]


def test_the_old_type_of_spark_is_an_instant(small_cdm, tmp_path):
    path = small_cdm / "measurement.parquet"
    table = pq.read_table(path)
    place = table.schema.get_field_index("measurement_date")
    days = pa.array([datetime.datetime(2020, 1, 5, 23)] * table.num_rows, pa.timestamp("ns"))
    table = table.set_column(place, "measurement_date", days)
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)
    with pytest.raises(SourceError, match="holds instants"):
        Landed(small_cdm, tmp_path / "landing")
    landed = Landed(small_cdm, tmp_path / "landing", timezone="Europe/Berlin")
    assert landed.rows("measurement", ANY_DAY) == [(12, "2020-01-06")]


def test_a_time_of_death_without_its_day_is_a_day_and_a_time_beside_its_day_is_not(
    small_cdm, tmp_path, write
):
    instant = "timestamptz '2020-01-05 23:00:00+00'"
    write(f"select *, {instant} as death_datetime from ({PERSON})", small_cdm / "person.parquet")
    with pytest.raises(SourceError, match="table person, column death_datetime holds instants"):
        Landed(small_cdm, tmp_path / "landing")
    landed = Landed(small_cdm, tmp_path / "landing", timezone="Europe/Berlin")
    what = "any_value(death_datetime)::varchar"
    assert landed.rows("person", what) == [("2020-01-06 00:00:00",)]
    write(PERSON, small_cdm / "person.parquet")
    write(
        f"select *, {instant} as measurement_datetime from ({MEASUREMENT})",
        small_cdm / "measurement.parquet",
    )
    landed = Landed(small_cdm, tmp_path / "landing")
    what = "any_value(measurement_datetime)::varchar"
    assert landed.rows("measurement", what) == [("2020-01-05 23:00:00",)]


TELL_DAYS = """
import sys
from pathlib import Path
from landed import Landed
landed = Landed(sys.argv[1], Path(sys.argv[2]), timezone=sys.argv[3] or None)
print(landed.rows("measurement", "measurement_id, measurement_date::varchar, "
    "measurement_datetime::varchar"))
"""


@pytest.mark.parametrize("zone", ["", "Europe/Berlin"])
def test_the_same_input_gives_the_same_days_on_every_machine(small_cdm, tmp_path, write, zone):
    hour = "number % 3" if zone else "0"
    query = MEASUREMENT.replace(
        "date '2020-01-01' + cast(number as integer) as measurement_date",
        "timestamptz '2020-03-28 00:00:00+00' + to_days(cast(number as integer)) "
        f"+ to_hours(20 * ({hour})) as measurement_date, "
        "timestamptz '2020-03-28 22:30:00+00' as measurement_datetime",
    )
    write(query, small_cdm / "measurement.parquet")
    told = set()
    for number, machine in enumerate(("UTC", "America/New_York", "Asia/Tokyo")):
        scripts = Path(myelomart.__file__).parents[1]
        environment = os.environ | {
            "TZ": machine, "PYTHONPATH": f"{scripts}:{Path(__file__).parent}", "LC_ALL": "C",
        }  # fmt: skip
        command = [sys.executable, "-c", TELL_DAYS, small_cdm, tmp_path / f"{number}", zone]
        done = subprocess.run(
            command, env=environment, text=True, capture_output=True, check=True, cwd="/"
        )
        told.add(done.stdout)
    assert len(told) == 1
    assert "2020-03-29" in told.pop()


def ends(folder, tmp_path, write, query, **options):
    write(query, folder / "observation_period.parquet")
    landed = Landed(folder, tmp_path / "landing", **options)
    return landed, landed.rows(
        "observation_period",
        "observation_period_id, observation_period_start_date::varchar, "
        "observation_period_end_date::varchar",
    )


PERIODS = """
    select * from (values
        (1, 1, date '2019-01-01', date '2020-06-01'), (2, 2, date '2019-01-01', date {end}),
        (3, 3, date {start}, date '2020-06-01')
    ) as periods (
        observation_period_id, person_id, observation_period_start_date, observation_period_end_date
    )
"""


@pytest.mark.parametrize("end", ["9999-12-31", "2099-12-31", "infinity", "12020-01-01"])
@pytest.mark.parametrize("start", ["1900-01-01", "-infinity"])
def test_ends_of_time_are_capped_at_the_day_the_data_were_cut(
    small_cdm, tmp_path, write, end, start
):
    query = PERIODS.format(end=f"'{end}'", start=f"'{start}'")
    landed, found = ends(small_cdm, tmp_path, write, query)
    assert landed.entry["data_cut"] == "2020-01-13"  # the last measurement
    assert found == [
        (1, "2019-01-01", "2020-06-01"),
        (2, "2019-01-01", "2020-01-13"),
        (3, "2020-01-03", "2020-06-01"),  # the person's first measurement
    ]
    assert landed.account("observation_period")["ends_capped"] == 1
    assert landed.rows("landed_sources", "data_cut") == [("2020-01-13",)]


def test_a_source_that_was_made_later_than_its_last_record_is_cut_that_day(
    small_cdm, tmp_path, write
):
    write(
        "select 'x' as cdm_source_name, date '2020-02-01' as source_release_date, "
        "date '2020-02-03' as cdm_release_date",
        small_cdm / "cdm_source.parquet",
    )
    query = PERIODS.format(end="'9999-12-31'", start="'2019-01-01'")
    landed, found = ends(small_cdm, tmp_path, write, query)
    assert landed.entry["data_cut"] == "2020-02-03"
    assert found[1][2] == "2020-02-03"
    write(
        "select 'x' as cdm_source_name, date '2019-02-01' as source_release_date, "
        "date '2019-02-03' as cdm_release_date",
        small_cdm / "cdm_source.parquet",
    )
    landed, found = ends(small_cdm, tmp_path, write, query)
    assert found[1][2] == landed.entry["data_cut"] == "2020-01-13"  # a stale release says nothing


def test_the_cut_moves_with_the_records_though_the_periods_did_not_change(
    small_cdm, tmp_path, write
):
    query = PERIODS.format(end="'9999-12-31'", start="'2019-01-01'")
    ends(small_cdm, tmp_path, write, query)
    later = MEASUREMENT.replace("date '2020-01-01'", "date '2021-01-01'")
    write(later, small_cdm / "measurement.parquet")
    landed, found = ends(small_cdm, tmp_path, write, query)
    assert found[1][2] == landed.entry["data_cut"] == "2021-01-13"


def test_a_death_without_a_day_stays_a_death(small_csv, tmp_path):
    (small_csv / "death.csv").write_text(
        "person_id,death_date\n1,1900-01-01\n2,2020-05-01\n3,2020-02-31\n4,\n5,infinity\n"
    )
    landed = Landed(small_csv, tmp_path / "landing")
    assert sorted(landed.rows("death", "person_id, death_date::varchar"), key=str) == [
        (1, None), (2, "2020-05-01"), (3, None), (4, None), (5, None),
    ]  # fmt: skip
    account = landed.account("death")
    assert (account["rows_in"], account["rows_set_aside"], account["cells_emptied"]) == (5, 0, 3)


def test_shifted_dates_may_lie_in_the_future_and_the_source_says_so(small_cdm, tmp_path, write):
    later = MEASUREMENT.replace("date '2020-01-01'", "date '2150-01-01'")
    write(later, small_cdm / "measurement.parquet")
    query = PERIODS.format(end="'2155-01-01'", start="'2019-01-01'")
    landed, found = ends(small_cdm, tmp_path, write, query, dates_shifted="person")
    assert found[1][2] == "2155-01-01"
    assert landed.entry["data_cut"] == "2150-01-13"
    assert landed.rows("landed_sources", "dates_shifted") == [("person",)]


# --- numbers and ids -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "found", "emptied"),
    [
        ("1e+05", 100000.0, 0), ("2.5", 2.5, 0), (" 3 ", 3.0, 0), ("-0.1", -0.1, 0),
        ("NaN", None, 0), ("NA", None, 0), ("inf", None, 6), ("1e400", None, 6), ("<5", None, 6),
        ("1.234.5", None, 6), ("0x10", None, 6),
    ],
)  # fmt: skip
def test_a_number_is_read_or_counted(small_csv, tmp_path, written, found, emptied):
    landed = with_cells(small_csv, tmp_path, "value_as_number", written, "1")
    assert landed.rows("measurement", NUMBERS) == [(sorted({found or 1.0, 1.0}),)]
    assert landed.account("measurement")["cells_emptied"] == emptied
    given = "count(*), count(value_as_number)"
    assert landed.rows("measurement", given) == [(12, 12 if found is not None else 6)]


@pytest.mark.parametrize(
    ("written", "found", "set_aside"),
    [
        ("1e+05", 100000, 0), ("2.0", 2, 0), ("9223372036854775807", 2**63 - 1, 0),
        ("9223372036854775808", -(2**63), 0), ("18446744073709551615", -1, 0),
        ("18446744073709551616", None, 6), ("2.5", None, 6), ("1.23457E+12", None, 6),
        ("abc", None, 6), ("1_000", None, 6),
    ],
)  # fmt: skip
def test_an_id_is_read_whole_or_its_row_is_set_aside(
    small_csv, tmp_path, written, found, set_aside
):
    landed = with_cells(small_csv, tmp_path, "person_id", written, "1")
    expected = [1] if found is None else sorted([found, 1])
    assert landed.rows("measurement", PEOPLE) == [(expected,)]
    assert landed.account("measurement")["rows_set_aside"] == set_aside


def test_a_concept_beyond_32_bits_keeps_its_number(small_csv, tmp_path):
    landed = with_cells(small_csv, tmp_path, "measurement_concept_id", "3000000000")
    assert landed.rows("measurement", "any_value(measurement_concept_id)") == [(3000000000,)]


@pytest.mark.parametrize(
    ("expression", "what", "found"),
    [
        ("uuid() as unit_source_value", "min(length(unit_source_value))", 36),
        ("'{\"a\":1}'::json as unit_source_value", "min(unit_source_value)", '{"a":1}'),
        ("'g/dL'::blob as unit_source_value", "min(unit_source_value)", "g/dL"),
        ("203.0::double as unit_source_value", "min(unit_source_value)", "203"),
        ("2.4::float as value_as_number", "min(value_as_number)", 2.4),
        ("2.40::decimal(9,2) as value_as_number", "min(value_as_number)", 2.4),
        ("null as value_as_number", "count(value_as_number)", 0),
        ("measurement_id::double as measurement_id", "max(measurement_id)", 12),
        ("measurement_id::decimal(20,2) as measurement_id", "max(measurement_id)", 12),
        (
            "(measurement_id::ubigint + 18446744073709551600::ubigint) as person_id",
            "min(person_id)", -15,
        ),
        ("20200105 as measurement_date", "min(measurement_date)::varchar", "2020-01-05"),
        ("1578182400.0::double as measurement_date", "min(measurement_date)::text", "2020-01-05"),
    ],
)  # fmt: skip
def test_columns_of_other_types_are_read_for_what_they_mean(
    small_cdm, tmp_path, write, expression, what, found
):
    landed = with_column(small_cdm, tmp_path, write, expression)
    assert landed.rows("measurement", f"count(*), {what}") == [(12, found)]


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("uuid() as person_id", "column person_id is of type UUID, not a whole number"),
        ("(person_id + 0.5)::double as person_id", "does not hold a whole number in 12 of 12"),
        ("(9007199254740994 + person_id)::double as person_id", "does not hold a whole number"),
        ("date '2020-01-01' as value_as_number", "is of type DATE, not a number"),
        ("[1.5] as value_as_number", "is of type"),
        ("18266 as measurement_date", "does not hold a date"),
        ("true as measurement_date", "is of type BOOLEAN"),
    ],
)
def test_columns_that_cannot_mean_it_are_refused(small_cdm, tmp_path, write, expression, sentence):
    with pytest.raises(SourceError, match=sentence):
        with_column(small_cdm, tmp_path, write, expression)


def test_numbers_that_are_none_in_a_file_that_would_be_linked_are_found(small_cdm, tmp_path, write):
    first = Landed(small_cdm, tmp_path / "first")
    part = tmp_path / "first" / "measurement" / "source_name=cdm" / "part.parquet"
    assert first.account("measurement")["form"] == "parquet"
    fitting = tmp_path / "fitting"
    write(PERSON, fitting / "person.parquet")
    write(
        "select * replace (case measurement_id when 3 then 'inf'::double when 4 then 'nan'::double "
        f"else value_as_number end as value_as_number) from read_parquet('{part}', "
        "hive_partitioning = false)",
        fitting / "measurement.parquet",
    )
    landed = Landed(fitting, tmp_path / "landing")
    assert landed.rows("measurement", "count(*), count(value_as_number)") == [(12, 10)]
    assert landed.account("measurement")["cells_emptied"] == 1  # NaN is how pandas writes none


@pytest.mark.parametrize("written", [("a1", "b2", "c3"), ("", "7"), ("-9223372036854775808", "x")])
def test_a_row_whose_id_only_names_it_gets_a_number_of_its_own(small_csv, tmp_path, written):
    cells_replaced(small_csv / "measurement.csv", "measurement_id", *written)
    path = small_csv / "measurement.csv"
    landed = Landed(small_csv, tmp_path / "landing")
    what = "count(*), count(measurement_id), sum(value_as_number)"
    assert landed.rows("measurement", what) == [(12, 12, 84.0)]
    assert landed.account("measurement")["rows_renumbered"] == (12 if len(written) == 3 else 6)
    ids = "list_sort(list((measurement_id, value_as_number)))"
    before = landed.rows("measurement", ids)
    header, *lines = path.read_text().splitlines()
    path.write_text("\n".join([header, *reversed(lines)]) + "\n")
    assert Landed(small_csv, tmp_path / "again").rows("measurement", ids) == before

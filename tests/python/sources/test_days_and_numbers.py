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
        (".5", None, 6),
    ],
)  # fmt: skip
def test_an_id_is_read_whole_or_its_row_is_set_aside(
    small_csv, tmp_path, written, found, set_aside
):
    landed = with_cells(small_csv, tmp_path, "person_id", written, "1")
    expected = [1] if found is None else sorted([found, 1])
    assert landed.rows("measurement", PEOPLE) == [(expected,)]
    assert landed.account("measurement")["rows_set_aside"] == set_aside


TEXT_PEOPLE = """
    select
        p as person_id, 8507 as gender_concept_id, 1950 as year_of_birth, 'site-7' as care_site_id
    from (values {}) as people (p)
"""
TEXT_VISITS = """
    select
        'v-' || n as visit_occurrence_id, p as person_id, 9202 as visit_concept_id,
        date '2020-01-01' as visit_start_date, date '2020-01-01' as visit_end_date,
        case when n > 1 then 'v-' || (n - 1) end as preceding_visit_occurrence_id
    from (values {}) as visits (n, p)
"""
UUIDS = ["A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12"]


@pytest.mark.parametrize("form", ["format csv, header", "format parquet"])
@pytest.mark.parametrize("people", [UUIDS, ["MRN-1", "Mrn-1"], ["1e234567", "12345678"]])
def test_an_id_that_is_a_text_joins_as_it_did(tmp_path, write, people, form):
    ending = "csv" if "csv" in form else "parquet"
    listed = ", ".join(f"('{one}')" for one in people)
    visits = f"(1, '{people[0]}'), (2, '{people[0]}'), (3, '{people[1].lower()}')"
    if people[1] == "Mrn-1":
        visits = visits.replace("mrn-1", "Mrn-1")
    write(TEXT_PEOPLE.format(listed), tmp_path / "cdm" / f"person.{ending}", form)
    write(TEXT_VISITS.format(visits), tmp_path / "cdm" / f"visit_occurrence.{ending}", form)
    landed = Landed(tmp_path / "cdm", tmp_path / "landing")
    ids = "list_sort(list(distinct person_id)), count(distinct care_site_id)"
    [(of_people, sites)] = landed.rows("person", ids)
    assert len(of_people) == 2 and sites == 1
    assert landed.rows("visit_occurrence", "list_sort(list(distinct person_id))") == [(of_people,)]
    links = "count(distinct visit_occurrence_id), count(preceding_visit_occurrence_id)"
    assert landed.rows("visit_occurrence", links) == [(3, 2)]
    account = landed.account("visit_occurrence")
    assert (account["rows"], account["rows_renumbered"], account["cells_emptied"]) == (3, 0, 0)
    texts = [one for one in people if not one.isdigit()]
    [(number,)] = {
        (one["rows"],)
        for one in landed.account("person")["reasons"]
        if one["column"] == "person_id" and one["action"] == "id made of text"
    }
    assert number == len(texts)
    way_back = {text for (text,) in landed.rows("text_ids/source_name=cdm", "source_id")}
    assert set(texts) <= way_back
    assert any(f"person_id in {len(texts)} rows" in line for line in landed.said)


def test_the_number_of_a_text_does_not_depend_on_what_stands_beside_it(tmp_path, write):
    found = []
    for people in ("('b')", "('a'), ('b'), ('c')"):
        folder = tmp_path / str(len(people))
        write(TEXT_PEOPLE.format(people), folder / "person.parquet")
        landed = Landed(folder, tmp_path / f"landing {len(people)}")
        found.append(set(landed.rows("person", "person_id")))
    assert found[0] < found[1] and len(found[1]) == 3


def test_the_id_of_an_event_that_is_a_text_stays_its_own(small_csv, tmp_path):
    path = small_csv / "measurement.csv"
    cells_replaced(path, "measurement_id", "a1", "b2", "c3")
    header, *lines = path.read_text().splitlines()
    lines = [f"{line},{line.split(',')[0]}" for line in lines]
    path.write_text("\n".join([f"{header},measurement_event_id", *lines]) + "\n")
    landed = Landed(small_csv, tmp_path / "landing")
    ids = (
        "count(*), count(distinct measurement_id), bool_and(measurement_id = measurement_event_id)"
    )
    assert landed.rows("measurement", ids) == [(12, 3, True)]
    account = landed.account("measurement")
    assert (account["rows_renumbered"], account["cells_emptied"]) == (0, 0)
    assert not (tmp_path / "landing" / "text_ids").exists()  # nobody looks for these


def test_a_header_among_the_rows_is_nobody(small_csv, tmp_path):
    for path in small_csv.iterdir():
        header, *lines = path.read_text().splitlines()
        path.write_text("\n".join([header, *lines[:2], header, *lines[2:]]) + "\n")
    landed = Landed(small_csv, tmp_path / "landing")
    for table, rows in (("person", 3), ("measurement", 12)):
        account = landed.account(table)
        assert (account["rows_in"], account["rows"], account["rows_set_aside"]) == (
            rows + 1, rows, 1,
        )  # fmt: skip


def numbers_in(folder, tmp_path, written, delimiter=","):
    """value_as_number of rows that give ``written``, in the order of their ids."""
    lines = [
        delimiter.join((str(n + 1), "1", "3000963", "2020-01-01", f'"{text}"'))
        for n, text in enumerate(written)
    ]
    header = "measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number"
    text = "\n".join([header.replace(",", delimiter), *lines]) + "\n"
    (folder / "measurement.csv").write_text(text)
    landed = Landed(folder, tmp_path / "landing")
    read = landed.rows("measurement", "list(value_as_number order by measurement_id)")[0][0]
    return read, landed


@pytest.mark.parametrize(
    ("delimiter", "written", "read"),
    [
        (";", ["3,5", "4", "1,250", "neg", "1.234,5"], [3.5, 4, 1.25, None, 1234.5]),
        (",", ["3,5", "4", "-0,125", "1,5e3"], [3.5, 4, -0.125, 1500]),
        (",", ["3,5", "4", "neg", "5", "6"], [None, 4, None, 5, 6]),  # not all of it are numbers
        (";", ["3,5", "1.234", "2"], [3.5, None, 2]),  # 1234 or 1.234
        (";", ["3,5", "2.75", "2", "4"], [None, 2.75, 2, 4]),  # two ways in one column
        (",", ["1,234", "2", "3"], [None, 2, 3]),  # 1234 or 1.234
        (",", ["1,234", "2.5", "1,234.5", "1,2.5", "7"], [1234, 2.5, 1234.5, None, 7]),
    ],
)
def test_a_comma_is_read_where_it_can_mean_one_thing(small_csv, tmp_path, delimiter, written, read):
    found, landed = numbers_in(small_csv, tmp_path, written, delimiter)
    assert found == read
    assert landed.account("measurement")["cells_emptied"] == read.count(None)
    is_comma = 3.5 in read
    assert any("a decimal comma is read in value_as_number" in s for s in landed.said) == is_comma


def test_a_column_of_commas_that_may_be_thousands_stops(small_csv, tmp_path):
    with pytest.raises(SourceError, match=r"decimal point \(1,234 may be two numbers\)"):
        numbers_in(small_csv, tmp_path, ["1,234", "2,500"], ";")


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
        ("uuid() as measurement_concept_id", "is of type UUID, not a whole number"),
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


@pytest.mark.parametrize(
    "written", [("1.5", "2.5", "3.5"), ("", "7"), ("-9223372036854775808", "2.5")]
)
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

"""Files as researchers have them: read rightly, or refused in a sentence that says where."""

import datetime
import gzip
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from myelomart.errors import StatisticsError
from myelomart.input_file import complete_rows, covariates, flags, matches, numbers, read_table


@pytest.fixture
def csv(tmp_path):
    def write(text, name="trial.csv"):
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


@pytest.fixture
def parquet(tmp_path):
    def write(**columns):
        file = tmp_path / "trial.parquet"
        pq.write_table(pa.table(columns), file)
        return file

    return write


def test_a_delimiter_at_the_end_of_the_rows_shifts_no_column(csv):
    table = read_table(csv("time,event,age\n5,1,60,\n6,0,71,\n"))
    assert table.to_dict("list") == {"time": [5, 6], "event": [1, 0], "age": [60, 71]}


def test_a_delimiter_at_the_end_of_every_line_makes_no_column(csv):
    table = read_table(csv("time,event,\n5,1,\n6,0,\n"))
    assert table.to_dict("list") == {"time": [5, 6], "event": [1, 0]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("time,event\n5,1\n6\n", "row 2 has 1 field where the header has 2"),
        ("time,event\n5,1,7\n6,0,8\n", "row 1 has 3 fields where the header has 2"),
        ("time,event\n5,1\n\n6,0,x\n", "row 2 has 3 fields where the header has 2"),
        ("time,age,age\n5,1,2\n", "the header names age more than once"),
        ("", "it has no data rows"),
        ("time,event\n", "it has no data rows"),
        (b"time,event\n5,\xff\xfe\n", "it cannot be read as a table"),
        ('time,event\n5,"1\n6,0\n', "it cannot be read|fields where the header"),
    ],
)  # fmt: skip
def test_a_csv_that_does_not_fit_its_header_is_refused(csv, text, sentence):
    with pytest.raises(StatisticsError, match=sentence):
        read_table(csv(text))


@pytest.mark.parametrize("damage", ["cut", "flipped", "plain"])
def test_a_damaged_gz_is_refused(csv, damage):
    packed = bytearray(gzip.compress(b"time,event\n" + b"5,1\n6,0\n" * 5000))
    if damage == "cut":
        packed = packed[: len(packed) // 2]
    elif damage == "flipped":
        packed[30:50] = b"\x00" * 20
    else:
        packed = bytearray(b"time,event\n5,1\n")
    with pytest.raises(StatisticsError, match="it cannot be read as a table"):
        read_table(csv(bytes(packed), "trial.csv.gz"))


def test_a_damaged_parquet_is_refused(csv):
    with pytest.raises(StatisticsError, match="it cannot be read as a table"):
        read_table(csv(b"PAR1 and nothing", "trial.parquet"))


LONG = 12345678901234567


def test_long_ids_keep_their_digits_beside_blanks(csv, parquet):
    ids = [LONG, LONG + 1, LONG + 2]
    text = "id,time\n" + "\n".join(f"{one},{k}" for k, one in enumerate(ids)) + "\n,9\n"
    for file in (csv(text), parquet(id=pa.array([*ids, None]), time=pa.array([0, 1, 2, 9]))):
        table = read_table(file)
        kept = complete_rows(table, ["id", "time"]).frame
        assert kept["id"].tolist() == ids
        assert kept["id"].nunique() == 3
    beyond = read_table(csv("id\n123456789012345678901\n123456789012345678902\n"))
    assert beyond["id"].nunique() == 2


def test_numbers_are_numbers_however_parquet_stores_them(parquet):
    table = read_table(
        parquet(
            decimal=pa.array([Decimal("60.5"), Decimal("65.0"), None]),
            text=pa.array(["60.5", "65.0", "NA"]),
            whole=pa.array(["3", "4", "5"]),
            coded=pa.array(["1", "2", "x"]),
            listed=pa.array(["b", "a", "b"]).dictionary_encode(),
        )
    )
    for name in ("decimal", "text"):
        assert table[name].tolist()[:2] == [60.5, 65.0]
        assert np.isnan(table[name][2])
    assert table["whole"].tolist() == [3, 4, 5]
    assert table["coded"].tolist() == ["1", "2", "x"]
    assert list(table["listed"]) == ["b", "a", "b"]
    assert covariates(table, ["whole"])["whole"].dtype.kind in "if"


@pytest.mark.parametrize(
    "column",
    [
        pa.array([True, False, None]),
        pa.array(["true", "FALSE", ""]),
        pa.array(["01", "00", None]),
        pa.array(["1.0", "0.0", None]),
        pa.array([Decimal("1"), Decimal("0"), None]),
        pa.array([1.0, 0.0, float("nan")]),
        pa.array([1, 0, None], pa.int8()),
    ],
)
def test_events_in_every_dress_are_events(parquet, column):
    kept = complete_rows(read_table(parquet(died=column)), ["died"])
    assert kept.n_dropped == 1
    assert flags(kept.frame, "died").tolist() == [1, 0]
    for value in ("1", "01", "1.0", "true", "TRUE"):
        assert matches(kept.frame, "died", value).tolist() == [True, False], value


def test_a_code_as_written_comes_before_its_number():
    frame = pd.DataFrame({"code": ["1", "01", "A"]})
    assert matches(frame, "code", "01").tolist() == [False, True, False]
    assert matches(frame, "code", "1.0").tolist() == [True, True, False]
    with pytest.raises(StatisticsError, match="none of 3 rows holds 7"):
        matches(frame, "code", "7")


@pytest.mark.parametrize(
    "values",
    [
        pa.array([datetime.date(2024, 1, 1), datetime.date(2024, 2, 1)]),
        pa.array([datetime.datetime(2024, 1, 1), datetime.datetime(2024, 2, 1)]),
        pa.array([datetime.timedelta(days=3), datetime.timedelta(days=4)]),
    ],
)
def test_dates_are_no_follow_up(parquet, values):
    table = read_table(parquet(time=values))
    with pytest.raises(StatisticsError, match="column time: all 2 rows hold dates or times"):
        numbers(table, "time")


def test_lists_and_bytes_are_refused_where_they_are_used(parquet):
    table = read_table(
        parquet(x=pa.array([[1], [2]]), y=pa.array([b"a", b"b"]), z=pa.array([1, 2]))
    )
    assert complete_rows(table, ["z"]).n_dropped == 0
    for name in ("x", "y"):
        with pytest.raises(StatisticsError, match="hold lists or bytes"):
            complete_rows(table, [name])

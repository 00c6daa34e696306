"""Delimited text is read as it is meant, or refused with the line."""

import pytest
from landed import Landed

from myelomart.errors import SourceError

PLAIN = [(12, 84.0, "g/dL")]
SUMMARY = "count(*), sum(value_as_number), min(unit_source_value)"


def rewritten(folder, change):
    path = folder / "measurement.csv"
    path.write_bytes(change(path.read_bytes()))


def below(data: bytes, change) -> bytes:
    """Each line below the header changed, the header as it is."""
    header, *lines = data.splitlines()
    return b"\n".join([header, *(change(number, line) for number, line in enumerate(lines))])


CHANGES = {
    "tabs and quotation marks": lambda data: data.replace(b",", b"\t").replace(b"g/dL", b'"g/dL"'),
    "semicolons": lambda data: data.replace(b",", b";"),
    "bars": lambda data: data.replace(b",", b"|"),
    "mixed line ends": lambda data: data.replace(b"\n", b"\r\n", 5),
    "carriage returns": lambda data: data.replace(b"\n", b"\r"),
    "empty lines": lambda data: data.replace(b"\n", b"\r\n\r\n"),
    "a byte-order mark": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "UTF-16 without a mark": lambda data: data.decode().encode("utf-16-be"),
    "0x1A before a row": lambda data: data.replace(b"\n4,", b"\n\x1a4,"),
    "0x1A before a last cell": lambda data: data.replace(b"g/dL\n6", b"\x1ag/dL\n6"),
    "0x1A at the end": lambda data: data + b"\x1a",
    "a delimiter at the end of each line": lambda data: data.replace(b"\n", b",\n"),
    "such a delimiter but in the header": lambda data: below(data, lambda n, line: line + b","),
    "R's row names": lambda data: b'"",' + below(data, lambda n, line: b'"%d",%s' % (n + 1, line)),
    "R's row names without a header": lambda data: below(
        data, lambda n, line: b'"%d",%s' % (n + 1, line)
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_way_to_write_a_table_lands_the_same(small_csv, tmp_path, change):
    rewritten(small_csv, CHANGES[change])
    landed = Landed(small_csv, tmp_path / "landing")
    assert landed.rows("measurement", SUMMARY) == PLAIN
    assert landed.account("measurement")["rows_in"] == 12


def test_marks_hold_a_text_together_and_stay_in_it_when_they_are_alone(small_csv, tmp_path):
    def change(number, line):
        return line.replace(b"g/dL", [b'"a\n,""b"', b'5" tube', b"g/dL"][number % 3])

    rewritten(small_csv, lambda data: below(data, change))
    found = Landed(small_csv, tmp_path / "landing").rows("measurement", "unit_source_value")
    assert sorted({text for (text,) in found}) == ['5" tube', 'a\n,"b', "g/dL"]
    assert len(found) == 12


def test_line_feeds_inside_a_text_stay_where_rows_end_with_two_marks(small_csv, tmp_path):
    rewritten(
        small_csv, lambda data: data.replace(b"g/dL", b'"g\n/dL"').replace(b"\n", b"\r\n")
        .replace(b"g\r\n/dL", b"g\n/dL")
    )  # fmt: skip
    landed = Landed(small_csv, tmp_path / "landing")
    assert landed.rows("measurement", SUMMARY) == [(12, 84.0, "g\n/dL")]


def test_quotation_marks_mean_nothing_in_a_vocabulary_of_athena_alone(small_csv, tmp_path):
    (small_csv / "CONCEPT.csv").write_text(
        "concept_id\tconcept_name\tvocabulary_id\tconcept_code\n"
        '1\t"Open\tSNOMED\tA\n2\t5" tube\tSNOMED\tB\n3\t"whole"\tSNOMED\tC\n'
    )
    (small_csv / "observation.csv").write_text(
        "observation_id\tperson_id\tobservation_concept_id\tobservation_date\tvalue_as_string\n"
        '1\t1\t1\t2020-01-01\t"a ""tab"": \t"\n2\t1\t1\t2020-01-01\t"whole"\n'
    )
    landed = Landed(small_csv, tmp_path / "landing")
    names = landed.rows("concept", "concept_name")
    assert sorted(names) == [('"Open',), ('"whole"',), ('5" tube',)]
    texts = landed.rows("observation", "value_as_string")
    assert sorted(texts) == [('a "tab": \t',), ("whole",)]


def test_na_is_no_value_where_r_wrote_it_and_sodium_elsewhere(small_csv, tmp_path):
    path = small_csv / "measurement.csv"
    path.write_text(path.read_text().replace("g/dL", "NA"))
    landed = Landed(small_csv, tmp_path / "landing")
    assert landed.rows("measurement", "count(*), count(unit_source_value)") == [(12, 12)]
    header, *lines = path.read_text().splitlines()
    quoted = ['"NA"' if number < 3 else "NA" for number in range(len(lines))]
    lines = [line.replace("NA", cell) for line, cell in zip(lines, quoted, strict=True)]
    header = ",".join(f'"{name}"' for name in header.split(","))
    path.write_text("\n".join([header, *lines]) + "\n")
    landed = Landed(small_csv, tmp_path / "landing")
    assert landed.rows("measurement", "count(*), count(unit_source_value)") == [(12, 3)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: data.replace(b"g/dL\n5", b"g/\0dL\n5"), "line 5: there is a NUL byte"),
        (lambda data: data.replace(b"g/dL\n5", b"\xb5g\n5"), "line 5: is not UTF-8 text"),
        (lambda data: data + b"13,1,1,2020-01-01,1,\xb5", "line 14: is not UTF-8 text"),
        (lambda data: data.decode().encode("utf-16")[:-1], "cut off or damaged UTF-16"),
        (lambda data: data.replace(b"g/dL", b'"g/dL', 1), "line 2: a quotation mark is opened"),
        (lambda data: data.replace(b"g/dL\n5", b"g,dL\n5"), "line 5: has another number of col"),
        (lambda data: b"\n" + data, "has no header in its first line"),
        (lambda data: data.split(b"\n", 1)[1], "the header is missing"),
        (lambda data: b"PAR1" + data, "is Parquet though its name says text"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_line(small_csv, tmp_path, change, sentence):
    rewritten(small_csv, change)
    with pytest.raises(SourceError, match=sentence) as failure:
        Landed(small_csv, tmp_path / "landing")
    assert "measurement.csv" in str(failure.value)
    assert "\n" not in str(failure.value)

"""Every file of a folder is read, or named; a table that nobody reads stops the landing."""

import bz2
import gzip
import io
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landed import Landed
from small_cdm import MEASUREMENT

from myelomart.errors import SourceError

WHOLE = [(12, 84.0)]
SUMMARY = "count(*), sum(value_as_number)"


def zipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("whatever.csv", data)
    return packed.getvalue()


def split(folder, name: str, pack=bytes):
    """Move the last five measurements of ``folder`` into a file called ``name``."""
    path = folder / "measurement.csv"
    header, *lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(header + b"".join(lines[:7]))
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(pack(header + b"".join(lines[7:])))


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("measurement_2.csv", bytes),
        ("measurement (1).csv", bytes),
        ("MEASUREMENT-part-0002.CSV", bytes),
        ("measurement.2.txt", bytes),
        ("measurement_2.tsv", lambda data: data.replace(b",", b"\t")),
        ("measurement_2.csv.gz", gzip.compress),
        ("measurement_2.csv.bz2", bz2.compress),
        ("measurement_2.csv.zip", zipped),
        ("measurement_2.csv.zst", lambda data: pa.compress(data, "zstd", asbytes=True)),
        ("measurement_2_of_2.csv", lambda data: data.replace(b",", b";")),
    ],
)
def test_chunks_beside_each_other_are_one_table(small_csv, tmp_path, name, pack):
    split(small_csv, name, pack)
    landed = Landed(small_csv, tmp_path / "landing")
    assert landed.rows("measurement", SUMMARY) == WHOLE
    assert landed.account("measurement")["rows_in"] == 12
    files = landed.rows("source_files", "file_name, is_read, table_name")
    assert (name, True, "measurement") in files


def test_a_table_of_numbered_chunks_alone_is_that_table(small_csv, tmp_path):
    split(small_csv, "measurement000000000001.csv")
    (small_csv / "measurement.csv").rename(small_csv / "measurement000000000000.csv")
    assert Landed(small_csv, tmp_path / "landing").rows("measurement", SUMMARY) == WHOLE


@pytest.mark.parametrize(
    "name", ["part-0000.snappy.parquet", "x.c000.zstd.parquet", "part-00000", "a.parquet.gz"]
)
def test_parquet_is_known_by_its_bytes_below_the_folder_of_its_table(small_cdm, tmp_path, name):
    path = small_cdm / "measurement.parquet"
    data = path.read_bytes()
    path.unlink()
    (small_cdm / "measurement").mkdir()
    (small_cdm / "measurement" / "_SUCCESS").touch()
    packed = gzip.compress(data) if name.endswith(".gz") else data
    (small_cdm / "measurement" / name).write_bytes(packed)
    assert Landed(small_cdm, tmp_path / "landing").rows("measurement", SUMMARY) == WHOLE


def test_parquet_named_after_its_inner_packing_is_read(small_cdm, tmp_path):
    (small_cdm / "measurement.parquet").rename(small_cdm / "measurement.parquet.gzip")
    assert Landed(small_cdm, tmp_path / "landing").rows("measurement", SUMMARY) == WHOLE


def test_parts_of_other_types_and_columns_are_one_table(small_cdm, tmp_path, write):
    write(
        "select measurement_id + 12 as MEASUREMENT_ID, '2' as person_id, 1::smallint as "
        "measurement_concept_id, timestamp '2021-01-01 10:00:00' as measurement_date, 'x' as extra "
        f"from ({MEASUREMENT})",
        small_cdm / "measurement_2.parquet",
    )
    landed = Landed(small_cdm, tmp_path / "landing")
    what = "count(*), count(distinct measurement_id), max(measurement_date)::varchar"
    assert landed.rows("measurement", what) == [(24, 24, "2021-01-01")]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("labs_of_site_b.csv", "holds rows of the table measurement"),
        ("measurement_old.csv", "holds rows of the table measurement"),
        ("site2/measurement.csv", "holds rows of the table measurement"),
        ("measurement.sas7bdat", "of a form that is not read"),
        ("measurement_2.xlsx", "of a form that is not read"),
    ],
)
def test_a_table_that_nobody_reads_stops_the_landing(small_csv, tmp_path, name, sentence):
    split(small_csv, name)
    with pytest.raises(SourceError, match=sentence) as failure:
        Landed(small_csv, tmp_path / "landing")
    assert name in str(failure.value)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("drug_era.csv", "drug_era_id,person_id\n1,1\n", "a table that no model reads"),
        ("concept_synonym_2.csv", "concept_id\n1\n", "a table that no model reads"),
        ("notes.txt", "we exported this in May\n", "no table of the layout"),
        ("README.md", "# read me\n", "of no form that is read"),
        ("_measurement.csv", "measurement_id\n1\n", "hidden by its name"),
    ],
)
def test_other_files_are_named(small_csv, tmp_path, name, text, reason):
    (small_csv / name).write_text(text)
    landed = Landed(small_csv, tmp_path / "landing")
    assert {"file": name, "reason": reason} in landed.entry["unused"]
    assert any("not read" in line and name in line for line in landed.said)
    assert (name, False, reason) in landed.rows("source_files", "file_name, is_read, reason")


def test_the_same_file_saved_twice_is_refused(small_csv, tmp_path):
    data = (small_csv / "measurement.csv").read_bytes()
    (small_csv / "measurement (1).csv").write_bytes(data)
    with pytest.raises(SourceError, match="has the same content as"):
        Landed(small_csv, tmp_path / "landing")


def test_a_dangling_link_is_a_sentence(small_csv, tmp_path):
    (small_csv / "death.csv").symlink_to(tmp_path / "nowhere.csv")
    with pytest.raises(SourceError, match=r"death.csv is a link to a file that is not there"):
        Landed(small_csv, tmp_path / "landing")


def test_a_folder_where_a_file_should_be_is_a_sentence(small_csv, tmp_path):
    (small_csv / "death.csv").mkdir()
    with pytest.raises(SourceError, match="stands for the table death and holds no file"):
        Landed(small_csv, tmp_path / "landing")


def test_an_empty_part_is_a_sentence(small_cdm, tmp_path):
    path = small_cdm / "measurement.parquet"
    (small_cdm / "measurement").mkdir()
    path.rename(small_cdm / "measurement" / "part-0.parquet")
    (small_cdm / "measurement" / "part-1.parquet").touch()
    with pytest.raises(SourceError, match=r"part-1.parquet is empty \(0 bytes\)"):
        Landed(small_cdm, tmp_path / "landing")


@pytest.mark.parametrize("name", ["cdm[1]", "cdm*", "cdm?", "o'cdm", "100% {cdm}"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_path_is_a_path_and_never_a_pattern(small_cdm, small_csv, tmp_path, write, name, form):
    folder = small_csv if form == "csv" else small_cdm
    neighbour = tmp_path / name.replace("[1]", "1").replace("*", "x").replace("?", "x")
    mine = folder.rename(tmp_path / name)
    if neighbour != mine:
        neighbour.mkdir()
        for path in mine.iterdir():
            write(f"select * from ({MEASUREMENT}) limit 0", neighbour / path.name, f"format {form}")
    landed = Landed(mine, tmp_path / f"landing of {name}")
    assert landed.rows("measurement", SUMMARY) == WHOLE


def test_a_delta_table_is_read_by_its_log(small_cdm, tmp_path):
    deltalake = pytest.importorskip("deltalake", reason="the extra myelomart[lake] is not here")
    path = small_cdm / "measurement.parquet"
    table = pq.read_table(path)
    path.unlink()
    deltalake.write_deltalake(str(small_cdm / "measurement"), table)
    deltalake.write_deltalake(str(small_cdm / "measurement"), table.slice(0, 5), mode="overwrite")
    landed = Landed(small_cdm, tmp_path / "landing")
    assert landed.rows("measurement") == [(5,)]
    assert landed.entry["format"] == "OMOP CDM as Delta and parquet"


def test_an_iceberg_table_is_read_by_its_newest_snapshot(small_cdm, tmp_path):
    catalogs = pytest.importorskip(
        "pyiceberg.catalog.sql", reason="pyiceberg[sql-sqlite], which writes the table, is not here"
    )
    path = small_cdm / "measurement.parquet"
    rows = pq.read_table(path)
    path.unlink()
    house = tmp_path / "house"
    house.mkdir()
    catalog = catalogs.SqlCatalog(
        "test", uri=f"sqlite:///{house}/catalog.db", warehouse=f"file://{house}"
    )
    catalog.create_namespace("cdm")
    table = catalog.create_table("cdm.measurement", schema=rows.schema)
    table.append(rows)
    table.overwrite(rows.slice(0, 5))
    table.delete("measurement_id = 2")
    folder = small_cdm / "measurement"
    folder.symlink_to(table.location().removeprefix("file://"), target_is_directory=True)
    landed = Landed(small_cdm, tmp_path / "landing")
    ids = "list(measurement_id order by measurement_id)"
    assert landed.rows("measurement", ids) == [([1, 3, 4, 5],)]
    assert landed.entry["format"] == "OMOP CDM as Iceberg and parquet"
    assert landed.account("measurement")["rows_in"] == 4


def test_a_lakehouse_table_that_cannot_be_followed_is_refused_by_name(small_cdm, tmp_path):
    path = small_cdm / "measurement.parquet"
    (small_cdm / "measurement" / "_delta_log").mkdir(parents=True)
    log = small_cdm / "measurement" / "_delta_log" / "00000000000000000000.json"
    log.write_text('{"add":{"path":"part-0.parquet"}}\n')
    path.rename(small_cdm / "measurement" / "part-0.parquet")
    with pytest.raises(SourceError, match="is a Delta table: export its current version"):
        Landed(small_cdm, tmp_path / "landing")
    log.parent.rename(small_cdm / "measurement" / "metadata")
    (small_cdm / "measurement" / "metadata" / "v1.metadata.json").write_text("{}")
    with pytest.raises(SourceError, match="is an Iceberg table: export its current version"):
        Landed(small_cdm, tmp_path / "landing")


def test_the_vocabulary_may_stand_in_a_folder_of_its_own(small_cdm, tmp_path):
    athena = tmp_path / "athena"
    athena.mkdir()
    (athena / "CONCEPT.csv").write_text(
        'concept_id\tconcept_name\tvocabulary_id\tconcept_code\n1\ta "b\tSNOMED\t109989006\n'
    )
    (athena / "CONCEPT_SYNONYM.csv").write_text("concept_id\n1\n")
    landed = Landed(small_cdm, tmp_path / "landing", vocabulary=str(athena))
    assert landed.rows("concept", "concept_id, concept_name") == [(1, 'a "b')]
    assert landed.entry["vocabulary"] == str(athena)
    with pytest.raises(SourceError, match="has no table concept"):
        Landed(small_cdm, tmp_path / "landing", vocabulary=str(small_cdm))

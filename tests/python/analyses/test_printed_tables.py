"""How tables are printed: the study's rows give order, parts and footnotes; nobody is lost."""

import csv
import io
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from small_study import analysis

from myelomart.analyses import baseline, cohort_table
from myelomart.display.annotation import annotated
from myelomart.display.by_arm import table_by_arm
from myelomart.display.export import ENDINGS, FORMS, exported, refuse_without_packages
from myelomart.display.numbers import p_value, rounded
from myelomart.display.table import INDENT, RowLabel, Table
from myelomart.errors import MyelomartError
from myelomart.results import ESTIMATE_COLUMNS, Results
from myelomart.spreadsheet import as_it_was, as_text
from myelomart.study import TableRow

STAGES = tuple(
    TableRow("stage", level, place, None, note)
    for place, (level, note) in enumerate(
        [("III", None), ("II", None), ("I", None), ("IV", "No such stage here.")], 1
    )
)
NOTES = (
    TableRow("high_risk", None, None, None, "By FISH."),
    TableRow("emd_after", None, None, "high_risk", "By FISH."),
)


@pytest.fixture
def printed(study, data):
    """The printed table of the small study, with rows of `table_rows` and options."""

    def made(table_rows=(), **options) -> Table:
        told = replace(study, table_rows=table_rows)
        results = Results("made_up")
        one = analysis("cohort_table", **options)
        results.analysis_id = one.analysis_id
        cohort_table.make(told, one, data, results)
        return annotated(table_by_arm(results.own_rows(one.analysis_id), one.title), told, one)

    return made


def by_label(table: Table) -> dict[str, list[str]]:
    return {str(row[0]): row for row in table.rows if len(row) > 1}


def test_levels_stand_in_the_order_of_the_rows_indented_and_the_empty_one_stays(printed):
    table = printed(STAGES, row_groups="Disease")
    labels = [row[0] for row in table.rows]
    start = labels.index("ISS stage")
    assert labels[start + 1 : start + 5] == [
        f"{INDENT}{level}" for level in ("III", "II", "I", "IVᵃ")
    ]
    assert by_label(table)[f"{INDENT}IVᵃ"][1].startswith("0 / 11 (0.0 %)")
    assert table.note.split("\n")[1:] == ["ᵃ No such stage here."]


def test_without_rows_the_levels_that_are_found_stand_by_name(printed):
    labels = [row[0] for row in printed(row_groups="Disease").rows]
    start = labels.index("ISS stage")
    assert labels[start + 1 : start + 4] == [f"{INDENT}{level}" for level in ("I", "II", "III")]


def test_the_unknown_are_a_column_and_no_row(printed):
    table = printed(row_groups="Patients;Disease;EMD")
    assert table.columns == ["", "All (n = 12)", "unknown"]
    rows = by_label(table)
    assert not any(label.endswith("unknown") for label in rows)
    unknown = {label: row[2] for label, row in rows.items() if not label.startswith(INDENT)}
    assert unknown == {"Age, years": "1", "High risk": "1", "ISS stage": "1",
                       "EMD before": "0", "EMD after": "1"}  # fmt: skip
    assert "unknown" not in rows["Age, years"][1]


def test_where_nobody_is_unknown_there_is_no_such_column(study, data):
    results = Results("made_up")
    one = analysis("cohort_table", row_groups="EMD")
    results.analysis_id = one.analysis_id
    known = replace(study, covariates=tuple(
        c for c in study.covariates if c.covariate_id in ("emd_before",)))  # fmt: skip
    cohort_table.make(known, one, data, results)
    assert table_by_arm(results.own_rows(one.analysis_id), "x").columns == ["", "All (n = 12)"]


def test_groups_have_their_p_once_beside_the_covariate(printed):
    table = printed(STAGES, row_groups="Disease", group_covariate_id="emd_before")
    assert table.columns == ["", "All (n = 12)", "EMD before: yes (n = 3)",
                             "EMD before: no (n = 9)", "unknown", "p (test)"]  # fmt: skip
    rows = by_label(table)
    assert rows["ISS stage"][1:4] == ["", "", ""]
    assert rows["ISS stage"][5] != ""
    assert all(row[5] == "" for label, row in rows.items() if label.startswith(INDENT))
    assert rows["High risk"][5].endswith(")")


def test_each_pair_of_groups_has_its_own_p():
    results = Results("made_up", analysis_id="cells")
    for group in ("Time: early", "Time: late", "Time: never"):
        results.add("OUT-1", "median", population="all", row_group="Cells", row_label="Naive cells",
                    endpoint="naive", arm=group, estimate=1.0, denominator=9, p_value=0.001,
                    p_test="kruskal-wallis")  # fmt: skip
    pairs = {"Time: early against Time: late": 0.4, "Time: early against Time: never": 0.002}
    for words, p in pairs.items():
        results.add("OUT-1", "pair", population="all", row_group="Pairs of groups",
                    row_label=f"Naive cells: {words}", endpoint="naive", denominator=18,
                    p_value=p, p_test="wilcoxon")  # fmt: skip
    rows = table_by_arm(results.own_rows("cells"), "x").rows
    below = rows[rows.index(["Pairs of groups"]) + 1 :]
    assert [(row[0], row[-1]) for row in below] == [
        (f"Naive cells: {words}", f"{p:.3f} (Wilcoxon)") for words, p in pairs.items()
    ]


def test_a_part_stands_below_its_whole_and_footnotes_of_one_text_share_a_mark(printed):
    table = printed(NOTES, row_groups="Disease;EMD")
    labels = [row[0] for row in table.rows]
    at = labels.index("High riskᵃ")
    assert labels[at + 1] == f"{INDENT}EMD afterᵃ"
    assert labels.count("EMD after") == 0
    assert table.note.split("\n")[1:] == ["ᵃ By FISH."]


def test_what_makes_the_groups_has_its_footnote_without_a_mark(printed):
    table = printed(NOTES, row_groups="Patients", group_covariate_id="high_risk")
    assert table.note.split("\n")[1:] == ["High risk: By FISH."]


def test_a_part_whose_whole_is_elsewhere_stays_and_an_empty_block_goes(printed):
    labels = [row[0] for row in printed(NOTES, row_groups="EMD").rows]
    assert labels == ["EMD", "EMD before", "EMD afterᵃ"]
    emptied = (TableRow("age", None, None, "high_risk", None),)
    labels = [row[0] for row in printed(emptied, row_groups="Patients;Disease").rows]
    assert "Patients" not in labels
    assert labels[:3] == ["Disease", "High risk", f"{INDENT}Age, years"]


def test_ages_have_no_decimals_and_months_keep_theirs(printed):
    age = by_label(printed(row_groups="Patients", summary_style="median_range"))["Age, years"][1]
    assert age == "60 (IQR 55–65; range 50–70)"
    row = median_row(estimate=6.0, iqr_low=3.25, iqr_high=9.0, range_low=0.7, range_high=40.0)
    assert table_by_arm([row], "x").rows[1][1] == "6.0 (IQR 3.3–9.0; range 0.7–40.0)"
    half = median_row(estimate=6.5, iqr_low=3.0, iqr_high=9.0, range_low=1.0, range_high=40.0)
    assert table_by_arm([half], "x").rows[1][1] == "6.5 (IQR 3–9; range 1–40)"


def median_row(**values) -> SimpleNamespace:
    row = {
        name: np.nan if kind == "float64" else None for name, kind in ESTIMATE_COLUMNS.items()
    } | {"statistic": "median", "arm": "All", "row_group": "G", "row_label": "Months",
         "endpoint": "months"}  # fmt: skip
    return SimpleNamespace(**(row | values))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.991, ">0.99"), (1.0, ">0.99"), (0.99, "0.990"), (0.0004, "<0.001"), (0.0494, "0.049")],
)
def test_p_ends_at_both_ends(value, text):
    assert p_value(value) == text


def test_there_is_no_zero_below_zero():
    assert rounded(-0.001, 2) == "0.00"
    assert rounded(-0.006, 2) == "-0.01"


@pytest.mark.parametrize(
    ("value", "text"), [(0.1004, "0.10 *"), (-0.19, "-0.19 *"), (0.1, "0.10"), (0.0, "0.00")]
)
def test_a_difference_above_a_tenth_is_marked(value, text):
    common = {"row_group": "G", "population": "matched", "arm": "A", "row_label": "Age"}
    rows = [
        median_row(**common, statistic="mean", estimate=60.0, n_missing=0.0),
        median_row(**common, statistic="sd", estimate=5.0),
        median_row(**common, statistic="standardized_difference", estimate=value),
    ]
    table = baseline.table(rows, "x")
    assert table.rows[-1] == ["Age", "60.0 (5.0)", text]
    assert as_text(text) == text
    assert as_it_was(as_text(text)) == text


TABLE = Table(
    "Who & what", ["", "All (n = 3)", "p (test)"],
    [["Block 1"], [RowLabel("Stageᵃ", "stage"), "", "0.5 (Fisher)"],
     [f"{INDENT}I_<b>", "1 / 3 (33.3 %)", ""], ["Block 1"], ["Age", "63 (57–69)", ""]],
    "n / known (%).\nᵃ A footnote.",
)  # fmt: skip


def test_csv_names_a_part_with_its_whole_and_drops_marks():
    lines = list(csv.reader(io.StringIO(TABLE.as_csv())))
    assert [line[:2] for line in lines] == [
        ["group", "row"], ["Block 1", "Stage"], ["Block 1", "Stage: I_<b>"], ["Block 1", "Age"],
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_table_for_a_manuscript_has_every_cell_and_the_same_bytes_twice(form):
    pytest.importorskip("docx" if form == "docx" else "great_tables")
    made = exported(TABLE, form)
    assert made == exported(TABLE, form)
    text = words_of_docx(made) if form == "docx" else made.decode()
    for words in ("n / known", "A footnote.", "63 (57–69)", "0.5 (Fisher)", "Block 1"):
        assert words in text, words
    if form == "html":
        assert "Who &amp; what" in text
        assert "I_&lt;b&gt;" in text
        assert "http" not in text.replace("http-equiv", "")
    if form == "latex":
        assert "\\quad{}I\\_" in text
        assert "33.3 \\%" in text
        assert "\\textsuperscript{a}" in text
    assert text.count("Block 1") >= 2


def test_latex_has_no_sign_that_it_does_not_know_as_a_letter():
    pytest.importorskip("great_tables")
    made = exported(Table("Signs", ["", "≥"], [["≤ 10", "−0.2 → 1 ≈ 2 × 3"]]), "latex").decode()
    assert not set("≥≤−→≈×") & set(made)
    assert r"\ensuremath{\geq}" in made and r"\ensuremath{-}0.2" in made


def words_of_docx(content: bytes) -> str:
    import docx

    document = docx.Document(io.BytesIO(content))
    (table,) = document.tables
    assert len(table.rows) == 1 + len(TABLE.rows)
    assert table.rows[3].cells[0].paragraphs[0].paragraph_format.left_indent.pt > 0
    cells = [cell.text for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in document.paragraphs), *cells])


@pytest.mark.parametrize("form", FORMS)
def test_without_the_packages_a_sentence_says_what_to_install(form, monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    monkeypatch.setitem(sys.modules, "great_tables", None)
    for refused in (lambda: exported(TABLE, form), lambda: refuse_without_packages(form)):
        with pytest.raises(MyelomartError, match=r"pip install 'myelomart\[tables\]'"):
            refused()


def test_every_form_has_an_ending():
    assert set(ENDINGS) == set(FORMS)

"""A release of the demonstration: what is in the zip, what is not, and what can be rebuilt."""

import json
import re
import zipfile
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from typer.testing import CliRunner

from myelomart.cli import app
from myelomart.disclosure.attack_on_release import attack
from myelomart.disclosure.policies import below
from myelomart.disclosure.release import opened, read_former
from myelomart.errors import MyelomartError
from myelomart.results import Results, write_results

LONG_ENOUGH = 6  # characters of a source value that no other word would be
DATE = re.compile(r"\b(?:19|20)\d\d-\d\d-\d\d\b")


def texts(released: Path) -> dict[str, str]:
    """Every file of a zip as text, Parquet as CSV."""
    with opened(released) as folder:
        return {
            file.relative_to(folder).as_posix(): pd.read_parquet(file).to_csv()
            if file.suffix == ".parquet" else file.read_text("utf-8")
            for file in folder.rglob("*") if file.is_file()
        }  # fmt: skip


def test_the_zip_holds_results_manifest_what_is_hidden_and_a_page_to_sign(released):
    with zipfile.ZipFile(released) as packed:
        names = set(packed.namelist())
    assert {"release.json", "hidden.csv", "to_sign.html", "cart_vs_pom/manifest.json",
            "cart_vs_pom/estimates.csv", "cart_vs_pom/report.html"} <= names  # fmt: skip
    assert not [name for name in names if "matched_pairs" in name or ".myelomart" in name]
    told = json.loads(texts(released)["release.json"])
    assert told["policy"]["policy"] == "cms11"
    assert 0 < told["numbers_shown"] < told["numbers_of"]


def test_no_identifier_date_or_source_value_of_a_person_is_in_the_zip(demo, released):
    said = texts(released)
    tables = {name: text for name, text in said.items() if name.endswith((".csv", ".parquet"))}
    assert not [name for name, text in tables.items() if "person_id" in text.partition("\n")[0]]
    # queries and code lists are those of the study's definition, the same at every site
    defined = (".sql", "tables/code_lists.csv")
    together = "\n".join(text for name, text in said.items() if not name.endswith(defined))
    of_the_study = DATE.findall("\n".join(
        file.read_text("utf-8") for file in Path("seeds").rglob("*.csv")))  # fmt: skip
    assert set(DATE.findall(together)) <= set(of_the_study)
    values = set()
    for file in (demo / "cdm").glob("*.parquet"):
        if file.stem in ("concept", "vocabulary", "concept_relationship", "concept_ancestor"):
            continue
        for column in duckdb.sql(f"select * from '{file}' limit 0").columns:
            if column.endswith("_source_value"):
                found = duckdb.sql(f"select distinct {column} from '{file}'")
                values |= {row[0] for row in found.fetchall()}
    values = {str(one) for one in values if one and len(str(one)) >= LONG_ENOUGH}
    assert values
    words = set(re.findall(r"[\w.-]+", together))
    assert not {one for one in values if one in words and any(c.isdigit() for c in one)}


def test_the_attack_prints_nothing_of_a_release_and_ends_with_one_on_results_as_they_are(
    demo, released
):
    done = CliRunner().invoke(app, ["study", "attack", str(released)])
    assert (done.exit_code, "0 hidden numbers" in done.output) == (0, True)
    done = CliRunner().invoke(
        app, ["study", "attack", str(demo / "results" / "cart_vs_pom"), "--policy", "cms11"]
    )
    assert done.exit_code == 1
    assert "as it is" in done.output


def test_a_release_is_read_again_as_a_former_one(released):
    former = read_former(released)
    assert set(former.words) == {"cart_vs_pom"}
    assert former.policy.hides_below == 11
    assert len(former.estimates)


def test_what_is_no_release_is_refused(tmp_path):
    (tmp_path / "some.zip").write_text("no zip")
    with pytest.raises(MyelomartError, match="is not a release"):
        read_former(tmp_path / "some.zip")
    with pytest.raises(MyelomartError, match=r"has no release\.json"):
        read_former(tmp_path)


@pytest.mark.parametrize(
    ("said", "warnings"),
    [("the numerator is 7", []), ("says", ["Of 120 persons, 4 persons have no date."])],
)
def test_the_attack_reads_numbers_and_words(tmp_path, said, warnings):
    results = Results("made_up", analysis_id="one")
    count = 7 if not warnings else 40
    results.add("OUT-1", "percent", population="all", row_group="Disease", row_label="EMD",
                arm="All", numerator=count, denominator=100, estimate=count, unit="%",
                n_missing=0)  # fmt: skip
    results.warnings = warnings
    write_results(results, tmp_path / "made_up", {})
    told = attack(tmp_path, below(11))
    assert any(said in one for one in told)


def test_the_attack_reads_what_stands_beside_hidden_rows(tmp_path, made_table):
    results = made_table(EMD=(40, 200))
    about = {"population": "all", "row_label": "IL-6", "endpoint": "il6", "arm": "All"}
    results.add("OUT-1", "percent_tested", status="suppressed", p_test="fisher", **about)
    results.add("OUT-1", "tests_per_year", estimate=0.01, **about)
    results.warnings = ["A group has fewer than 5 persons."]
    write_results(results, tmp_path / "made_up", {})
    told = " ".join(attack(tmp_path, below(11)))
    for said in ("bound the hidden number", "names its test", "fewer than 5"):
        assert said in told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("7 matched pairs, from 40 persons", True),
        ("CAR-T: 4, Pomalidomide: 80; median follow-up 9.1 months", True),
        ("10 of 80 matched pairs", False),
        ("2 of 34 characteristics differ by more than 0.1", False),
        ("Death at 6 months: 5.1 % (95 % CI 2 to 8)", False),
    ],
)
def test_the_attack_reads_the_card_of_a_page(tmp_path, made_table, said, told):
    write_results(made_table(EMD=(40, 200)), tmp_path / "made_up", {},
                  {"report.html": f'<dl class="card"><dd><p>{said}.</p></dd></dl>'})  # fmt: skip
    found = [one for one in attack(tmp_path, below(11)) if "card" in one]
    assert bool(found) == told

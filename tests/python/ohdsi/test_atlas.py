"""Concept sets go out to ATLAS and come in from it with their three flags."""

import json

import pytest

from myelomart import project
from myelomart.errors import MyelomartError
from myelomart.ohdsi.atlas_export import export_sets
from myelomart.ohdsi.atlas_import import import_sets
from myelomart.site.making import make_site
from myelomart.site.own_rows import OwnRows


def item(number, excluded=False, descendants=False, mapped=False, **more):
    concept = {"CONCEPT_ID": number, "CONCEPT_NAME": f"concept {number}", "DOMAIN_ID": "Condition"}
    concept |= {"CONCEPT_CODE": f"C{number}", "VOCABULARY_ID": "SNOMED"} | more
    flags = {"isExcluded": excluded, "includeDescendants": descendants, "includeMapped": mapped}
    return {"concept": concept} | flags


@pytest.fixture
def site(tmp_path, monkeypatch):
    make_site(tmp_path / "site")
    monkeypatch.setenv(project.SITE, str(tmp_path / "site"))
    return tmp_path / "site"


def written(path, told):
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def exported(name, folder):
    """What a command of its own writes of a set: rows of a site are read once per process."""
    project.own_rows.cache_clear()
    project._with_site.cache_clear()
    export_sets([name], folder)
    items = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["items"]
    return sorted(
        (
            one["concept"]["CONCEPT_ID"],
            one["isExcluded"],
            one["includeDescendants"],
            one["includeMapped"],
        )
        for one in items
    )


def test_every_flag_comes_out_as_it_went_in(site, tmp_path):
    items = [
        item(1, descendants=True), item(2), item(3, excluded=True, descendants=True),
        item(4, mapped=True), item(5, excluded=True, mapped=True),
    ]  # fmt: skip
    (done,) = import_sets([written(tmp_path / "Our set.json", {"items": items})], site)
    assert (done.name, done.items, done.excluded, done.mapped) == ("our_set", 5, 2, 2)
    assert OwnRows(site).faults == []
    assert exported("our_set", tmp_path / "out") == [
        (1, False, True, False), (2, False, False, False), (3, True, True, False),
        (4, False, False, True), (5, True, False, True),
    ]  # fmt: skip


def test_a_set_of_ours_comes_back_as_it_was(site, tmp_path):
    first = exported("multiple_myeloma", tmp_path / "ours")
    import_sets([tmp_path / "ours" / "multiple_myeloma.json"], site, name="again")
    assert len(first) > 30 and exported("again", tmp_path / "again") == first
    out = (tmp_path / "ours" / "left_out.csv").read_text()
    assert "multiple_myeloma,ICD10CM,C90.0," in out  # a code whose concept id no row says


def test_sets_of_a_cohort_and_sets_with_names_are_read(site, tmp_path):
    cohort = {"ConceptSets": [
        {"id": 0, "name": "First", "expression": {"items": [item(1)]}},
        {"id": 1, "name": "Second", "expression": {"items": [item(2)]}},
    ]}  # fmt: skip
    named = {"id": 7, "name": "Third", "expression": {"items": [item(3)]}}
    files = [written(tmp_path / "c.json", cohort), written(tmp_path / "n.json", named)]
    assert [one.name for one in import_sets(files, site)] == ["first", "second", "third"]
    assert import_sets([written(tmp_path / "d.json", {"items": [item(9)]})], site)[0].name == "d"
    rows = OwnRows(site).merged("concept_sets")
    assert {"first", "second", "third", "d"} <= {row["concept_set_id"] for row in rows}


def test_an_item_without_domain_or_code_is_a_bare_concept(site, tmp_path):
    file = written(tmp_path / "bare.json", {"items": [{"concept": {"CONCEPT_ID": 437233}}]})
    with pytest.raises(MyelomartError, match="437233: it says no domain; say with --category"):
        import_sets([file], site)
    import_sets([file], site, category="condition")
    row = OwnRows(site).merged("concept_set_members")[-1]
    assert (row["vocabulary_id"], row["code"], row["concept_id"]) == ("OMOP", "437233", "437233")
    assert row["is_verified"] == row["include_descendants"] == "false"


@pytest.mark.parametrize(
    "told, said",
    [
        ("{", "cannot be read as JSON"),
        ('{"name": "x"}', "holds no concept set"),
        ('{"items": [{"concept": {"CONCEPT_NAME": "x"}}]}', "no concept with a CONCEPT_ID"),
        (json.dumps({"items": [item(1, excluded=True)]}), "includes no concept"),
        (json.dumps({"name": "lenalidomide", "items": [item(1)]}), "there is one"),
        (json.dumps({"items": [item(1), item(2, DOMAIN_ID="Spec Anatomic Site")]}), "--category"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_written(site, tmp_path, told, said):
    before = {path: path.read_bytes() for path in site.rglob("*.csv")}
    (tmp_path / "bad.json").write_text(told, encoding="utf-8")
    good = written(tmp_path / "good.json", {"items": [item(1)]})
    with pytest.raises(MyelomartError, match=said):
        import_sets([good, tmp_path / "bad.json"], site)
    assert {path: path.read_bytes() for path in site.rglob("*.csv")} == before


def test_an_unknown_set_is_said_with_the_nearest(tmp_path):
    with pytest.raises(MyelomartError, match="lenalidomide"):
        export_sets(["lenalidomid"], tmp_path / "out")

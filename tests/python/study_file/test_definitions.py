"""Our studies are written once, in YAML: the seeds and the schema are what that expands into."""

import csv
import json

import jsonschema
import pytest
import yaml

from myelomart.project import project_root
from myelomart.rows.declared import tables
from myelomart.site.own_rows import OwnRows
from myelomart.study_file import schema
from myelomart.study_file.rows import definitions, expanded, files_in
from myelomart.study_file.shape import PARTS, further_parts

SEEDS = project_root() / "seeds" / "studies"
FILES = files_in(definitions())


class AsWritten(yaml.SafeLoader):
    """Dates stay texts, as in JSON."""


AsWritten.yaml_implicit_resolvers = {
    sign: [(tag, rule) for tag, rule in found if not tag.endswith(":timestamp")]
    for sign, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize("name", sorted(expanded(FILES)))
def test_a_seed_is_what_the_study_files_expand_into(name):
    assert (SEEDS / f"{name}.csv").read_text(encoding="utf-8") == expanded(FILES)[name], (
        "write the study file, then `myelomart study expand`"
    )


def test_the_study_files_have_no_fault_and_every_study_is_one_of_them():
    rows = OwnRows(None, FILES)
    assert rows.faults == []
    with (SEEDS / "studies.csv").open(newline="") as lines:
        ids = {row["study_id"] for row in csv.DictReader(lines)}
    assert ids == {file.stem for file in FILES} - {"events"} and len(ids) >= 6


def test_the_schema_is_the_one_that_the_code_makes():
    file = project_root() / "docs" / "schemas" / "study.json"
    assert file.read_text(encoding="utf-8") == schema.as_text()
    jsonschema.Draft202012Validator.check_schema(json.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_study_file_fits_the_schema_that_its_first_line_names(file):
    text = file.read_text(encoding="utf-8")
    named = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (file.parent / named).resolve() == project_root() / "docs" / "schemas" / "study.json"
    jsonschema.validate(yaml.load(text, AsWritten), schema.schema())


@pytest.mark.parametrize("wrong", ["cohrts", "endpoint"])
def test_the_schema_knows_no_other_keys(wrong):
    said = {"events": {}, wrong: {}}
    with pytest.raises(jsonschema.ValidationError, match=wrong):
        jsonschema.validate(said, schema.schema())


def test_every_column_of_the_tables_can_be_written():
    """A column that a table gets is a key of its part at once."""
    for part in [*PARTS, *further_parts().values()]:
        filled = {*part.keys.values(), *part.named_by, *(part.window or ())}
        if part.subjects:
            filled |= {"event_group", "characteristic", "criterion_type", "covariate_type"}
        if part.compared:
            filled |= {"value_operator", "value_number", "value_text"}
        assert set(tables()[part.table].types) <= filled, part.table

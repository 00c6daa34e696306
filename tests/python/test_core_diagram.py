"""docs/core.md draws what the data tests of `core` hold, no more and no less."""

import importlib.util

import pytest

from myelomart.project import project_root


@pytest.fixture(scope="module")
def diagram():
    file = project_root() / "scripts" / "core_diagram.py"
    spec = importlib.util.spec_from_file_location("core_diagram", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_tests_say(diagram):
    written = diagram.PAGE.read_text(encoding="utf-8")
    assert written == diagram.page(), "run `python scripts/core_diagram.py`"


def test_every_mart_belongs_to_a_patient_and_every_link_names_keys_of_both(diagram):
    marts = diagram.marts()
    assert len(marts) >= 20
    for name, mart in marts.items():
        owners = dict((to, columns) for to, columns in diagram.links(mart))
        assert name == "patients" or owners["patients"] == ["person_id"], name
        own = {one["name"] for one in mart["columns"]}
        for to, columns in owners.items():
            assert set(columns) <= own and set(columns) <= set(
                marts[to]["config"]["meta"]["grain"]
            ), (name, to)

"""Every page of the explorer, run without a browser: no failure, and each control has an effect."""

import base64
import re
import shutil
from datetime import datetime
from html import unescape

import duckdb
import pytest

pytest.importorskip("streamlit", reason="Streamlit is not installed: pip install '.[explore]'")

from streamlit.testing.v1 import AppTest

from myelomart import warehouse
from myelomart.explore.opened import DATABASE
from myelomart.explore.pages import PAGES
from myelomart.explore.state import warehouse_at, warehouse_here
from myelomart.explore.trial import definition_of
from myelomart.failures import TRACEBACK
from myelomart.project import PACKAGE
from myelomart.quality.history import carry_on

APP = PACKAGE / "explore" / "app.py"
PATHS = [one.PATH for one in PAGES]
ALONE = """
import streamlit as st
from myelomart.explore import state
from myelomart.explore.pages import PAGES
pages = {one.PATH: st.Page(state.page(one.show), title=one.TITLE, url_path=one.PATH)
         for one in PAGES}
st.session_state["pages"] = pages
st.navigation(list(pages.values()))
state.page(next(one for one in PAGES if one.PATH == %r).show)()
"""
FAILING = """
from myelomart.errors import MyelomartError
from myelomart.explore import state

@state.part
def show():
    raise MyelomartError("nothing to show")

show()
"""


@pytest.fixture(scope="module", autouse=True)
def closed(demo):
    """Let go of the demonstration at the end: the server of the pages keeps it open."""
    yield
    warehouse_at(str(demo / "myelomart.duckdb")).close()
    warehouse_at.clear()


@pytest.fixture
def page(demo, monkeypatch):
    """What runs one page of the demonstration, with what stands in its address."""
    monkeypatch.setenv(DATABASE, str(demo / "myelomart.duckdb"))
    monkeypatch.setenv(TRACEBACK, "1")

    def run(path: str, policy: str = "cms11", **address: str) -> AppTest:
        test = AppTest.from_string(ALONE % path, default_timeout=300)
        test.session_state["policy"] = policy
        for name, value in address.items():
            test.query_params[name] = value
        return whole(test.run())

    return run


def whole(test: AppTest) -> AppTest:
    assert [one.message for one in test.exception] == []
    assert [one.value for one in test.error] == []
    return test


def text_of(test: AppTest) -> str:
    bodies = (re.sub(r"<[^>]+>", " ", one.proto.body) for one in test.get("html"))
    return unescape(" ".join(bodies))


def link_of(test: AppTest) -> str:
    """The definition in the address."""
    value = test.query_params["d"]
    return value if isinstance(value, str) else value[0]


def numbers_of(test: AppTest) -> list[str]:
    """The numbers of the tiles, in order."""
    bodies = " ".join(one.proto.body for one in test.get("html"))
    return re.findall(r"<b>([^<]+)</b>", bodies)


def test_the_app_opens_with_its_menu_and_says_that_the_patients_are_synthetic(page, demo):
    test = whole(AppTest.from_file(str(APP), default_timeout=300).run())
    assert "Synthetic patients" in text_of(test)
    assert test.sidebar.selectbox(key="policy").value == "cms11"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("policy", ["cms11", "exact"])
def test_a_page_opens_and_says_what_the_reader_sees(page, path, policy):
    test = page(path, policy)
    one = next(one for one in PAGES if path == one.PATH)
    heads = [part.proto.body for part in test.get("html") if "mm-head" in part.proto.body]
    assert len(heads) == 1 and one.TITLE in heads[0]
    assert re.search(r"<p>[^<]{40,}</p>", heads[0])


def test_a_switch_of_the_builder_changes_the_cohort_and_the_link(page):
    test = page("cohort", "exact")
    before, link = numbers_of(test)[0], link_of(test)
    switch = next(one for one in test.toggle if "Pomalidomide" in one.label)
    assert switch.value
    after = whole(switch.set_value(False).run())
    assert int(numbers_of(after)[0].replace(",", "")) > int(before.replace(",", ""))
    assert link_of(after) != link
    again = page("cohort", "exact", d=link_of(after), left_at="0")
    assert numbers_of(again)[0] == numbers_of(after)[0]
    assert again.selectbox(key="left_at").value == 0


def test_a_criterion_is_added_changed_and_taken_away(page):
    test = page("cohort", "exact")
    before = numbers_of(test)[0]
    test.selectbox(key="new event").select("coded.dexamethasone").run()
    test.selectbox(key="new when").select("before the index day").run()
    test.segmented_control(key="new kind").set_value("exclude").run()
    added = whole(test.button(key="new add").click().run())
    labels = [one.label for one in added.toggle]
    assert any("Dexamethasone" in label or "dexamethasone" in label for label in labels)
    assert numbers_of(added)[0] != before
    gone = [one for one in added.button if one.key.endswith("gone")][-1]
    assert numbers_of(whole(gone.click().run()))[0] == before


def test_another_cohort_replaces_the_definition(page):
    test = page("cohort", "exact")
    changed = whole(test.selectbox(key="start_from").select("evidence_ide_cel").run())
    assert len(changed.toggle) == 2
    assert "ide-cel" in changed.selectbox(key="criterion index group").value.replace("_", "-")


def test_why_a_person_is_out_shows_each_criterion(page):
    text = text_of(page("cohort", "exact"))
    assert "out at step" in text and "Pomalidomide before index" in text


def test_a_broken_link_is_a_sentence(page, demo):
    test = AppTest.from_string(ALONE % "cohort", default_timeout=300)
    test.query_params["d"] = "nonsense"
    test.run()
    assert [one.message for one in test.exception] == []
    assert "no definition of a cohort" in test.error[0].value


def test_a_part_of_a_page_says_its_failure_in_a_sentence():
    test = AppTest.from_string(FAILING).run()
    assert [one.value for one in test.error] == ["nothing to show"] and not test.exception


def test_small_counts_are_hidden_until_the_policy_is_switched_off(page):
    hidden, exact = (
        next(b.proto.body for b in page("cohort", policy).get("html") if "mm-flow" in b.proto.body)
        for policy in ("cms11", "exact")
    )
    shown = [
        [int(cell.replace(",", "")) for cell in re.findall(r"<td>([\d,]+)</td>", text)]
        for text in (hidden, exact)
    ]
    assert all(count == 0 or (count >= 11 and count % 5 == 0) for count in shown[0])
    assert any(count % 5 for count in shown[1])


def test_the_curve_of_the_tried_cohort_is_that_of_the_study(page):
    asked = {"study": "cart_vs_pom", "endpoint": "hospitalization"}
    study = page("survival", "exact", cohort="cart_vs_pom_cart", **asked)
    rows = re.findall(r"<td>[^<]+</td>", " ".join(one.proto.body for one in study.get("html")))
    test = AppTest.from_string(ALONE % "survival", default_timeout=300)
    test.session_state["policy"] = "exact"
    test.session_state["definition"] = definition_of(warehouse_here().cursor(), "cart_vs_pom_cart")
    for name, value in (asked | {"cohort": "the cohort of the builder"}).items():
        test.query_params[name] = value
    tried = whole(test.run())
    assert tried.selectbox(key="cohort").value == "the cohort of the builder"
    own = re.findall(r"<td>[^<]+</td>", " ".join(one.proto.body for one in tried.get("html")))
    assert len(rows) > 5 and own == rows


@pytest.mark.parametrize("way", ["none", "matched", "overlap", "att", "ate"])
def test_two_arms_are_compared_as_asked(page, way):
    test = page(
        "survival", "exact", study="cart_vs_pom", cohort="cart_vs_pom_cart",
        endpoint="hospitalization", against="cart_vs_pom_pom", way=way,
    )  # fmt: skip
    assert test.selectbox(key="way").value == way
    assert "Hazard ratio, CAR-T to Pomalidomide" in text_of(test)


def test_landmark_horizon_group_and_competing_event_change_the_answer(page):
    asked = {"study": "long_term_followup", "endpoint": "relapse"}
    plain = text_of(page("survival", "exact", **asked))
    for name, value in (("landmark", "180"), ("horizon", "48"), ("competes", "False")):
        test = page("survival", "exact", **asked, **{name: value})
        assert not test.selectbox(key="competes").disabled and text_of(test) != plain, name
    test = page("survival", "exact", **asked | {"endpoint": "os"})
    assert test.selectbox(key="competes").disabled  # death forestalls nothing: no such event
    plain = text_of(test)
    groups = [one for one in test.selectbox(key="group").options if one != "all together"]
    assert groups and text_of(whole(test.selectbox(key="group").select_index(1).run())) != plain


def test_the_list_of_patients_is_filtered_and_gone_through(page):
    everybody = page("patient")
    infused = page("patient", cells="yes", lines="4")
    assert len(infused.selectbox(key="person").options) < len(
        everybody.selectbox(key="person").options
    )
    first = infused.selectbox(key="person").value
    on = next(one for one in infused.button if one.label == "Next")
    assert whole(on.click().run()).selectbox(key="person").value != first
    assert "a person's data" in text_of(infused)


def test_two_rule_sets_stand_side_by_side(page):
    test = page("lines", beside="registry", line="2")
    assert "«registry»" in text_of(test) and "Line 2 and what followed, «default»" in text_of(test)
    for _ in range(2):  # as it is made, and as it is kept
        tables = [one.proto.body for one in test.get("html") if "events / n" in one.proto.body]
        assert len(tables) == 2 and all(table.count("<tr><th>") > 1 for table in tables)
        whole(test.run())


def test_a_caliper_of_ones_own_changes_the_pairs(page):
    test = page("studies", "exact", study="cart_vs_pom")
    names = test.selectbox(key="analysis").options
    at = next(k for k, name in enumerate(names) if "CVP-O2" in name)
    test = whole(test.selectbox(key="analysis").select_index(at).run())
    before = text_of(test)
    assert text_of(whole(test.number_input(key="caliper").set_value(0.01).run())) != before


def test_another_rule_set_is_a_choice_where_its_warehouse_lies_in_the_folder(
    page, demo, tmp_path, monkeypatch
):
    assert "build --rule-set" in text_of(page("studies", "exact"))
    for name in ("mine.duckdb", "registry.duckdb"):
        shutil.copy(demo / "myelomart.duckdb", tmp_path / name)
    with duckdb.connect(str(tmp_path / "registry.duckdb")) as other:
        other.execute("update studies.study_rule_set set rule_set = 'registry'")
        other.execute("delete from studies.study_population where person_id % 2 = 0")
    for former, month in (("none.duckdb", 1), ("mine.duckdb", 2)):
        carry_on(tmp_path / "mine.duckdb", tmp_path / former, datetime(2026, month, 1))
    (tmp_path / "broken.duckdb").write_text("no database")
    monkeypatch.setenv(DATABASE, str(tmp_path / "mine.duckdb"))
    test = AppTest.from_string(ALONE % "studies", default_timeout=300)
    test.session_state["policy"] = "exact"
    test.query_params["study"] = "first_line_transplant"
    test.query_params["analysis"] = "first_line_transplant_baseline"
    before = text_of(whole(test.run()))
    assert test.selectbox(key="rules").options == ["default", "registry"]
    assert text_of(whole(test.selectbox(key="rules").select("registry").run())) != before
    told = text_of(whole(AppTest.from_string(ALONE % "quality", default_timeout=300).run()))
    assert "in each of 2 builds, from 2026-01-01 to 2026-02-01" in told and "█" in told


@pytest.mark.parametrize(
    ("path", "key", "options"),
    [("toxicity", "after", ["both", "car_t", "bispecific"]), ("toxicity", "term", ["crs", "icans"]),
     ("toxicity", "curves", ["markers", "recovery"]),
     ("quality", "by", ["domain", "source", "way", "dates"]), ("lines", "by", ["group", "regimen"]),
     ("codes", "set", ["visit_outpatient", "dexamethasone"])],
)  # fmt: skip
def test_each_choice_of_a_page_shows_something_else(page, path, key, options):
    told = []
    for option in options:
        test = page(path, "exact", **{key: option})
        bodies = "".join(one.proto.body for one in test.get("html"))
        told.append(bodies)
    assert len(set(told)) == len(options)


def test_starts_of_bispecifics_are_counted_beside_infusions(page):
    bodies = [one.proto.body for one in page("toxicity", "exact", after="bispecific").get("html")]
    drawn = [base64.b64decode(text).decode() for body in bodies
             for text in re.findall(r"base64,([^\"]+)", body)]  # fmt: skip
    named = next(svg for svg in drawn if "none recorded" in svg)
    query = "select distinct ingredient from core.drug_exposures where drug_class like '%bispec%'"
    rows = warehouse.rows(warehouse_here().cursor(), query)
    assert len(rows) > 3 and all(drug in named for (drug,) in rows)


def test_codes_are_counted_by_site_and_year(page):
    warehouse_here().kept.clear()
    page("codes", "exact", set="dexamethasone")
    (answer,) = [one for key, one in warehouse_here().kept.items() if key[0] == "code_sites"]
    query = (
        "select count(*) from core.clinical_events where event_type = 'coded' and event_code = ?"
    )
    days = warehouse.value(warehouse_here().cursor(), query, ["dexamethasone"])
    assert answer.rows["site"].nunique() > 1 and answer.rows["records"].sum() == days


def test_no_page_holds_a_table_of_its_own_clinical_rules():
    """What counts as a word of SQL in the questions is reading, never writing."""
    for file in (PACKAGE / "explore" / "queries").glob("*.sql"):
        text = file.read_text(encoding="utf-8")
        assert text.startswith("-- "), file.name
        assert not re.search(r"\b(insert|update|delete|drop|create|attach|copy)\b", text, re.I), (
            file
        )

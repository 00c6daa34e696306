"""The protocol says what the rows say, follows each change of them, and answers every item."""

import json
from dataclasses import fields, replace

import pytest

from myelomart import protocol, warehouse
from myelomart.errors import MyelomartError
from myelomart.protocol import NOT_STATED, Links
from myelomart.protocol.checklist import NO_OUTPUT
from myelomart.study import read_study, study_ids

OTHER = {"int": 7_321, "float": 7_321.5, "str": "zzother"}
ROWS = {  # part of a study: the columns whose every value the protocol must say
    "cohorts": ("label", "index_event_group", "index_occurrence", "index_offset_days",
                "index_from", "index_to"),
    "criteria": ("kind", "label", "window_start_days", "window_end_days", "event_group",
                 "characteristic", "value_number", "value_text", "min_count"),
    "covariates": ("label", "row_group", "event_group", "characteristic", "window_start_days",
                   "window_end_days", "anchor_event_group"),
    "endpoints": ("label", "row_group", "start_day", "horizon_days", "prior_until_day",
                  "tested_event_group", "negative_control_reason"),
    "rules": ("event_group", "value_number", "reason"),
    "strata": ("label", "characteristic", "value_number", "value_text"),
    "analyses": ("title", "output_id", "caliper", "seed", "landmark_day", "fewest_per_level"),
}  # fmt: skip
UNSAID = {  # where a column says nothing although it has a value, and why
    ("criteria", "window_start_days"): lambda one: one.event_group is None,
    ("criteria", "window_end_days"): lambda one: one.event_group is None,
    ("criteria", "min_count"): lambda one: one.event_group is None,
    ("covariates", "window_start_days"): lambda one: one.event_group is None,
    ("covariates", "window_end_days"): lambda one: one.event_group is None,
    ("endpoints", "prior_until_day"): lambda one: not one.excludes_prior,
    ("analyses", "caliper"): lambda one: one.population != "matched",
    ("analyses", "seed"): lambda one: one.population != "matched",
    ("analyses", "landmark_day"):
        lambda one: one.analysis_type not in ("ever_treated", "target_trial"),
    ("analyses", "fewest_per_level"):
        lambda one: not one.is_adjusted and one.analysis_type != "prognostic_factors",
}  # fmt: skip


@pytest.fixture(scope="module")
def studies(demo):
    with warehouse.database(demo / "myelomart.duckdb") as connection:
        return {name: read_study(connection, name) for name in study_ids(connection)}


def whole(study) -> str:
    return protocol.as_json(study)


def changed(study, part, position, **values):
    rows = list(getattr(study, part))
    rows[position] = replace(rows[position], **values)
    return replace(study, **{part: tuple(rows)})


def other(value):
    """Another value of the same kind, that stands nowhere else, and how it is printed."""
    if isinstance(value, bool):
        return not value, None
    if isinstance(value, int):
        return OTHER["int"], "7321"
    if isinstance(value, float):
        return OTHER["float"], "7321.5"
    return OTHER["str"], OTHER["str"]


def texts_of(study):
    """The text of each changed study: part, column, position, what must stand in it, the text."""
    for part, columns in ROWS.items():
        for column in columns:
            is_unsaid = UNSAID.get((part, column), lambda one: False)
            for position, one in enumerate(getattr(study, part)):
                value = getattr(one, column)
                if value is None or is_unsaid(one):
                    continue
                given, printed = other(value)
                yield (
                    part,
                    column,
                    position,
                    printed,
                    whole(changed(study, part, position, **{column: given})),
                )
                break  # one row of each column and study: the text is made the same way of all


def test_every_row_that_changes_changes_the_text(studies):
    seen = set()
    for study in studies.values():
        for part, column, position, printed, text in texts_of(study):
            assert printed in text, (study.study_id, part, column, position)
            seen.add((part, column))
    assert seen == {(part, column) for part, columns in ROWS.items() for column in columns}


@pytest.mark.parametrize("name", ["title", "question", "design", "caution", "rule_set"])
def test_what_a_study_says_of_itself_is_in_its_protocol(studies, name):
    for study in studies.values():
        assert "zzother" in whole(replace(study, **{name: "zzother"}))


def test_a_history_is_said_for_the_endpoints_that_ask_for_it(studies):
    all_of_them, some = (
        "persons with an earlier one left out",
        "persons who had the outcome earlier",
    )
    for study in studies.values():
        text = whole(asking(study, False))
        assert all_of_them not in text
        assert some not in text
    own = studies["cart_vs_pom"]
    assert len({one.excludes_prior for one in own.endpoints}) == 2
    assert some in whole(own)
    assert all_of_them not in whole(own)
    assert some not in whole(asking(own, True))
    assert all_of_them in whole(asking(own, True))


def asking(study, excludes_prior: bool):
    """``study``, each endpoint of which leaves earlier ones out, or does not."""
    endpoints = (replace(one, excludes_prior=excludes_prior) for one in study.endpoints)
    return replace(study, endpoints=tuple(endpoints))


def test_competing_and_censoring_rules_are_said_and_go_with_their_rows(studies):
    for study in studies.values():
        reasons = {one.reason for one in study.rules if one.role in ("competing", "censor")}
        text = whole(study)
        for reason in reasons:
            assert reason in text
        bare = replace(study, rules=tuple(r for r in study.rules if r.role == "event"))
        (table,) = part_of(bare, "outcomes").tables
        kinds = [row[2:4] for row in table.rows if len(row) > 1]
        assert kinds
        assert all(cells in (["–", "–"], ["", ""]) for cells in kinds)
        assert not any("competing:" in row[0] or "censored" in row[0] for row in table.rows)


def test_what_robustness_says_hangs_on_the_rows(studies):
    study = studies["cart_vs_pom"]
    one = next(a for a in study.analyses if a.analysis_type == "robustness")
    said = protocol.analysis_prose(study, one)
    assert "need a test" in said
    assert "Fine-Gray" in said
    assert "orders of matching" in said
    plain = replace(
        study,
        endpoints=tuple(replace(e, tested_event_group=None) for e in study.endpoints),
        rules=tuple(r for r in study.rules if r.role != "competing"),
    )
    unmatched = replace(one, population="all")
    said = protocol.analysis_prose(plain, unmatched)
    for phrase in ("need a test", "Fine-Gray", "orders of matching"):
        assert phrase not in said


def part_of(study, key):
    return next(part for part in protocol.sections(study) if part.key == key)


def test_matching_is_said_only_of_matched_arms(studies):
    none = part_of(studies["progression_patterns"], "adjustment").paragraphs
    assert none == ("No matching and no adjustment.",)
    _, weighted = part_of(studies["salvage_after_cart"], "adjustment").paragraphs
    assert "weighted by the inverse of the chance to follow the strategy" in weighted
    adjusted = " ".join(part_of(studies["first_line_transplant"], "adjustment").paragraphs)
    assert "in the model" in adjusted
    assert "matched" not in adjusted
    text = " ".join(part_of(studies["cart_vs_pom"], "adjustment").paragraphs)
    assert "0.1 pooled standard deviations of the propensity score" in text
    assert "fewer than 5 persons" in text


def test_the_specified_trial_stands_beside_its_emulation(studies):
    study = studies["cart_vs_pom"]
    (table,) = part_of(study, "target_trial").tables
    assert [row[0] for row in table.rows] == [
        "Eligibility", "Treatment strategies", "Assignment", "Time zero", "Follow-up", "Outcomes",
        "Causal contrast", "Analysis",
    ]  # fmt: skip
    assert all(cell and cell != NOT_STATED for row in table.rows for cell in row)
    (silent,) = part_of(replace(study, said={}), "target_trial").tables
    assert {row[1] for row in silent.rows} == {NOT_STATED}
    assert part_of(studies["evidence"], "target_trial").tables == ()


def test_every_item_of_every_guideline_is_answered_for_every_study(studies):
    for study in studies.values():
        parts = {part.key: part for part in protocol.sections(study)}
        for part in parts.values():
            texts = [*part.paragraphs, *(row[0] for one in part.tables for row in one.rows)]
            assert any(text.strip() for text in texts), part.key
        tables = parts["checklists"].tables
        assert [table.caption for table in tables] == ["HARPER", "STaRT-RWE", "STROBE", "RECORD"]
        rows = [row for table in tables for row in table.rows]
        assert len(rows) == len(study.items) > 80
        anchors = {f"#{part.anchor}" for part in parts.values()}
        anchors |= {f"#{one.analysis_id}" for one in study.analyses}
        for item_id, _, cell in rows:
            assert isinstance(cell, Links), item_id
            assert cell.places
            for words, to in cell.places:
                assert words
                assert to in anchors or words == NO_OUTPUT, (study.study_id, item_id, to)


def test_an_item_that_nothing_can_answer_is_named(studies):
    study = studies["evidence"]
    wrong = replace(study, items=(replace(study.items[0], answered_by="titel"),))
    with pytest.raises(MyelomartError, match="HARPER 1.1 is answered by «titel»"):
        protocol.sections(wrong)


def test_what_no_row_states_is_said_not_to_be_stated(studies):
    for study in studies.values():
        (table,) = part_of(study, "administration").tables
        *_, (said, lacking) = table.rows
        assert said == NOT_STATED.removesuffix(".") and "Registration" in lacking.split("; ")
        stated = replace(study, said=study.said | {"registration": "NCT00000000"})
        (table,) = part_of(stated, "administration").tables
        *others, (_, lacking) = table.rows
        assert dict(others)["Registration"] == "NCT00000000" and "Registration" not in lacking
        assert "Registration: NCT00000000" in whole(stated)


def test_every_event_group_of_the_rows_has_its_codes(studies):
    for study in studies.values():
        (table,) = part_of(study, "code_lists").tables
        headings = [row[0] for row in table.rows if len(row) == 1]
        assert headings
        below = [row for row in table.rows if len(row) > 1]
        assert all(row[2] != "–" for row in below if row[1] == "concept set")
        empty = [a for a, b in zip(table.rows, [*table.rows[1:], [""]], strict=True)
                 if len(a) == 1 and len(b) == 1]  # fmt: skip
        assert empty == []


def test_sources_are_said_as_they_say_themselves(studies):
    study = studies["evidence"]
    told = [{"source_name": "x", "database_name": "A register", "holder": None, "person_count": 3}]
    (table,) = next(p for p in protocol.sections(study, told) if p.key == "data_source").tables
    assert table.rows[0] == ["A register"]
    assert ["holder", "not stated"] in table.rows
    assert ["persons", "3"] in table.rows


def test_markdown_json_and_text_say_the_same(studies):
    for study in studies.values():
        told = json.loads(protocol.as_json(study))
        markdown, prose = protocol.as_markdown(study), protocol.as_prose(study)
        for part in told["parts"]:
            assert f"## {part['title']}" in markdown
            for paragraph in part["paragraphs"]:
                assert paragraph in markdown
                assert paragraph in prose
            for table in part["tables"]:
                for row in table["rows"]:
                    assert row[0].replace("|", "\\|") in markdown
                    assert row[0] in prose


def test_every_column_of_the_rows_is_said_or_has_its_reason():
    from myelomart import study as rows

    kinds = {
        "cohorts": rows.Cohort, "criteria": rows.Criterion, "covariates": rows.Covariate,
        "endpoints": rows.Endpoint, "rules": rows.Rule, "strata": rows.Stratum,
        "analyses": rows.Analysis,
    }  # fmt: skip
    names = {  # they name a row or are words with a meaning of their own, held by other tests
        "cohort_id", "arm", "step", "covariate_id", "value_kind", "is_adjusted_for", "summary",
        "endpoint_id", "excludes_prior", "role", "priority", "value_operator", "stratum_id",
        "analysis_id", "analysis_type", "treated_cohort_id", "comparator_cohort_id", "population",
        "adjustment", "caliper_scale", "match_order", "months_shown", "endpoint_ids",
        "counted_endpoint_ids", "published_curves", "group_covariate_id", "outcome_covariate_id",
        "group_endpoint_id",
        "row_groups", "summary_style",
    }  # fmt: skip
    for part, kind in kinds.items():
        columns = {one.name for one in fields(kind)}
        assert columns <= {*ROWS[part]} | names, part


def test_only_what_is_asked_again_is_a_sensitivity_analysis(studies):
    told = part_of(studies["cart_vs_pom"], "sensitivity").paragraphs
    assert [one.partition(" (CVP-")[0] for one in told] == [
        "Hazard ratios in the first year, time zero at apheresis",
        "Hazard ratios in the first year, time zero at lymphodepletion",
        "How far each hazard ratio can be trusted",
        "Death by each estimator",
        "Negative controls, and hazard ratios calibrated by them",
        "Hazard ratios in subgroups",
        "Hazard ratios in the first year, censored at the next T-cell therapy",
        "What imperfect codes and an unmeasured confounder could have done",
    ]
    panels = part_of(studies["progression_patterns"], "sensitivity").paragraphs
    assert panels == ("No analysis is repeated.",)


def test_what_one_arm_alone_asks_for_is_its_strategy_and_what_both_ask_for_is_eligibility(studies):
    (table,) = part_of(studies["cart_vs_pom"], "target_trial").tables
    emulated = {row[0]: row[2] for row in table.rows}
    assert "Aged 18 or more" in emulated["Eligibility"]
    assert "Pomalidomide before index" not in emulated["Eligibility"]
    assert "without: Pomalidomide before index" in emulated["Treatment strategies"]
    assert "Aged 18 or more" not in emulated["Treatment strategies"]


def test_comparisons_are_counted_from_the_rows(studies):
    study = studies["cart_vs_pom"]
    (told,) = part_of(study, "multiplicity").paragraphs
    assert (
        "CVP-O2 320" in told
    )  # 3 x 30 outcomes, 25, 1, 25, 25 x 5 subgroups, 46, 1 in every way, 6, 1
    fewer = replace(study, strata=study.strata[:1])
    assert "CVP-O2 220" in " ".join(part_of(fewer, "multiplicity").paragraphs)

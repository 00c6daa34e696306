"""One cohort out of a database: SQL that keeps the persons with a diagnosis of it."""

from __future__ import annotations

from collections.abc import Callable

from myelomart.errors import SourceError
from myelomart.project import seed
from myelomart.sources.database_tables import Found
from myelomart.warehouse import literal, quoted


def person_conditions(
    cohort: str | None,
    chosen: dict[str, Found],
    relation: Callable[[Found], str],
    columns_of: Callable[[Found], list[str]],
) -> str:
    """SQL that keeps the persons with a diagnosis of ``cohort``; '' without one.

    The net is as wide as `int_candidates` and wider: a code counts wherever it stands in the text.
    """
    if cohort is None:
        return ""
    if "condition_occurrence" not in chosen:
        raise SourceError(
            f"--cohort {cohort} needs the table condition_occurrence, which is not there: leave "
            "the option out."
        )
    members = _candidate_members(cohort)
    ids = ", ".join(sorted({row["concept_id"] for row in members if row["concept_id"]}, key=int))
    codes = sorted({_plain(row["code"]) for row in members})
    concepts = f"{ids or 'null'}"
    if "concept" in chosen:
        listed = ", ".join(literal(code) for code in codes)
        vocabularies = ", ".join(
            literal(one) for one in sorted({r["vocabulary_id"] for r in members})
        )
        concepts += (
            f") or {{column}} in (select concept_id from {relation(chosen['concept'])} "
            f"where vocabulary_id in ({vocabularies}) "
            f"and {_plain_sql('concept_code')} in ({listed})"
        )
    if "concept_ancestor" in chosen:
        concepts += (
            ") or {column} in (select descendant_concept_id from "
            f"{relation(chosen['concept_ancestor'])} where ancestor_concept_id in ({ids or 'null'})"
        )
    diagnoses = chosen["condition_occurrence"]
    tests = []
    for name in columns_of(diagnoses):
        if name.lower() in ("condition_concept_id", "condition_source_concept_id"):
            tests.append(f"{quoted(name)} in ({concepts.format(column=quoted(name))})")
        if name.lower() == "condition_source_value":
            tests += [
                f"{_plain_sql(quoted(name))} like {literal('%' + code + '%')}" for code in codes
            ]
    return (
        f" where person_id in (select person_id from {relation(diagnoses)} "
        f"where {' or '.join(tests) or 'false'})"
    )


def _candidate_members(cohort: str) -> list[dict[str, str]]:
    """The members of the concept sets that make somebody a candidate of ``cohort``."""
    sets = {
        row["concept_set_id"]
        for row in seed("clinical_rules/concept_set_roles")
        if row["algorithm"] == f"{cohort}_phenotype" and row["role"] == "candidate"
    }
    domains = {
        row["vocabulary_id"]
        for row in seed("clinical_rules/source_vocabularies")
        if row["domain"] == "condition"
    }
    return [
        row
        for row in seed("concept_sets/concept_set_members")
        if row["concept_set_id"] in sets
        and row["vocabulary_id"] in domains
        and row["is_placeholder"] == "false"
    ]


def _plain(code: str) -> str:
    return code.strip().upper().replace(".", "")


def _plain_sql(column: str) -> str:
    return f"replace(upper(trim({column})), '.', '')"

"""One cohort out of a database: SQL that keeps the persons with a diagnosis of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from myelomart.errors import SourceError
from myelomart.project import seed
from myelomart.sources.database_tables import Found

if TYPE_CHECKING:
    from myelomart.sources.databases.dialect import Dialect


def persons_with(
    cohort: str | None,
    chosen: dict[str, Found],
    dialect: Dialect,
    columns_of: Callable[[Found], list[str]],
) -> str:
    """SQL, in parentheses, for the persons with a diagnosis of ``cohort``; '' without one.

    The net is as wide as `int_candidates` and wider: a code counts wherever it stands in the text.
    """
    if cohort is None:
        return ""
    if "condition_occurrence" not in chosen:
        raise SourceError(
            f"--cohort {cohort} needs the table condition_occurrence, which is not there: leave "
            "the option out."
        )

    def named(one: Found, *names: str) -> list[str]:
        """Columns as their table writes them."""
        written = {name.lower(): dialect.quoted(name) for name in columns_of(one)}
        return [written.get(name, dialect.quoted(name)) for name in names]

    members = _candidate_members(cohort)
    ids = ", ".join(sorted({row["concept_id"] for row in members if row["concept_id"]}, key=int))
    codes = sorted({_plain(row["code"]) for row in members})
    concepts = f"{ids or 'null'}"
    if "concept" in chosen:
        concept = chosen["concept"]
        key, vocabulary, code = named(concept, "concept_id", "vocabulary_id", "concept_code")
        listed = ", ".join(dialect.literal(code) for code in codes)
        vocabularies = ", ".join(
            dialect.literal(one) for one in sorted({row["vocabulary_id"] for row in members})
        )
        concepts += (
            f") or {{column}} in (select {key} from {dialect.relation(concept)} "
            f"where {dialect.exact(vocabulary)} in ({vocabularies}) "
            f"and {dialect.plain(code)} in ({listed})"
        )
    if "concept_ancestor" in chosen:
        ancestors = chosen["concept_ancestor"]
        below, above = named(ancestors, "descendant_concept_id", "ancestor_concept_id")
        concepts += (
            f") or {{column}} in (select {below} from {dialect.relation(ancestors)} "
            f"where {above} in ({ids or 'null'})"
        )
    diagnoses = chosen["condition_occurrence"]
    tests = []
    for name in columns_of(diagnoses):
        column = dialect.quoted(name)
        if name.lower() in ("condition_concept_id", "condition_source_concept_id"):
            tests.append(f"{column} in ({concepts.replace('{column}', column)})")
        if name.lower() == "condition_source_value":
            text = dialect.plain(column)
            tests += [f"{text} like {dialect.literal('%' + code + '%')}" for code in codes]
    (person,) = named(diagnoses, "person_id")
    test = " or ".join(tests) or "1 = 0"
    return f"(select {person} from {dialect.relation(diagnoses)} where {test})"


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

"""The concepts that the generated rows need: real ids where known, own ids from 2,000,000,000 on.

Own concepts stand for source codes without a verified concept id, for clinical drugs below an
ingredient, and for standard concepts that no public list ties to an id. Each source code has a
'Maps to' row; each clinical drug descends from its ingredient in `concept_ancestor`.
"""

from functools import cache

import numpy as np
import pyarrow as pa

from myelomart_synthetic.constants import day_number, rows
from myelomart_synthetic.mrd import ASSAYS
from myelomart_synthetic.schema import as_table

FIRST_CONDITION, FIRST_DRUG, FIRST_PROCEDURE = 2_000_100_000, 2_000_200_000, 2_000_300_000
FIRST_MEASUREMENT, FIRST_FINDING = 2_000_400_000, 2_000_500_000
FIRST_MRD = 2_000_600_000
VERSION = "myelomart synthetic 1"
OWN = "Synthetic"


class Catalogue:
    """Concepts, mappings and ancestors gathered while the items are numbered."""

    def __init__(self) -> None:
        self.concepts: dict[int, tuple] = {}
        self.by_code: dict[tuple[str, str], int] = {}
        self.maps_to: list[tuple[int, int]] = []
        self.ancestors: list[tuple[int, int, int]] = []

    def concept(self, concept_id, name, domain, vocabulary, kind, standard, code) -> int:
        """Register a concept; a second one of the same vocabulary and code returns the first."""
        if (vocabulary, code) in self.by_code:
            return self.by_code[vocabulary, code]
        self.concepts.setdefault(
            concept_id, (concept_id, name, domain, vocabulary, kind, standard, code)
        )
        self.by_code[vocabulary, code] = concept_id
        if standard == "S":
            self.ancestors.append((concept_id, concept_id, 0))
        return concept_id

    def source(self, concept_id, name, domain, vocabulary, kind, code, target) -> int:
        """Register a source code that maps to a standard concept."""
        if not code:
            return 0
        known = (vocabulary, code) in self.by_code
        concept_id = self.concept(concept_id, name, domain, vocabulary, kind, None, code)
        if not known:
            self.maps_to.append((concept_id, target))
        return concept_id


def worded_tests() -> tuple[dict[str, str], ...]:
    """Tests whose result is Positive or Negative; their items follow those of labs.csv."""
    return (*rows("cytogenetics"), *rows("immunofixation"))


@cache
def catalogue() -> tuple[Catalogue, dict[str, np.ndarray]]:
    """The catalogue and, per item table, arrays of concept ids by item number."""
    book, ids = Catalogue(), {}
    conditions = []
    for number, row in enumerate(rows("conditions")):
        own = FIRST_CONDITION + 4 * number
        standard = int(row["concept_id"] or own + 2)
        kind = (row["concept_name"], "SNOMED", row["snomed"])
        if not row["concept_id"]:
            kind = (row["title"], OWN, f"C-{row['item']}")
        book.concept(standard, kind[0], "Condition", kind[1], "Disorder", "S", kind[2])
        ten = book.source(
            own, row["title"], "Condition", "ICD10CM", "ICD10 code", row["icd10cm"], standard
        )
        nine = book.source(
            own + 1, row["title"], "Condition", "ICD9CM", "ICD9 code", row["icd9cm"], standard
        )
        conditions.append((standard, ten or standard, nine))
    ids["conditions"] = np.array(conditions)
    drugs = []
    for number, row in enumerate(rows("drugs")):
        own = FIRST_DRUG + 4 * number
        ingredient = int(row["concept_id"] or own + 2)
        code = row["rxcui"] or str(ingredient)
        book.concept(ingredient, row["ingredient"], "Drug", "RxNorm", "Ingredient", "S", code)
        product = book.concept(
            own, row["product"], "Drug", OWN, "Clinical Drug", "S", f"D-{row['ingredient']}"
        )
        book.ancestors.append((ingredient, product, 1))
        source = book.source(
            own + 1,
            row["ingredient"],
            "Drug",
            row["source_vocabulary"],
            "HCPCS",
            row["source_code"],
            product,
        )
        drugs.append((product, source, ingredient))
    ids["drugs"] = np.array(drugs)
    procedures = []
    for number, row in enumerate(rows("procedures")):
        concept_id = int(row["concept_id"] or FIRST_PROCEDURE + number)
        domain = row["domain"].capitalize()
        source = book.concept(
            concept_id, row["title"], domain, row["vocabulary"], row["vocabulary"], "S", row["code"]
        )
        standard = source if book.concepts[source][5] == "S" else 0
        procedures.append((standard, source))
    ids["procedures"] = np.array(procedures)
    measurements = []
    for number, row in enumerate((*rows("labs"), *worded_tests())):
        concept_id = int(row["concept_id"] or FIRST_MEASUREMENT + number)
        measurements.append(
            book.concept(
                concept_id, row["title"], "Measurement", "LOINC", "Lab Test", "S", row["loinc"]
            )
        )
    ids["measurements"] = np.array(measurements)
    findings = []
    for number, row in enumerate(rows("findings")):
        concept_id = int(row["concept_id"] or FIRST_FINDING + number)
        findings.append(
            book.concept(
                concept_id,
                row["title"],
                "Observation",
                row["vocabulary"],
                "Clinical Observation",
                "S",
                row["code"],
            )
        )
    ids["findings"] = np.array(findings)
    ids["mrd"] = np.array(
        [
            book.concept(
                FIRST_MRD + number, f"residual disease: {code}", "Measurement", OWN, "Lab Test",
                "S", code,
            )
            for number, code in enumerate(ASSAYS)
        ]
    )  # fmt: skip
    for row in rows("labs"):
        for unit in ("unit", "alt_unit"):
            if row[unit]:
                book.concept(
                    int(row[f"{unit}_concept_id"]),
                    row[unit],
                    "Unit",
                    "UCUM",
                    "Unit",
                    "S",
                    row[unit],
                )
    for row in rows("fixed_concepts"):
        book.concept(
            int(row["concept_id"]),
            row["name"],
            row["domain"],
            row["vocabulary"],
            row["class"],
            "S",
            row["code"],
        )
    return book, ids


def vocabulary_tables() -> dict[str, pa.Table]:
    """The tables concept, concept_relationship, concept_ancestor and vocabulary."""
    book, _ = catalogue()
    concepts = sorted(book.concepts.values())
    first, last = day_number("1970-01-01"), day_number("2099-12-31")
    names = (
        "concept_id",
        "concept_name",
        "domain_id",
        "vocabulary_id",
        "concept_class_id",
        "standard_concept",
        "concept_code",
    )
    concept = dict(zip(names, map(list, zip(*concepts, strict=True)), strict=True))
    pairs = sorted(book.maps_to + [(c[0], c[0]) for c in concepts if c[5] == "S"])
    relation = {
        "concept_id_1": [a for a, _ in pairs] + [b for _, b in pairs],
        "concept_id_2": [b for _, b in pairs] + [a for a, _ in pairs],
        "relationship_id": ["Maps to"] * len(pairs) + ["Mapped from"] * len(pairs),
    }
    above, below, levels = map(list, zip(*sorted(set(book.ancestors)), strict=True))
    vocabularies = sorted({c[3] for c in concepts})
    dated = {"valid_start_date": first, "valid_end_date": last}
    return {
        "concept": as_table("concept", {**concept, **dated}, len(concepts)),
        "concept_relationship": as_table(
            "concept_relationship", {**relation, **dated}, 2 * len(pairs)
        ),
        "concept_ancestor": as_table(
            "concept_ancestor",
            {
                "ancestor_concept_id": above,
                "descendant_concept_id": below,
                "min_levels_of_separation": levels,
                "max_levels_of_separation": levels,
            },
            len(above),
        ),
        "vocabulary": as_table(
            "vocabulary",
            {
                "vocabulary_id": ["None", *vocabularies],
                "vocabulary_name": ["OMOP standardized vocabularies", *vocabularies],
                "vocabulary_reference": "generated",
                "vocabulary_version": VERSION,
                "vocabulary_concept_id": 0,
            },
            len(vocabularies) + 1,
        ),
    }

"""What an ATLAS concept set and our rows of a concept set say to each other.

An expression is ``{"items": [...]}``, an item a concept with three flags. includeDescendants is our
include_descendants. Excluded items are a set of their own that takes codes from the first
(concept_set_exclusions). includeMapped changes nothing here, since records are found by the
standard concept to which mapped codes lead; it is kept in the member's caveat and comes out again.
"""

SETS, MEMBERS = "concept_sets/concept_sets", "concept_sets/concept_set_members"
EXCLUSIONS = "clinical_rules/concept_set_exclusions"
EXCLUDED = "_excluded"  # what ends the name of the set of excluded items
MAPPED = "ATLAS includeMapped"
CATEGORIES = {
    "Condition": "condition", "Drug": "drug", "Procedure": "procedure", "Device": "device",
    "Measurement": "measurement", "Visit": "visit", "Gender": "demographic",
    "Race": "demographic", "Ethnicity": "demographic",
}  # by OMOP domain  # fmt: skip

"""How codes and names of sources are read, on a small CDM without a vocabulary of its own."""

import csv
from pathlib import Path

import pytest

from compiled_models import land_and_check
from myelomart import warehouse
from myelomart.sources.landing import Source

# what a drug record says, and the sets it stands for
DRUGS = {
    # a product of the NDC, whatever its package; the next product of the labeler is none of ours
    "57894050301": {"daratumumab"},
    "57894050399": {"daratumumab"},
    "57894050401": set(),
    "59572041028": {"lenalidomide"},
    # ATC and HCPCS up to 2026, and codes beside them
    "L01FC01": {"daratumumab"},
    "L01FC03": set(),
    "J9075": {"cyclophosphamide"},
    "J9078": set(),
    "J9601": {"linvoseltamab"},
    "J9054": {"bortezomib"},
    "Q5135": {"tocilizumab"},
    # names as whole words, the longest one alone
    "REVLIMID 25 MG ORAL CAPS": {"lenalidomide"},
    "Imnovid 4mg Hartkapseln": {"pomalidomide"},
    "DARZALEX FASPRO 1800-30000 MG-UT/15ML SC SOLN": {"daratumumab"},
    "melphalan flufenamide 20 mg": {"melphalan_flufenamide"},
    "MELPHALAN HCL 50 MG IV": {"melphalan"},
    "methylprednisolone 125 mg": {"methylprednisolone"},
    "DAUNORUBICIN 50 MG": set(),
    "TYENNE 200 MG/10ML IV SOLN": {"tocilizumab"},
    "equecabtagene autoleucel": {"bcma_car_t_other"},
    "zevorcabtagene autoleucel 1 bag": {"bcma_car_t_other"},
    # a vasopressor and a steroid are what goes into the blood
    "EPINEPHRINE 8 MG/250 ML IV SOLN": {"epinephrine"},
    "LIDOCAINE-EPINEPHRINE 1 %-1:100000 IJ SOLN": {"local_anesthetic"},
    "EPINEPHRINE 0.3 MG/0.3ML IJ AUTO-INJECTOR": {"self_injector"},
    "PHENYLEPHRINE-GUAIFENESIN 10-400 MG PO TAB": {"cold_remedy"},
    "DEXAMETHASONE 4 MG PO TAB": {"dexamethasone"},
    "DEXAMETHASONE 0.1 % OPHTHALMIC SUSP": set(),
    "PREDNISOLONE ACETATE 1 % OP SUSP EYE DROPS": set(),
    "METHYLPREDNISOLONE 40 MG WITH LIDOCAINE": {"local_anesthetic"},
    "arlocabtagene autoleucel": {"car_t_other_myeloma_target"},
}
DIAGNOSES = {
    "9732/3-C42.1": {"multiple_myeloma"},
    "9732/3": {"multiple_myeloma"},
    "M-9732/3": {"multiple_myeloma"},
    "9732/1": set(),
    "9731/3-C41.2": {"solitary_plasmacytoma"},
    "9733/3": {"plasma_cell_leukemia"},
    "9765/1": {"mgus"},
    "C90.22": {"extramedullary_plasmacytoma", "plasma_cell_relapse"},
    "C90.21": {"extramedullary_plasmacytoma"},
    "Z00.6": {"clinical_trial"},
    "780.60": {"fever"},
    "780.65": set(),
}
PROCEDURES = {
    "5A0935A": {"high_flow_oxygen"},
    "5A0935Z": set(),
    "96365": set(),
    "96366": set(),
    "J9999": {"unclassified_drug", "trial_drug"},
}
# concept ids of records whose own text is a site's
CONCEPTS = {
    437663: {"fever"},
    317002: {"hypotension"},
    437390: {"hypoxemia"},
    37151852: {"multiple_myeloma"},
}
INFUSED = "2023-01-10"
FEVER = "2023-01-12"


def write(folder: Path, table: str, columns: str, records: list[tuple]) -> None:
    """One CSV of the CDM."""
    with (folder / f"{table}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns.split())
        writer.writerows(records)


@pytest.fixture(scope="module")
def connection(models, tmp_path_factory):
    """A warehouse of seven persons: 1 has every code above, the others an infusion."""
    folder = tmp_path_factory.mktemp("codes")
    cdm = folder / "cdm"
    cdm.mkdir()
    people = range(1, 8)
    write(
        cdm, "person",
        "person_id gender_concept_id year_of_birth race_concept_id ethnicity_concept_id",
        [(person, 8507, 1955, 8527, 38003564) for person in people],
    )  # fmt: skip
    write(
        cdm, "observation_period",
        "observation_period_id person_id observation_period_start_date observation_period_end_date "
        "period_type_concept_id",
        [(person, person, "2019-01-01", "2025-12-31", 32817) for person in people],
    )  # fmt: skip
    conditions = [
        (person, 0, day, "C90.00") for person in people for day in ("2021-02-01", "2021-06-01")
    ]
    conditions += [(1, 0, "2024-03-01", code) for code in DIAGNOSES]
    conditions += [(1, concept, "2024-03-02", "SITE-TEXT") for concept in CONCEPTS]
    conditions += [(person, 437663, FEVER, "SITE-FEVER") for person in range(3, 8)]
    write(
        cdm, "condition_occurrence",
        "condition_occurrence_id person_id condition_concept_id condition_start_date "
        "condition_source_value condition_type_concept_id condition_source_concept_id",
        [(number, *record, 32817, 0) for number, record in enumerate(conditions, 1)],
    )  # fmt: skip
    drugs = [(1, "2024-03-01", text, "") for text in DRUGS]
    drugs += [(2, INFUSED, "ANITO-CEL 1 DOSE IV SUSP", "")]
    drugs += [(person, FEVER, "ACTEMRA 400 MG/20ML IV SOLN", "IV") for person in range(3, 8)]
    write(
        cdm, "drug_exposure",
        "drug_exposure_id person_id drug_exposure_start_date drug_source_value route_source_value "
        "drug_exposure_end_date drug_concept_id drug_type_concept_id drug_source_concept_id",
        [(number, *record, record[1], 0, 32818, 0) for number, record in enumerate(drugs, 1)],
    )  # fmt: skip
    procedures = [(1, "2024-03-01", code) for code in PROCEDURES]
    procedures += [(person, INFUSED, "XW033K7") for person in range(3, 8)]
    procedures += [(5, FEVER, "5A0935A"), (6, FEVER, "5A0935Z")]
    procedures += [(3, "2023-03-01", code) for code in ("J3489", "96365", "96366")]
    write(
        cdm, "procedure_occurrence",
        "procedure_occurrence_id person_id procedure_date procedure_source_value "
        "procedure_concept_id procedure_type_concept_id procedure_source_concept_id",
        [(number, *record, 0, 32817, 0) for number, record in enumerate(procedures, 1)],
    )  # fmt: skip
    flows = [(3, FEVER, 6.0), (4, FEVER, 6.5), (7, FEVER, 0.0)]
    write(
        cdm, "measurement",
        "measurement_id person_id measurement_date value_as_number measurement_source_value "
        "unit_source_value measurement_concept_id measurement_type_concept_id",
        [(number, *record, "3151-8", "L/min", 0, 32856) for number, record in enumerate(flows, 1)],
    )  # fmt: skip
    land_and_check([Source("cdm", str(cdm))], folder / "landing")
    database = folder / "codes.duckdb"
    assert models.over(folder / "landing").build(database) == []
    with warehouse.database(database) as opened:
        yield opened


def claimed(connection, domain: str, column: str = "source_code") -> dict[str, set[str]]:
    """Each code of a domain to the sets it stands for, those of the Charlson index apart."""
    found: dict[str, set[str]] = {}
    for code, concept_set in warehouse.rows(
        connection,
        f"""
        select source_codes.{column}, resolved.concept_set_id
        from intermediate.int_source_codes as source_codes
        left join intermediate.int_codes_resolved as resolved
            on source_codes.code_key = resolved.code_key
            and resolved.concept_set_id not like 'charlson_%'
        where source_codes.domain = ?
        """,
        [domain],
    ):
        found.setdefault(code, set())
        if concept_set is not None:
            found[code].add(concept_set)
    return found


@pytest.mark.parametrize(
    ("domain", "column", "expected"),
    [
        ("drug", "source_code", DRUGS),
        ("condition", "source_code", DIAGNOSES),
        ("condition", "concept_id", CONCEPTS),
        ("procedure", "source_code", PROCEDURES),
    ],
)
def test_a_code_stands_for_its_set_and_the_code_beside_it_does_not(
    connection, domain, column, expected
):
    found = claimed(connection, domain, column)
    assert {code: found[code] for code in expected} == expected


def test_a_product_known_by_name_only_is_an_infusion_against_bcma(connection):
    assert warehouse.rows(
        connection,
        """
        select cast(infusion_date as varchar), product, target from core.cell_therapies
        where person_id = 2
        """,
    ) == [(INFUSED, "other_bcma", "bcma")]


def test_more_than_six_litres_and_high_nasal_flow_are_grade_3_and_no_flow_is_no_oxygen(connection):
    grades = dict(
        warehouse.rows(
            connection,
            """
            select person_id, grade from core.adverse_events
            where term = 'crs' and person_id between 3 and 7
            """,
        )
    )
    assert grades == {3: 2, 4: 3, 5: 3, 6: 1, 7: 1}


def test_an_infusion_of_anything_is_no_immunoglobulin(connection):
    assert not warehouse.rows(
        connection,
        """
        select event_code from core.clinical_events
        where person_id = 3 and (event_code like '%ivig%' or event_code like '%immunoglobulin_rep%')
        """,
    )


def test_unclaimed_are_the_billing_codes_that_no_set_names_and_those_that_name_nothing(connection):
    unclaimed = {
        code: (found_by, persons, trials)
        for code, found_by, persons, trials in warehouse.rows(
            connection,
            """
            select source_code, found_by, person_count, trial_person_count
            from qc.codes_unclaimed
            """,
        )
    }
    assert unclaimed["J9999"] == ("a code that names no drug", 1, 1)
    assert unclaimed["J3489"] == ("a billing code of a drug", 1, 0)
    assert unclaimed["J9078"] == ("a billing code of a drug", 1, 1)
    assert "96365" not in unclaimed and "DAUNORUBICIN 50 MG" not in unclaimed

"""Bulk exports of FHIR with what servers write: each trap lands, or is set aside and counted."""

import csv
import gzip
import json
from pathlib import Path

import pytest
from landed import Landed

from myelomart.errors import SourceError
from myelomart.project import seed
from myelomart.quality import door
from myelomart.sources import fhir

LOINC, ICD = "http://loinc.org", "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED, RXNORM = "http://snomed.info/sct", "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
WHO = {"reference": "Patient/p1"}
NCIT = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"


def concept(system=None, code=None, display=None, **more):
    coding = {"system": system, "code": code, "display": display}
    return {"coding": [{name: value for name, value in coding.items() if value}]} | more


def resource(kind, number, **elements):
    return {"resourceType": kind, "id": f"{kind[0].lower()}{number}"} | elements


def patient(number=1, **elements):
    return resource("Patient", number, gender="female", birthDate="1950-03-02") | elements


def result(number, **elements):
    usual = {"status": "final", "subject": WHO, "effectiveDateTime": "2020-01-05"}
    return resource("Observation", number, code=concept(LOINC, "718-7")) | usual | elements


def diagnosis(number, **elements):
    usual = {"subject": WHO, "onsetDateTime": "2020-01-05", "code": concept(ICD, "C90.00")}
    return resource("Condition", number) | usual | elements


def dose(number, **elements):
    usual = {"status": "completed", "subject": WHO, "effectiveDateTime": "2020-01-05"}
    return resource("MedicationAdministration", number) | usual | elements


def write(folder, resources, name="1.resources.ndjson"):
    """The resources in one file, a patient before them where none is."""
    folder.mkdir(exist_ok=True)
    if not any(one["resourceType"] == "Patient" for one in resources):
        resources = [patient(), *resources]
    (folder / name).write_text("".join(json.dumps(one) + "\n" for one in resources))
    return folder


@pytest.fixture
def landed(tmp_path):
    def land_it(*resources, **options):
        return Landed(write(tmp_path / "bulk", resources), tmp_path / "landing", **options)

    return land_it


def reasons(landed):
    return sorted(landed.rows("rows_set_aside", "reason"))


def test_files_are_judged_by_their_lines_whatever_they_are_called(tmp_path):
    folder = tmp_path / "bulk"
    write(folder, [patient()], "Patient.000.ndjson")
    write(folder, [patient(2), result(1)], "mixed.ndjson")
    lines = "".join(json.dumps(result(number)) + "\n" for number in (2, 3)) + "\n"
    (folder / "1.Observation.ndjson.gz").write_bytes(gzip.compress(lines.encode()))
    write(folder, [patient(3), resource("Practitioner", 1)], "odd [1].ndjson")
    (folder / "Practitioner.ndjson").write_text(json.dumps(resource("Practitioner", 2)) + "\n")
    (folder / "manifest.json").write_text('{"transactionTime": "2021-01-01T00:00:00Z"}')
    found = Landed(folder, tmp_path / "landing")
    assert found.entry["format"] == "FHIR bulk export"
    assert found.rows("person") == [(3,)]
    assert found.rows("measurement") == [(3,)]
    files = found.rows("source_files", "table_name, file_name, is_read, reason")
    assert {file for table, file, *_ in files if table == "person"} == {
        "Patient.000.ndjson", "mixed.ndjson", "odd [1].ndjson",
    }  # fmt: skip
    assert {row[1:] for row in files if not row[2]} == {
        ("Practitioner.ndjson", False, "of the type Practitioner, which is not read"),
        ("manifest.json", False, "no file of resources"),
    }
    assert any("types that are not read: Practitioner 2" in line for line in found.said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"resourceType": "Patient", "id": "a"}\n{"resourceType": "Pat', "line 2 is no resource"),
        ('{"resourceType": "Bundle", "entry": []}\n', "holds Bundles"),
        ('{"resourceType": "Patient", "id": "a"}\n{"id": "b"}\n', "line 2 is no resource: it has"),
        ("\ufeff" + '{"resourceType": "Patient", "id": "a"}\n', "byte order mark"),
        ("", "is empty"),
    ],
)
def test_what_is_no_export_is_refused_with_its_line_and_nothing_of_it(tmp_path, content, said):
    folder = write(tmp_path / "bulk", [patient(1, name=[{"family": "Secret"}])])
    (folder / "2.ndjson").write_text(content)
    with pytest.raises(SourceError, match=said) as failure:
        Landed(folder, tmp_path / "landing")
    assert "2.ndjson" in str(failure.value)
    assert "Secret" not in str(failure.value)


def test_an_export_without_patients_is_refused(tmp_path):
    folder = tmp_path / "bulk"
    folder.mkdir()
    (folder / "Observation.ndjson").write_text(json.dumps(result(1)) + "\n")
    with pytest.raises(SourceError, match="has no Patient"):
        Landed(folder, tmp_path / "landing")


def test_a_folder_of_two_kinds_asks_which(tmp_path):
    folder = write(tmp_path / "bulk", [patient()])
    (folder / "person.csv").write_text("person_id,gender_concept_id,year_of_birth\n1,8507,1950\n")
    with pytest.raises(SourceError, match="holds an OMOP CDM and FHIR resources: say which with"):
        Landed(folder, tmp_path / "landing")
    assert Landed(folder, tmp_path / "landing", format="fhir").rows("person") == [(1,)]


def test_a_person_and_a_death_without_a_day(landed):
    extension = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
    race = [{"url": "ombCategory", "valueCoding": {"code": "2054-5"}}]
    found = landed(
        patient(1, birthDate="1950", deceasedBoolean=True),
        patient(2, birthDate="1951-06", deceasedDateTime="2021-03", gender="male"),
        patient(3, extension=[{"url": extension, "extension": race}], deceasedBoolean=False),
        patient(4, deceasedDateTime="2022-02-03T23:30:00-05:00"),
        patient(5, birthDate=None),
    )
    what = "year_of_birth, month_of_birth, day_of_birth, gender_concept_id, race_concept_id"
    assert sorted(found.rows("person", what), key=str) == [
        (1950, 3, 2, 8532, 0),
        (1950, 3, 2, 8532, 8516),
        (1950, None, None, 8532, 0),
        (1951, 6, None, 8507, 0),
    ]
    days = [day for (day,) in found.rows("death", "death_date::varchar")]
    assert sorted(days, key=str) == ["2022-02-03", None, None]
    assert reasons(found) == [("Patient.birthDate: it has none",)]


def test_a_day_is_the_writers_own_and_a_part_of_one_is_none(landed):
    found = landed(
        result(1, effectiveDateTime="2020-01-05T23:30:00-05:00"),
        result(2, effectiveDateTime="2020-01-05T00:00:00Z"),
        result(3, effectiveDateTime=None, effectivePeriod={"start": "2020-02-03"}),
        result(4, effectiveDateTime=None, effectiveInstant="2020-02-04T01:00:00.123+02:00"),
        result(5, effectiveDateTime="2020-05"),
        result(6, effectiveDateTime="2020"),
        diagnosis(1, onsetDateTime="2019", recordedDate="2020-06-07"),
    )
    days = [day for (day,) in found.rows("measurement", "measurement_date::varchar")]
    assert sorted(days) == ["2020-01-05", "2020-01-05", "2020-02-03", "2020-02-04"]
    when = found.rows("condition_occurrence", "condition_start_date::varchar")
    assert when == [("2020-06-07",)]
    assert reasons(found) == [("Observation.date: it gives no whole day",)] * 2


def test_a_point_in_time_of_utc_needs_the_zone_of_the_site(landed):
    late = result(1, effectiveDateTime="2020-01-06T03:30:00Z")
    with pytest.raises(SourceError, match=r"line 2, effectiveDateTime is a point .* --timezone"):
        landed(late)
    found = landed(late, timezone="America/New_York")
    assert found.rows("measurement", "measurement_date::varchar") == [("2020-01-05",)]


def test_what_a_resource_says_is_no_fact_is_set_aside_and_counted(landed):
    ver = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    found = landed(
        result(1),
        result(2, status="cancelled"),
        result(3, status="entered-in-error"),
        result(4, dataAbsentReason=concept(None, "not-performed")),
        result(5, modifierExtension=[{"url": "x", "valueBoolean": True}]),
        result(6, subject={"reference": "Group/1"}),
        diagnosis(1),
        diagnosis(2, verificationStatus=concept(ver, "refuted")),
        resource("Procedure", 1, status="not-done", subject=WHO, performedDateTime="2020-01-01"),
        resource("Encounter", 1, status="planned", subject=WHO, period={"start": "2020-01-01"}),
        dose(1, status="not-done"),
    )
    assert reasons(found) == [
        ("Condition.verificationStatus: it is refuted, and so no fact",),
        ("Encounter.status: it is planned, and so no fact",),
        ("MedicationAdministration.status: it is not-done, and so no fact",),
        ("Observation.dataAbsentReason: it is not-performed, and so no fact",),
        ("Observation.modifierExtension: it may change what the resource says",),
        ("Observation.status: it is cancelled, and so no fact",),
        ("Observation.status: it is entered-in-error, and so no fact",),
        ("Observation.subject: it names no patient",),
        ("Procedure.status: it is not-done, and so no fact",),
    ]
    account = found.account("measurement")
    assert (account["rows_in"], account["rows"], account["rows_set_aside"]) == (6, 1, 5)
    landed_and_not = [
        (account["rows_in"], account["rows"] + account["rows_set_aside"])
        for account in found.entry["tables"].values()
    ]
    assert all(come == gone for come, gone in landed_and_not)
    place = found.rows("rows_set_aside", "file_name, row_number, row_as_json like '%refuted%'")
    assert ("1.resources.ndjson", 9, True) in place
    again = Landed(found.entry["location"], found.landing)  # nothing is lost when nothing changed
    assert reasons(again) == reasons(found)


def test_only_what_cannot_be_placed_counts_as_unreadable(landed):
    found = landed(*[result(number, status="cancelled") for number in range(9)], result(9))
    checks = door.check(found.landing, {"sources": [found.entry]})["checks"]
    unreadable = {
        one["table"]: one["failing"] for one in checks if one["check"] == "rows_are_unreadable"
    }
    assert unreadable["measurement"] == 0
    found = landed(result(1, effectiveDateTime="2020"), result(2))
    checks = door.check(found.landing, {"sources": [found.entry]})["checks"]
    assert {
        one["failing"] for one in checks
        if one["check"] == "rows_are_unreadable" and one["table"] == "measurement"
    } == {1}  # fmt: skip


def test_values_of_every_kind(landed):
    amount = {"value": 0.2, "comparator": "<", "unit": "grams per dl", "system": UCUM}
    found = landed(
        result(1, valueQuantity=amount | {"code": "g/dL"}),
        result(2, valueCodeableConcept=concept(SNOMED, "260385009", "Négatif")),
        result(3, valueCodeableConcept=concept("urn:x", "7", "Faint band (finding)")),
        result(4, valueString="IgG kappa"),
        result(5, valueInteger=2),
        result(6, valueBoolean=False),
        result(7, dataAbsentReason=concept(None, "unknown")),
        result(8, interpretation=[concept(
            "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "POS")]),
        result(9, valueQuantity={"value": 5, "unit": "x"}, interpretation=[concept(None, "H")]),
    )  # fmt: skip
    what = "value_as_number, operator_concept_id, unit_source_value, value_source_value "
    rows = found.rows("measurement", what)
    assert sorted(rows, key=str) == sorted(
        [
            (0.2, 4171756, "g/dL", None),
            (None, None, None, "Negative"),
            (None, None, None, "Faint band"),
            (None, None, None, "IgG kappa"),
            (2.0, None, None, None),
            (None, None, None, "no"),
            (None, None, None, None),
            (None, None, None, "Positive"),
            (5.0, None, "x", None),
        ],
        key=str,
    )


def test_components_are_results_and_a_panel_without_a_value_is_none(landed):
    parts = [
        {"code": concept(LOINC, code), "valueQuantity": {"value": value}}
        for code, value in (("8480-6", 120), ("8462-4", 80))
    ]
    found = landed(
        result(1, code=concept(LOINC, "85354-9"), component=parts),
        result(2, code=concept(LOINC, "69548-6"), valueString="Present", component=parts[:1]),
    )
    rows = found.rows("measurement", "measurement_source_value, value_as_number")
    assert sorted(rows) == [
        ("69548-6", None),
        ("8462-4", 80.0),
        ("8480-6", 120.0),
        ("8480-6", 120.0),
    ]
    assert found.rows("measurement", "count(distinct measurement_id)") == [(4,)]


def test_a_report_of_observations_does_not_double_them(landed):
    report = {"status": "final", "subject": WHO, "effectiveDateTime": "2020-01-05"}
    found = landed(
        result(1),
        resource("DiagnosticReport", 1, code=concept(LOINC, "58410-2"), **report)
        | {"result": [{"reference": "Observation/o1"}]},
        resource(
            "DiagnosticReport", 2, code=concept(LOINC, "24627-2"), conclusion="no lesion", **report
        ),
    )
    rows = found.rows("measurement", "measurement_source_value, value_source_value")
    assert sorted(rows, key=str) == [("24627-2", "no lesion"), ("718-7", None)]
    assert reasons(found) == [("DiagnosticReport.result: it stands in Observations",)]


def test_orders_are_orders_and_doses_are_doses_wherever_the_drug_stands(landed):
    lenalidomide = concept(RXNORM, "342369", "lenalidomide")
    order = {"status": "active", "intent": "order", "subject": WHO, "authoredOn": "2020-02-01"}
    found = landed(
        resource("Medication", 1, code=lenalidomide),
        dose(1, medicationCodeableConcept=concept("urn:oid:9.9", "38241", text="Revlimid 25 mg")),
        dose(2, medicationReference={"reference": "https://x.org/fhir/Medication/m1/_history/2"}),
        dose(3, medicationReference={"reference": "#inside"},
             contained=[{"resourceType": "Medication", "id": "inside", "code": lenalidomide}]),
        dose(4, medicationReference={"reference": "Medication/gone", "display": "bortezomib"}),
        dose(5, medicationReference={"reference": "Medication/gone"}),
        resource("MedicationRequest", 1, medicationCodeableConcept=lenalidomide,
                 dispenseRequest={"expectedSupplyDuration": {"value": 21, "unit": "days"}},
                 **order),
        resource("MedicationRequest", 2, medicationCodeableConcept=lenalidomide, **order)
        | {"intent": "plan"},
        resource("MedicationDispense", 1, medicationCodeableConcept=lenalidomide, subject=WHO,
                 status="completed", whenHandedOver="2020-03-01", daysSupply={"value": 21},
                 quantity={"value": 42}),
        dose(6, medicationCodeableConcept=lenalidomide, effectiveDateTime=None,
             effectivePeriod={"start": "2020-04-01", "end": "2020-04-03"},
             statusReason=[concept("urn:x", "1", "toxicity")],
             dosage={"route": concept(SNOMED, "47625008", "Intravenous route")}),
    )  # fmt: skip
    what = (
        "drug_source_value, drug_type_concept_id, days_supply, quantity, stop_reason, "
        "route_source_value, drug_exposure_end_date::varchar"
    )
    named, nothing = "342369^lenalidomide", (None,) * 5
    assert sorted(found.rows("drug_exposure", what), key=str) == sorted(
        [
            ("other:38241^Revlimid 25 mg", 32818, *nothing),
            (named, 32818, *nothing),
            (named, 32818, *nothing),
            ("bortezomib", 32818, *nothing),
            (named, 32838, 21, None, None, None, None),
            (named, 32825, 21, 42.0, None, None, None),
            (named, 32818, None, None, "toxicity", "Intravenous route", "2020-04-03"),
        ],
        key=str,
    )
    assert reasons(found) == [
        ("MedicationAdministration.medication: it names none that is in the export",),
        ("MedicationRequest.intent: it is plan, and so no fact",),
    ]


def test_references_of_every_kind_find_their_patient(landed):
    uuid = "0a1b2c3d-0000-4000-8000-1234567890ab"
    found = landed(
        patient(1),
        patient(2) | {"id": uuid},
        result(1, subject={"reference": "https://x.org/r4/Patient/p1/_history/3"}),
        result(2, subject={"reference": f"urn:uuid:{uuid}"}),
        result(3, subject={"display": "somebody"}),
        result(4, encounter={"reference": "Encounter/e1"}),
        resource("Encounter", 1, status="finished", subject=WHO, period={"start": "2020-01-05"})
        | {
            "class": {"code": "IMP"},
            "hospitalization": {"dischargeDisposition": concept("urn:x", "exp", "Expired")},
        },
    )
    with_person = "count(*) filter (where person_id in (select unnest({})))"
    people = [number for (number,) in found.rows("person", "person_id")]
    assert found.rows("measurement", with_person.format(people)) == [(3,)]
    what = "visit_occurrence_id, visit_concept_id, discharged_to_source_value"
    visits = found.rows("visit_occurrence", what)
    assert visits[0][1:] == (9201, "exp")
    joined = found.rows(
        "measurement", f"count(*) filter (where visit_occurrence_id = {visits[0][0]})"
    )
    assert joined == [(1,)]
    assert reasons(found) == [("Observation.subject: it names no patient",)]


def test_a_resource_that_stands_twice_counts_once_and_the_newest_holds(landed):
    old, new = ({"meta": {"lastUpdated": f"{year}-01-01T00:00:00Z"}} for year in (2020, 2021))
    found = landed(result(1, valueInteger=2, **new), result(1, valueInteger=1, **old))
    assert found.rows("measurement", "value_as_number") == [(2.0,)]
    assert reasons(found) == [("Observation.id: the same resource stands again",)]


def test_the_coding_is_chosen_by_its_system_and_an_unknown_system_matches_nothing(landed):
    codings = [
        {"system": "urn:oid:1.2.3", "code": "77"},
        {"system": SNOMED, "code": "109989006"},
        {
            "system": "http://hl7.org/fhir/sid/icd-10-cm|2024",
            "code": "C90.00",
            "display": "Myeloma",
        },
    ]
    found = landed(
        diagnosis(1, code={"coding": codings}),
        diagnosis(2, code=concept("urn:oid:1.2.3", "C90.00")),
        diagnosis(3, code={"text": "multiple\nmyeloma"}),
        diagnosis(4, code=None),
    )
    codes = [code for (code,) in found.rows("condition_occurrence", "condition_source_value")]
    assert sorted(codes, key=str) == ["C90.00^Myeloma", None, "multiple myeloma", "other:C90.00"]


def test_what_mcode_says_of_myeloma(landed):
    histology = (
        "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior"
    )
    icdo = "http://terminology.hl7.org/CodeSystem/icd-o-3"
    survey = [concept("http://terminology.hl7.org/CodeSystem/observation-category", "survey")]
    found = landed(
        diagnosis(
            1,
            code=concept(SNOMED, "109989006"),
            bodySite=[concept(icdo, "C34.1")],
            extension=[{"url": histology, "valueCodeableConcept": concept(icdo, "9734/3")}],
        ),
        result(
            1, code=concept(LOINC, "97509-4"), valueCodeableConcept=concept(SNOMED, "271299001")
        ),
        result(
            2, code=concept(LOINC, "97509-4"), valueCodeableConcept=concept(SNOMED, "359746009")
        ),
        result(3, code=concept(NCIT, "C139007"), valueCodeableConcept=concept(NCIT, "C70659")),
        result(4, code=concept(LOINC, "89247-1"), valueInteger=1, category=survey),
    )
    codes = [code for (code,) in found.rows("condition_occurrence", "condition_source_value")]
    assert sorted(codes) == ["109989006", "9734/3-C34.1"]
    answers = found.rows("measurement", "measurement_source_value, value_source_value")
    assert sorted(answers) == [("ISS", "II"), ("MM-PD", "absent"), ("MM-PD", "present")]
    score = found.rows("observation", "observation_source_value, value_as_number")
    assert score == [("89247-1", 1.0)]


def test_codes_get_the_concepts_of_the_vocabulary(landed, tmp_path):
    folder = tmp_path / "vocabulary"
    folder.mkdir()
    header = (
        "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept"
    )
    header += "\tconcept_code\tvalid_start_date\tvalid_end_date\tinvalid_reason\n"
    days = "19700101\t20991231\t\n"
    (folder / "CONCEPT.csv").write_text(
        header
        + f"1\tMM\tCondition\tICD10CM\tcode\t\tC90.00\t{days}"
        + f"2\tMM\tCondition\tSNOMED\tDisorder\tS\t109989006\t{days}"
        + f"3\tlenalidomide\tDrug\tRxNorm\tIngredient\tS\tC90.00\t{days}"
    )
    (folder / "CONCEPT_RELATIONSHIP.csv").write_text(
        "concept_id_1\tconcept_id_2\trelationship_id\tvalid_start_date\tvalid_end_date\tinvalid_reason\n"
        f"1\t2\tMaps to\t{days}"
    )
    found = landed(diagnosis(1), vocabulary=str(folder))
    what = "condition_concept_id, condition_source_concept_id"
    assert found.rows("condition_occurrence", what) == [(2, 1)]


def test_every_row_has_its_source_and_every_vocabulary_is_one_of_the_concept_sets():
    tables = {
        path.name: list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        for path in Path(fhir.__file__).parent.glob("*.csv")
    }
    assert len(tables) == 4
    assert all(row["source"] for rows in tables.values() for row in rows)
    known = {row["vocabulary_id"] for row in seed("clinical_rules/source_vocabularies")}
    assert {row["vocabulary_id"] for row in tables["code_systems.csv"]} <= known
    for name in ("code_systems.csv", "code_names.csv"):  # as plain_system compares them
        assert all(row["system"] == row["system"].lower().rstrip("/") for row in tables[name])


def test_two_exports_are_two_sources(tmp_path):
    from myelomart.sources.landing import Source, land

    one = write(tmp_path / "one", [result(1)])
    other = write(tmp_path / "other", [result(1), result(2)])
    sources = [Source("one", str(one)), Source("other", str(other))]
    manifest = land(sources, tmp_path / "landing", lambda line: None)
    rows = [entry["tables"]["measurement"]["rows"] for entry in manifest["sources"]]
    assert rows == [1, 2]

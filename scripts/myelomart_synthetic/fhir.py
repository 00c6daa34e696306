"""Writes the synthetic network as a FHIR R4 bulk export with mCODE's profiles: NDJSON files.

`docs/fhir.md` lists what is lost on this way. Drugs by mouth are dispensed, with the order beside
those against myeloma; all others are given. Codes of the network itself have a system of our own.
"""

from __future__ import annotations

from pathlib import Path

from myelomart import warehouse
from myelomart.project import seed

BATCH = 20_000  # resources written at a time
# as mCODE's tumor markers: the monoclonal protein, free light chains, beta-2 microglobulin
TUMOR_MARKERS = ("33358-3", "36916-5", "33944-0", "48378-4", "1952-1", "42482-0")
TABLES = (
    "person", "death", "care_site", "visit_occurrence", "condition_occurrence", "drug_exposure",
    "procedure_occurrence", "measurement", "observation", "concept", "concept_ancestor",
)  # fmt: skip
MACROS = """
    create macro mcode(name) as
        {'profile': ['http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-' || name]};
    create macro us_core(name) as
        {'profile': ['http://hl7.org/fhir/us/core/StructureDefinition/us-core-' || name]};
    create macro refer(type, id) as {'reference': type || '/' || id};
    create macro system_of(vocabulary) as case vocabulary
        when 'ICD10CM' then 'http://hl7.org/fhir/sid/icd-10-cm'
        when 'ICD9CM' then 'http://hl7.org/fhir/sid/icd-9-cm'
        when 'ICD9Proc' then 'http://hl7.org/fhir/sid/icd-9-cm'
        when 'ICD10PCS' then 'http://www.cms.gov/Medicare/Coding/ICD10'
        when 'CPT4' then 'http://www.ama-assn.org/go/cpt'
        when 'HCPCS' then 'https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets'
        when 'LOINC' then 'http://loinc.org'
        when 'SNOMED' then 'http://snomed.info/sct'
        else 'urn:myelomart:local'
    end;
    create macro concept_of(vocabulary, code, words) as {
        'coding': [{'system': system_of(vocabulary), 'code': code, 'display': words}]
    };
    create macro answer(text) as case lower(text)
        when 'positive' then concept_of('SNOMED', '10828004', 'Positive')
        when 'negative' then concept_of('SNOMED', '260385009', 'Negative')
        when 'present' then concept_of('SNOMED', '52101004', 'Present')
        when 'absent' then concept_of('SNOMED', '2667000', 'Absent')
    end;
    create macro category(name) as [{'coding': [{
        'system': 'http://terminology.hl7.org/CodeSystem/observation-category', 'code': name
    }]}];
    create macro quantity(number, mark, ucum) as case when number is not null then {
        'value': number, 'comparator': mark, 'unit': ucum, 'code': ucum,
        'system': case when ucum is not null then 'http://unitsofmeasure.org' end
    } end;
    create macro us_core_extension(name, code, words) as {
        'url': 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-' || name,
        'extension': [
            {'url': 'ombCategory', 'valueCoding': {
                'system': 'urn:oid:2.16.840.1.113883.6.238', 'code': code
            }, 'valueString': null},
            {'url': 'text', 'valueCoding': null, 'valueString': words}
        ]
    };
    create macro ranges(low, high) as case when coalesce(low, high) is not null then [{
        'low': case when low is not null then {'value': low} end,
        'high': case when high is not null then {'value': high} end
    }] end;
    create macro period(first, last) as {'start': first::varchar, 'end': last::varchar};
    create view sources as
    select concept_id as source_id, vocabulary_id as vocabulary, concept_name as words from concept
"""
PATIENT = """
    select
        'Patient' as "resourceType",
        person_source_value as id,
        case when cancers.person_id is null then us_core('patient') else mcode('cancer-patient') end
            as meta,
        case gender_concept_id when 8507 then 'male' when 8532 then 'female' else 'unknown' end
            as gender,
        concat_ws('-', year_of_birth, lpad(month_of_birth::varchar, 2, '0'),
            lpad(day_of_birth::varchar, 2, '0')) as "birthDate",
        death_date::varchar as "deceasedDateTime",
        {'reference': 'Organization/' || care_site_id, 'display': care_site_name}
            as "managingOrganization",
        [
            us_core_extension('race', case race_concept_id when 8527 then '2106-3'
                when 8516 then '2054-5' when 8515 then '2028-9' when 8657 then '1002-5'
                when 8557 then '2076-8' end, race_source_value),
            us_core_extension('ethnicity', case ethnicity_concept_id when 38003563 then '2135-2'
                when 38003564 then '2186-5' end, ethnicity_source_value)
        ] as extension
    from person
    left join death using (person_id)
    left join care_site using (care_site_id)
    left join (select distinct person_id from cancers) as cancers using (person_id)
"""
ENCOUNTER = """
    select
        'Encounter' as "resourceType",
        visit_occurrence_id::varchar as id,
        us_core('encounter') as meta,
        'finished' as status,
        {'system': 'http://terminology.hl7.org/CodeSystem/v3-ActCode', 'code': case visit_concept_id
            when 9201 then 'IMP' when 9203 then 'EMER' else 'AMB' end} as class,
        refer('Patient', person_source_value) as subject,
        period(visit_start_date, visit_end_date) as period
    from visit_occurrence inner join person using (person_id)
"""
CONDITION = """
    select
        'Condition' as "resourceType",
        condition_occurrence_id::varchar as id,
        case when cancers.condition_occurrence_id is null
            then us_core('condition-encounter-diagnosis')
            else mcode('primary-cancer-condition') end as meta,
        {'coding': [{
            'system': 'http://terminology.hl7.org/CodeSystem/condition-ver-status',
            'code': 'confirmed'
        }]} as "verificationStatus",
        concept_of(vocabulary, condition_source_value, words) as code,
        refer('Patient', person_source_value) as subject,
        refer('Encounter', visit_occurrence_id) as encounter,
        condition_start_date::varchar as "onsetDateTime",
        condition_end_date::varchar as "abatementDateTime"
    from condition_occurrence
    inner join person using (person_id)
    left join sources on condition_source_concept_id = source_id
    left join cancers using (condition_occurrence_id)
"""
PROCEDURE = """
    select
        'Procedure' as "resourceType",
        procedure_occurrence_id::varchar as id,
        us_core('procedure') as meta,
        'completed' as status,
        concept_of(vocabulary, procedure_source_value, words) as code,
        refer('Patient', person_source_value) as subject,
        refer('Encounter', visit_occurrence_id) as encounter,
        period(procedure_date, coalesce(procedure_end_date, procedure_date)) as "performedPeriod"
    from procedure_occurrence
    inner join person using (person_id)
    left join sources on procedure_source_concept_id = source_id
"""
ADMINISTRATION = """
    select
        'MedicationAdministration' as "resourceType",
        drug_exposure_id::varchar as id,
        {related} as meta,
        'completed' as status,
        concept_of(vocabulary, drug_source_value, coalesce(words, drug_source_value))
            as "medicationCodeableConcept",
        refer('Patient', person_source_value) as subject,
        refer('Encounter', visit_occurrence_id) as context,
        period(drug_exposure_start_date, drug_exposure_end_date) as "effectivePeriod",
        {{'route': {{'text': route_source_value}}, 'dose': {{'value': quantity}}}} as dosage
    from drug_exposure
    inner join person using (person_id)
    left join sources on nullif(drug_source_concept_id, 0) = source_id
    where route_source_value != 'oral'
"""
MEDICATION = """
    select distinct
        'Medication' as "resourceType",
        drug_concept_id::varchar as id,
        us_core('medication') as meta,
        {'text': drug_source_value} as code
    from drug_exposure where route_source_value = 'oral'
"""
DISPENSE = """
    select
        'MedicationDispense' as "resourceType",
        drug_exposure_id::varchar as id,
        us_core('medicationdispense') as meta,
        'completed' as status,
        refer('Medication', drug_concept_id) as "medicationReference",
        refer('Patient', person_source_value) as subject,
        refer('Encounter', visit_occurrence_id) as context,
        drug_exposure_start_date::varchar as "whenHandedOver",
        quantity(days_supply, null, 'd') as "daysSupply",
        quantity(quantity, null, null) as quantity,
        [{'route': {'text': route_source_value}, 'timing': {'repeat': {
            'boundsPeriod': period(drug_exposure_start_date, drug_exposure_end_date)
        }}}] as "dosageInstruction"
    from drug_exposure inner join person using (person_id)
    where route_source_value = 'oral'
"""
REQUEST = """
    select
        'MedicationRequest' as "resourceType",
        'order-' || drug_exposure_id as id,
        mcode('cancer-related-medication-request') as meta,
        'completed' as status,
        'order' as intent,
        refer('Medication', drug_concept_id) as "medicationReference",
        refer('Patient', person_source_value) as subject,
        refer('Encounter', visit_occurrence_id) as encounter,
        drug_exposure_start_date::varchar as "authoredOn"
    from drug_exposure inner join person using (person_id)
    where route_source_value = 'oral' and drug_concept_id in (select drug_concept_id from agents)
"""
RESULT = """
    select
        'Observation' as "resourceType",
        'result-' || measurement_id as id,
        {tumor_marker} as meta,
        'final' as status,
        category(case when measurement_source_value in
            ('29463-7', '8310-5', '8480-6', '59408-5') then 'vital-signs' else 'laboratory' end)
            as category,
        -- a blood pressure is a panel, and its value stands in a component
        case when measurement_source_value = '8480-6'
            then concept_of('LOINC', '85354-9', 'Blood pressure panel')
            else concept_of(vocabulary, measurement_source_value, words) end as code,
        refer('Patient', person_source_value) as subject,
        refer('Encounter', visit_occurrence_id) as encounter,
        measurement_date::varchar as "effectiveDateTime",
        case when measurement_source_value != '8480-6'
            then quantity(value_as_number, mark, unit_source_value) end as "valueQuantity",
        answer(value_source_value) as "valueCodeableConcept",
        case when answer(value_source_value) is null then value_source_value end as "valueString",
        case when measurement_source_value = '8480-6' then [{{
            'code': concept_of(vocabulary, measurement_source_value, words),
            'valueQuantity': quantity(value_as_number, mark, unit_source_value),
            'referenceRange': ranges(range_low, range_high)
        }}] end as component,
        case when measurement_source_value != '8480-6' then ranges(range_low, range_high) end
            as "referenceRange"
    from measurement
    inner join person using (person_id)
    left join sources on measurement_source_concept_id = source_id
    left join (values (4171756, '<'), (4171754, '<='), (4171755, '>='), (4172704, '>'))
        as marks (operator_concept_id, mark) using (operator_concept_id)
"""
FINDING = """
    select
        'Observation' as "resourceType",
        'finding-' || observation_id as id,
        case observation_source_value
            when '89247-1' then mcode('ecog-performance-status')
            when 'MM-PD' then mcode('cancer-disease-status')
            else us_core('simple-observation')
        end as meta,
        'final' as status,
        category(case when observation_source_value like 'IMG-%' then 'imaging' else 'survey' end)
            as category,
        case observation_source_value
            when 'MM-PD' then concept_of('LOINC', '97509-4', 'Cancer disease progression')
            else concept_of(vocabulary, observation_source_value, words)
        end as code,
        refer('Patient', person_source_value) as subject,
        refer('Encounter', visit_occurrence_id) as encounter,
        observation_date::varchar as "effectiveDateTime",
        case when qualifier_source_value is not null then {'text': qualifier_source_value} end
            as "bodySite",
        case when value_as_number = trunc(value_as_number) then value_as_number::bigint end
            as "valueInteger",
        case when value_as_number != trunc(value_as_number)
            then quantity(value_as_number, null, unit_source_value) end as "valueQuantity",
        case
            when observation_source_value = 'MM-PD' and value_as_string = 'present'
                then concept_of('SNOMED', '271299001', 'Patient''s condition worsened (finding)')
            when observation_source_value = 'MM-PD' and value_as_string = 'absent'
                then concept_of('SNOMED', '359746009', 'Patient''s condition stable (finding)')
            else answer(value_as_string)
        end as "valueCodeableConcept",
        case when answer(value_as_string) is null then value_as_string end as "valueString"
    from observation
    inner join person using (person_id)
    left join sources on observation_source_concept_id = source_id
"""


def write_bulk(cdm: Path, target: Path) -> dict[str, int]:
    """Write the network's CDM of Parquet files in ``cdm`` to ``target``; the resources by file."""
    target.mkdir(parents=True, exist_ok=True)
    markers = ", ".join(warehouse.literal(code) for code in TUMOR_MARKERS)
    tumor_marker = (
        f"case when measurement_source_value in ({markers}) then mcode('tumor-marker-test') "
        "else us_core('observation-lab') end"
    )
    related = (
        "case when drug_concept_id in (select drug_concept_id from agents) "
        "then mcode('cancer-related-medication-administration') "
        "else us_core('medicationadministration') end"
    )
    files = {
        "Patient": PATIENT,
        "Encounter": ENCOUNTER,
        "Condition": CONDITION,
        "Procedure": PROCEDURE,
        "Medication": MEDICATION,
        "MedicationRequest": REQUEST,
        "MedicationDispense": DISPENSE,
        "MedicationAdministration": ADMINISTRATION.format(related=related),
        "Observation.000": RESULT.format(tumor_marker=tumor_marker),
        "Observation.001": FINDING,
    }
    with warehouse.scratch([cdm]) as connection:
        for table in TABLES:
            path = warehouse.literal(cdm / f"{table}.parquet")
            connection.execute(f"create view {table} as select * from read_parquet({path})")
        connection.execute(MACROS)
        _find_cancers_and_agents(connection)
        return {
            name: _write(connection, query, target / f"{name}.ndjson")
            for name, query in files.items()
        }


def _find_cancers_and_agents(connection) -> None:
    """The diagnoses and the drugs of mCODE's profiles: of myeloma, by the project's own seeds."""
    codes = {
        row["code"].replace(".", "")
        for row in seed("concept_sets/concept_set_members")
        if row["concept_set_id"].startswith("multiple_myeloma")
    }
    agents = {
        row["ingredient"]
        for row in seed("clinical_rules/drug_classes")
        if row["is_myeloma_specific"] == "true"
    }
    for name, query, names in (
        (
            "cancers",
            "select condition_occurrence_id, person_id from condition_occurrence "
            "where replace(condition_source_value, '.', '') in (select unnest(?))",
            codes,
        ),
        (
            "agents",
            "select distinct descendant_concept_id as drug_concept_id from concept_ancestor "
            "inner join concept on ancestor_concept_id = concept_id "
            "where replace(concept_name, ' ', '_') in (select unnest(?))",
            agents,
        ),
    ):
        connection.execute(f"create temp table {name} as {query}", [sorted(names)])


def _write(connection, query: str, path: Path) -> int:
    """Write each row of ``query`` as a resource on a line of its own, without what is missing."""
    cursor = connection.execute(
        f"""
        select regexp_replace(
            regexp_replace(to_json(resource)::varchar, ',"[A-Za-z]+":null', '', 'g'),
            '\\{{"[A-Za-z]+":null,?', '{{', 'g'
        )
        from ({query}) as resource
        """
    )
    count = 0
    with path.open("w", encoding="utf-8") as file:
        while batch := cursor.fetchmany(BATCH):
            file.writelines(f"{line}\n" for (line,) in batch)
            count += len(batch)
    return count

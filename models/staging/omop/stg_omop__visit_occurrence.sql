-- One row per record of a visit.

select
    cast(source_name as {{ dbt.type_string() }}) as source_name,
    cast(visit_occurrence_id as bigint) as visit_occurrence_id,
    cast(person_id as bigint) as source_person_id,
    cast(visit_concept_id as bigint) as visit_concept_id,
    cast(visit_start_date as date) as visit_start_date,
    cast(visit_end_date as date) as visit_end_date,
    cast(care_site_id as bigint) as care_site_id,
    cast(visit_source_value as {{ dbt.type_string() }}) as visit_source_value,
    cast(visit_source_concept_id as bigint) as visit_source_concept_id,
    cast(discharged_to_concept_id as bigint) as discharged_to_concept_id,
    cast(discharged_to_source_value as {{ dbt.type_string() }}) as discharged_to_source_value
from {{ landed('visit_occurrence') }}

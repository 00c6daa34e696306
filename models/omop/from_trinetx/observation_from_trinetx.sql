{{ config(materialized='ephemeral') }}
-- One row per fact of a TriNetX export that is charted and has no code of its own: what a tumor record says besides its
-- morphology, a line of chemotherapy as the network derived it, a property of a tumor or of an oncology treatment.
-- Definition: the source value names the fact (a stage by its own staging system, so that a stage of myeloma is found),
-- the value stands as text, and as number where it is one.
-- Limits: lines of therapy are derived here from drugs; the network's are kept to be compared, never used.

with tumors as (select * from {{ landed('trinetx_tumor', 'trinetx') }}),
lines as (select * from {{ landed('trinetx_chemo_lines', 'trinetx') }}),
tumor_properties as (select * from {{ landed('trinetx_tumor_properties', 'trinetx') }}),
treatments as (select * from {{ landed('trinetx_oncology_treatment', 'trinetx') }}),

facts as (

    select
        tumors.source_name,
        8 * tumors.row_id + tumor_facts.fact_number as observation_id,
        tumors.patient_id,
        coalesce(tumors.observation_date, tumors.diagnosis_date) as fact_date,
        case when tumor_facts.fact = 'stage' then tumors.stage_code_system else tumor_facts.fact end as fact,
        case tumor_facts.fact
            when 'stage' then tumors.stage_code
            when 'tumor site' then tumors.tumor_site_code
            when 'tumor size' then tumors.tumor_size
            when 'number of lymph nodes' then tumors.number_of_lymph_nodes
            when 'metastatic' then tumors.metastatic
        end as fact_value
    from tumors
    cross join (
        values
        (0, 'stage'),
        (1, 'tumor site'),
        (2, 'tumor size'),
        (3, 'number of lymph nodes'),
        (4, 'metastatic')
    ) as tumor_facts (fact_number, fact)
    union all
    select
        source_name,
        8 * row_id + 5 as observation_id,
        patient_id,
        start_date as fact_date,
        'line of chemotherapy' as fact,
        cast(line as {{ dbt.type_string() }}) as fact_value
    from lines
    union all
    select
        source_name,
        8 * row_id + 6 as observation_id,
        patient_id,
        property_date as fact_date,
        property as fact,
        property_value as fact_value
    from tumor_properties
    union all
    select
        source_name,
        8 * row_id + 7 as observation_id,
        patient_id,
        property_date as fact_date,
        property as fact,
        property_value as fact_value
    from treatments

),

observations as (

    select
        facts.source_name,
        facts.observation_id,
        {{ stable_number('facts.patient_id') }} as source_person_id,
        cast(0 as bigint) as observation_concept_id,
        facts.fact_date as observation_date,
        cast(null as bigint) as observation_type_concept_id,
        try_cast(facts.fact_value as double) as value_as_number,
        facts.fact_value as value_as_string,
        cast(null as bigint) as value_as_concept_id,
        cast(null as bigint) as qualifier_concept_id,
        cast(null as {{ dbt.type_string() }}) as qualifier_source_value,
        cast(null as bigint) as unit_concept_id,
        cast(null as bigint) as visit_occurrence_id,
        facts.fact as observation_source_value,
        cast(null as bigint) as observation_source_concept_id,
        cast(null as {{ dbt.type_string() }}) as unit_source_value,
        facts.fact_value as value_source_value
    from facts
    where facts.fact_value is not null

)

select * from observations

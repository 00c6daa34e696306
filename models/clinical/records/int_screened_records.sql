-- One row per record of a candidate, in any domain.
-- Definition: the union of the seven wide passes; code_key names what a record says (its concept, source concept and
-- source code), so that meaning is looked up once per code and not once per record.
-- Limits: a record without a date cannot be placed in time and is left out.

with records as (

    select * from {{ ref('int_screened_conditions') }}
    union all
    select * from {{ ref('int_screened_drugs') }}
    union all
    select * from {{ ref('int_screened_procedures') }}
    union all
    select * from {{ ref('int_screened_devices') }}
    union all
    select * from {{ ref('int_screened_measurements') }}
    union all
    select * from {{ ref('int_screened_observations') }}
    union all
    select * from {{ ref('int_screened_visits') }}

),

candidate_records as (

    select
        records.*,
        {{ row_hash(['source_name', 'domain', 'concept_id', 'source_concept_id', 'source_code']) }} as code_key
    from records

)

select * from candidate_records

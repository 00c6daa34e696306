-- One row per recorded dispensing, administration or order of a drug, from all sources. person_id is the person's
-- id in the marts; it costs nothing until it is read.

with records as (

    select * from {{ ref('stg_omop__drug_exposure') }}
    union all
    select * from {{ ref('drug_exposure_from_trinetx') }}

),

keyed as (

    select
        {{ person_key('source_name', 'source_person_id') }} as person_id,
        records.*
    from records

)

select * from keyed

-- One row per recorded device, from all sources. person_id is the person's id in the marts; it costs nothing until
-- it is read.

with records as (select * from {{ ref('stg_omop__device_exposure') }}),

keyed as (

    select
        {{ person_key('source_name', 'source_person_id') }} as person_id,
        records.*
    from records

)

select * from keyed

-- One row per source and delivery of its data, from all sources; delivery_number tells those of one source apart.

with deliveries as (select * from {{ ref('stg_omop__cdm_source') }}),

numbered_deliveries as (

    select
        deliveries.*,
        row_number() over (
            partition by source_name
            order by
                cdm_release_date nulls last,
                source_release_date nulls last,
                cdm_source_name nulls last,
                cdm_version nulls last,
                vocabulary_version nulls last
        ) as delivery_number
    from deliveries

)

select * from numbered_deliveries

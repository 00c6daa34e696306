{{ config(materialized='ephemeral') }}
-- One row per person and characteristic of the clone: heavy chain, light chain, whether it secretes too little to
-- follow.
-- Definition: the heavy chain as the diagnosis codes say it; the light chain that makes the free light chain ratio
-- abnormal; non- or oligosecretory when a code says so, or when serum or urine was tested and never reached the
-- measurable amounts of algorithms 4.1, nor free light chains (004:210 does not state its rule). Without a measurable
-- marker and without a known chain the light chain is none.
-- Limits: ICD-10-CM has no code for the heavy chain, so that most American sources leave it unknown.

with markers as (

    select
        markers.person_id,
        min(markers.marker_date) as first_date,
        bool_or(
            markers.serum >= {{ parameter('responses', 'measurable_serum') }}
            or markers.urine >= {{ parameter('responses', 'measurable_urine') }}
            or (
                chains.person_id is not null
                and greatest(markers.kappa_chains, markers.lambda_chains)
                >= {{ parameter('responses', 'measurable_flc') }}
            )
        ) as is_measurable
    from {{ ref('int_disease_markers') }} as markers
    left join {{ ref('int_involved_chains') }} as chains on markers.person_id = chains.person_id
    where markers.serum is not null or markers.urine is not null
    group by 1

),

codes as (select * from {{ ref('int_isotypes_coded') }}),

patients as (

    select
        patients.person_id,
        chains.involved_chain,
        coalesce(codes.is_nonsecretory, false) or not coalesce(markers.is_measurable, false) as is_unmeasurable,
        least(coalesce(codes.first_date, markers.first_date), coalesce(markers.first_date, codes.first_date))
            as first_date
    from {{ ref('int_myeloma_patients') }} as patients
    left join codes on patients.person_id = codes.person_id
    left join markers on patients.person_id = markers.person_id
    left join {{ ref('int_involved_chains') }} as chains on patients.person_id = chains.person_id
    where markers.person_id is not null or codes.is_nonsecretory

),

clone_characteristics as (

    select
        person_id,
        'heavy_chain' as name,
        cast(null as double) as value_number,
        heavy_chain as value_text,
        first_date as valid_from_date
    from codes
    where heavy_chain is not null
    union all
    select
        person_id,
        'light_chain' as name,
        cast(null as double) as value_number,
        coalesce(involved_chain, case when is_unmeasurable then 'none' end) as value_text,
        first_date as valid_from_date
    from patients
    union all
    select
        person_id,
        'is_non_or_oligosecretory' as name,
        case when is_unmeasurable then 1.0 else 0.0 end as value_number,
        cast(null as {{ dbt.type_string() }}) as value_text,
        first_date as valid_from_date
    from patients

)

select * from clone_characteristics

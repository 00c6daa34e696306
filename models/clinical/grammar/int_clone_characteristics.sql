{{ config(materialized='ephemeral') }}
-- One row per person and characteristic of the clone: heavy chain, light chain, whether it secretes too little to
-- follow.
-- Definition: the heavy chain as the diagnosis codes say it; the light chain that makes the free light chain ratio
-- abnormal; non- or oligosecretory when a code says so, or when serum or urine was tested and never reached the
-- measurable amounts of specification responses 4.1 (Kumar 2016), nor free light chains (specification studies D5.4
-- does not state its rule). Without a measurable marker and without a known chain the light chain is none.
-- Limits: ICD-10-CM has no code for the heavy chain, so that most American sources leave it unknown.

with patients as (select * from {{ ref('int_myeloma_patients') }}),
isotypes as (select * from {{ ref('int_isotypes_coded') }}),
involved_chains as (select * from {{ ref('int_involved_chains') }}),

marker_summaries as (

    select
        markers.person_id,
        min(markers.marker_date) as first_date,
        bool_or(
            markers.serum >= {{ parameter('responses', 'measurable_serum') }}
            or markers.urine >= {{ parameter('responses', 'measurable_urine') }}
            or (
                involved_chains.person_id is not null
                and greatest(markers.kappa_chains, markers.lambda_chains)
                >= {{ parameter('responses', 'measurable_flc') }}
            )
        ) as is_measurable
    from {{ ref('int_disease_markers') }} as markers
    left join involved_chains on markers.person_id = involved_chains.person_id
    where markers.serum is not null or markers.urine is not null
    group by 1

),

clones as (

    select
        patients.person_id,
        involved_chains.involved_chain,
        coalesce(isotypes.is_nonsecretory, false) or not coalesce(marker_summaries.is_measurable, false)
            as is_non_or_oligosecretory,
        least(
            coalesce(isotypes.first_date, marker_summaries.first_date),
            coalesce(marker_summaries.first_date, isotypes.first_date)
        ) as first_date
    from patients
    left join isotypes on patients.person_id = isotypes.person_id
    left join marker_summaries on patients.person_id = marker_summaries.person_id
    left join involved_chains on patients.person_id = involved_chains.person_id
    where marker_summaries.person_id is not null or isotypes.is_nonsecretory

),

clone_characteristics as (

    {{ characteristic_rows('isotypes', texts=['heavy_chain'], valid_from='first_date') }}
    union all
    {{ characteristic_rows(
        'clones',
        numbers=['is_non_or_oligosecretory'],
        texts={'light_chain': "coalesce(involved_chain, case when is_non_or_oligosecretory then 'none' end)"},
        valid_from='first_date',
        keeps_unknown=true,
    ) }}

)

select * from clone_characteristics

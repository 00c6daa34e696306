-- Every measured marker of the disease is looked at, once: no day of a marker is lost, no two days of it are merged, and
-- the values of serum and urine, marrow and imaging of the assessments are those that were measured. A row is one broken
-- promise.
with markers as (select * from {{ ref('int_disease_markers') }}),
markers_paired as (select * from {{ ref('int_markers_paired') }}),
assessments as (select * from {{ ref('int_disease_assessments') }}),

measured as (

    select
        person_id,
        count(serum) as serum_count,
        round(sum(serum), 6) as serum_sum,
        count(urine) as urine_count,
        round(sum(urine), 6) as urine_sum,
        count(marrow) as marrow_count,
        count(plasmacytoma) as plasmacytoma_count,
        count(has_serum_band) + count(has_urine_band) as finding_count,
        count(has_extramedullary) + count(has_paramedullary) + count(has_new_bone_lesion) as imaging_count
    from markers
    group by 1

),

assessed as (

    select
        person_id,
        count(serum) as serum_count,
        round(sum(serum), 6) as serum_sum,
        count(urine) as urine_count,
        round(sum(urine), 6) as urine_sum,
        count(marrow) as marrow_count,
        count(plasmacytoma) as plasmacytoma_count,
        count(has_serum_band) + count(has_urine_band) as finding_count,
        count(has_extramedullary) + count(has_paramedullary) + count(has_new_bone_lesion) as imaging_count
    from assessments
    group by 1

),

chain_days as (

    select
        person_id,
        sum(case when kappa_chains is not null then 1 else 0 end + case when lambda_chains is not null then 1 else 0 end)
            as chain_count
    from markers
    group by 1

),

paired_chain_days as (

    select
        person_id,
        sum(case when marker in ('kappa_chains', 'lambda_chains') then 1 else 0 end) as chain_count
    from markers_paired
    group by 1

),

broken as (

    select
        'a value that no assessment holds, or that several do' as promise,
        person_id,
        cast(null as date) as assessed_date
    from (
        select * from measured
        except
        select * from assessed
    ) as unequal
    union all
    select
        'a light chain that belongs to no assessment' as promise,
        chain_days.person_id,
        cast(null as date) as assessed_date
    from chain_days
    left join paired_chain_days on chain_days.person_id = paired_chain_days.person_id
    where chain_days.chain_count != coalesce(paired_chain_days.chain_count, 0)
    union all
    select
        'two days of a marker in one assessment' as promise,
        person_id,
        assessed_date
    from markers_paired
    group by person_id, marker, assessed_date
    having count(*) > 1
    union all
    select
        'markers paired over more days than the window' as promise,
        person_id,
        assessed_date
    from markers_paired
    where abs({{ days_between('marker_date', 'assessed_date') }}) > {{ parameter('responses', 'lab_window') }}

)

select * from broken

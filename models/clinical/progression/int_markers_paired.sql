-- One row per patient, laboratory marker of the disease and day on which it was measured, with its assessment.
-- Definition: two days of one marker are two assessments, however close; different markers pair by nearest day, at most
-- lab_window days apart (specification responses 4.2). What the disease is followed by leads and gives the assessment
-- its date: serum, then urine, as far as they were ever measurable, then the involved free light chain (kappa without
-- one), then what was never measurable. What finds no day to pair with keeps its own.
-- Limits: a marker that follows is dated up to lab_window days off its sample.

with markers as (select * from {{ ref('int_disease_markers') }}),
involved_chains as (select * from {{ ref('int_involved_chains') }}),

marker_days as (

    select
        markers.person_id,
        names.marker,
        markers.marker_date
    from markers
    cross join (
        values
        ('serum'), ('urine'), ('kappa_chains'), ('lambda_chains'), ('recorded_ratio'), ('serum_band'), ('urine_band')
    ) as names (marker)
    where
        case names.marker
            when 'serum' then markers.serum is not null
            when 'urine' then markers.urine is not null
            when 'kappa_chains' then markers.kappa_chains is not null
            when 'lambda_chains' then markers.lambda_chains is not null
            when 'recorded_ratio' then markers.recorded_ratio is not null
            when 'serum_band' then markers.has_serum_band is not null
            else markers.has_urine_band is not null
        end

),

measurable_proteins as (

    select
        person_id,
        coalesce(bool_or(serum >= {{ parameter('responses', 'measurable_serum') }}), false) as has_serum,
        coalesce(bool_or(urine >= {{ parameter('responses', 'measurable_urine') }}), false) as has_urine
    from markers
    group by 1

),

unpaired as (

    select
        marker_days.*,
        case marker_days.marker
            when 'serum'
                then case when measurable.has_serum then 1 when measurable.has_urine then 3 else 2 end
            when 'urine'
                then case when not measurable.has_urine then 3 when measurable.has_serum then 2 else 1 end
            when coalesce(involved_chains.involved_chain, 'kappa') || '_chains'
                then
                    1 + case when measurable.has_serum then 1 else 0 end
                    + case when measurable.has_urine then 1 else 0 end
        end as lead_number,
        cast(null as date) as assessed_date
    from marker_days
    inner join measurable_proteins as measurable on marker_days.person_id = measurable.person_id
    left join involved_chains on marker_days.person_id = involved_chains.person_id

),

paired_with_first as (

    {{ paired_with_nearest('unpaired', 1) }}

),

paired_with_second as (

    {{ paired_with_nearest('paired_with_first', 2) }}

),

paired_with_third as (

    {{ paired_with_nearest('paired_with_second', 3) }}

),

markers_paired as (

    select
        person_id,
        marker,
        marker_date,
        coalesce(assessed_date, marker_date) as assessed_date
    from paired_with_third

)

select * from markers_paired

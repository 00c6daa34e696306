-- One row per patient and start of a T-cell-engaging therapy: an infusion, or the first dose of a bispecific
-- antibody.
-- Definition: CRS and ICANS are looked for from the anchor to crs_to days after an infusion and bispecific_to days
-- after the first dose of a bispecific, which covers its step-up doses (specification toxicity 8.3).

with cell_therapies as (select * from {{ ref('cell_therapies') }}),
drug_exposures as (select * from {{ ref('drug_exposures') }} where drug_class like '%bispecific%'),
patients as (select * from {{ ref('patients') }}),

starts as (

    select
        person_id,
        infusion_date as anchor_date,
        {{ parameter('adverse_events', 'crs_to') }} as window_to
    from cell_therapies
    union all
    select
        person_id,
        min(start_date) as anchor_date,
        {{ parameter('adverse_events', 'bispecific_to') }} as window_to
    from drug_exposures
    group by person_id, ingredient

),

toxicity_time_zeros as (

    select
        starts.person_id,
        starts.anchor_date,
        cast(max(starts.window_to) as integer) as window_to,
        patients.death_date
    from starts
    inner join patients on starts.person_id = patients.person_id
    group by starts.person_id, starts.anchor_date, patients.death_date

)

select * from toxicity_time_zeros

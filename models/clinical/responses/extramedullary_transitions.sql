-- One row per patient and infusion with a progression: from which state of soft-tissue disease to which.
-- Definition: extramedullary_states at baseline and at progression, side by side (specification progression 5.4: four
-- states and unknown).

with states as (select * from {{ ref('extramedullary_states') }}),

extramedullary_transitions as (

    select
        later.person_id,
        later.infusion_date,
        earlier.state as baseline_state,
        later.state as progression_state
    from states as later
    inner join states as earlier
        on
            later.person_id = earlier.person_id
            and later.infusion_date = earlier.infusion_date
            and earlier.time_point = 'baseline'
    where later.time_point = 'progression'

)

select * from extramedullary_transitions

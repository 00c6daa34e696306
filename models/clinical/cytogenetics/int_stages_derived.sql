-- One row per patient, anchor (diagnosis, infusion) and day staged: ISS, R-ISS and R2-ISS.
-- Definition: specification cytogenetics 12.3 (Greipp 2005; Palumbo 2015; D'Agostino 2022), with what of the
-- cytogenetics was known by 90 days after the day. A missing component leaves the stage null unless the others settle
-- it: ISS II is R-ISS II whatever else, ISS III with one adverse factor is R-ISS III.
-- Limits: the points of R2-ISS were taken from abstracts (specification cytogenetics 12.3, Greipp 2005, Palumbo 2015,
-- D'Agostino 2022).

with labs as (select * from {{ ref('int_staging_labs') }}),
states as (select * from {{ ref('int_cytogenetic_states') }}),

ranked_states as (

    select
        labs.*,
        states.del_17p,
        states.t_4_14,
        states.t_14_16,
        states.gain_1q21,
        labs.ldh > labs.ldh_upper_limit as is_ldh_high,
        row_number() over (
            partition by labs.person_id, labs.anchor, labs.anchor_date order by states.valid_from_date desc nulls last
        ) as recency
    from labs
    left join states
        on
            labs.person_id = states.person_id
            and states.valid_from_date
            <= labs.anchor_date + cast({{ parameter('cytogenetics', 'baseline_days') }} as integer)

),

iss as (

    select
        ranked_states.*,
        del_17p or t_4_14 or t_14_16 as is_adverse,
        case
            when beta_2_microglobulin >= {{ parameter('staging', 'iss_high_beta_2_microglobulin') }} then 3
            when beta_2_microglobulin >= {{ parameter('staging', 'iss_low_beta_2_microglobulin') }} then 2
            when beta_2_microglobulin is null then null
            when albumin >= {{ parameter('staging', 'iss_albumin') }} then 1
            when albumin is not null then 2
        end as iss_stage
    from ranked_states
    where recency = 1

),

stages as (

    select
        iss.*,
        case
            when iss_stage = 2 then 2
            when iss_stage = 1 and not is_adverse and not is_ldh_high then 1
            when iss_stage = 1 and (is_adverse or is_ldh_high) then 2
            when iss_stage = 3 and (is_adverse or is_ldh_high) then 3
            when iss_stage = 3 and not is_adverse and not is_ldh_high then 2
        end as r_iss_stage,
        case iss_stage when 1 then 0.0 when 2 then 1.0 when 3 then 1.5 end
        + case when del_17p then 1.0 when not del_17p then 0.0 end
        + case when is_ldh_high then 1.0 when not is_ldh_high then 0.0 end
        + case when t_4_14 then 1.0 when not t_4_14 then 0.0 end
        + case when gain_1q21 then 0.5 when not gain_1q21 then 0.0 end as r2_iss_points
    from iss

),

stages_derived as (

    select
        person_id,
        anchor,
        anchor_date,
        iss_stage,
        r_iss_stage,
        case
            when r2_iss_points = 0 then 1
            when r2_iss_points <= 1 then 2
            when r2_iss_points <= 2.5 then 3
            when r2_iss_points > 2.5 then 4
        end as r2_iss_stage
    from stages

)

select * from stages_derived

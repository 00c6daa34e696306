-- One row per person and day on which it may change: the simplified frailty scale.
-- Definition: algorithms 10.2 (FIRST trial; Facon 2020). Age up to 75 is 0, 76 to 80 is 1, above 2; Charlson index up
-- to 1 is 0, above 1; ECOG 0 is 0, 1 is 1, 2 and more is 2. Frail from 2 points on. Without ECOG: frail when the
-- others make 2,
-- else unknown; frailty_no_ecog is what age and Charlson index make alone. is_older_comorbid: 70 or more with an index
-- of 2 or more (algorithms 10.4).

with history as (select * from {{ ref('int_frailty_history') }}),

pointed as (

    select
        history.*,
        case when age <= 75 then 0 when age <= 80 then 1 when age > 80 then 2 end
        + case when charlson_index <= 1 then 0 when charlson_index > 1 then 1 end as points_without_ecog,
        case when ecog = 0 then 0 when ecog = 1 then 1 when ecog >= 2 then 2 end as ecog_points
    from history

),

frailty_scored as (

    select
        person_id,
        valid_from_date,
        age,
        charlson_index,
        ecog,
        points_without_ecog + ecog_points as frailty_score,
        points_without_ecog as frailty_no_ecog,
        case
            when points_without_ecog >= 2 then true
            else points_without_ecog + ecog_points >= 2
        end as is_frail,
        age >= 70 and charlson_index >= 2 as is_older_comorbid
    from pointed

)

select * from frailty_scored

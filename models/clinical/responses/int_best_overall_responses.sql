-- One row per patient and line of therapy with an assessment: what its unconfirmed responses come to.
-- Definition: the deepest relaxed one up to the first confirmed progression (algorithms 4.3 rule 8); the point nearest
-- day 90 in [60, 120], and the best up to day 120 (rule 7); residual disease by any assay, and by one of at most
-- mrd_sensitivity in a complete response, sustained when two negatives are mrd_sustained_days apart (rule 9).

with points as (

    select
        point_responses.*,
        {{ days_between('index_date', 'assessed_date') }} as assessed_day
    from {{ ref('int_overall_responses') }} as point_responses
    where not is_after_line

),

credits as (select * from {{ ref('int_confirmed_best_responses') }}),

line_points as (

    select
        points.person_id,
        points.line_number,
        max(
            case
                when credits.progression_date is null or points.assessed_date <= credits.progression_date
                    then points.relaxed_depth
            end
        ) as relaxed_depth,
        min_by(
            points.depth,
            case
                when
                    points.depth is not null
                    and points.assessed_day between {{ parameter('responses', 'day90_from') }}
                    and {{ parameter('responses', 'day90_to') }}
                    then abs(points.assessed_day - {{ parameter('responses', 'day90') }}) * 1000 + points.assessed_day
            end
        ) as day90_depth,
        max(case when points.assessed_day <= {{ parameter('responses', 'day90_to') }} then points.depth end)
            as day90_best_depth,
        bool_or(case when points.has_residual_disease is not null then not points.has_residual_disease end)
            as is_mrd_negative_any,
        bool_or(
            case
                when points.has_residual_disease is not null
                    then
                        not points.has_residual_disease and points.depth >= 5
                        and points.residual_disease_sensitivity <= {{ parameter('responses', 'mrd_sensitivity') }}
            end
        ) as is_mrd_negative,
        {{ days_between(
            'min(case when not points.has_residual_disease then points.assessed_date end)',
            'max(case when not points.has_residual_disease then points.assessed_date end)'
        ) }} >= {{ parameter('responses', 'mrd_sustained_days') }} as is_mrd_sustained
    from points
    left join credits on points.person_id = credits.person_id and points.line_number = credits.line_number
    group by 1, 2

)

select * from line_points

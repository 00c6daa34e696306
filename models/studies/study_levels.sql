-- One row per named level that tables show in a fixed order: responses from the deepest, treatment groups in the order
-- in which a line is assigned to them. is_response and is_deep_response say what a response counts as.

with response_categories as (

    select * from {{ ref('response_categories') }}

),

therapy_groups as (

    select * from {{ ref('therapy_groups') }}

),

study_levels as (

    select
        'response' as level_kind,
        response as level,
        cast(-depth as integer) as sort_order,
        is_response,
        is_deep_response
    from response_categories
    union all
    select
        'salvage' as level_kind,
        salvage_label as level,
        cast(min(precedence) as integer) as sort_order,
        cast(null as boolean) as is_response,
        cast(null as boolean) as is_deep_response
    from therapy_groups
    group by salvage_label

)

select * from study_levels

-- One row per named level that tables show in a fixed order: responses from the deepest, treatment groups in the order
-- of the published table, some of them part of another. is_response and is_deep_response say what a response counts as.

with response_categories as (select * from {{ ref('response_categories') }}),
treatment_rows as (select * from {{ ref('treatment_rows') }}),

study_category_order as (

    select
        'response' as level_kind,
        response as level,
        cast(-response_rank as integer) as sort_order,
        cast(null as string) as part_of,
        is_response,
        is_deep_response
    from response_categories
    union all
    select
        'salvage' as level_kind,
        treatment_row as level,
        sort_order,
        part_of,
        cast(null as boolean) as is_response,
        cast(null as boolean) as is_deep_response
    from treatment_rows

)

select * from study_category_order

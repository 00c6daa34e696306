-- One row per number that the source documents print of their own results, for comparison beside ours.

with published_results as (

    select * from {{ ref('published_results') }}

),

study_published as (

    select *
    from published_results
    where result_origin = 'own' and repeat_of is null

)

select * from study_published

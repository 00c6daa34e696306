-- One row per number that the source documents cite of other studies: the benchmarks. Never an input to a result of
-- ours; what is printed twice stands once.

with published_results as (

    select * from {{ ref('published_results') }}

),

study_evidence as (

    select *
    from published_results
    where result_origin = 'cited' and repeat_of is null

)

select * from study_evidence

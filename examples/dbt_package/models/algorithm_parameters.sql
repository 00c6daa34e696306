-- One row per rule set and parameter: those of myelomart and ours. Its models find this one first, for a project's own name wins.
with

theirs as (select * from {{ ref('myelomart', 'algorithm_parameters') }}),

ours as (select * from {{ ref('our_parameters') }}),

both_of_them as (
    select * from theirs
    union all
    select * from ours
)

select * from both_of_them

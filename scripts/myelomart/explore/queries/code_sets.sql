-- Every concept set: what it means, how many codes it has, and how many records it found.
with members as (
    select concept_set_id, count(*) as codes, count(*) filter (where not is_verified) as unverified
    from concept_sets.concept_set_members
    group by concept_set_id
),

found as (
    select concept_set_id, sum(record_count) as records
    from qc.codes_by_year
    group by concept_set_id
)

select
    sets.concept_set_id as set_id,
    sets.clinical_scope as meaning,
    sets.categories,
    sets.status,
    members.codes,
    members.unverified,
    coalesce(found.records, 0) as records,
    sets.citation
from concept_sets.concept_sets as sets
left join members on sets.concept_set_id = members.concept_set_id
left join found on sets.concept_set_id = found.concept_set_id
order by sets.concept_set_id

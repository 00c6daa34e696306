-- Every fact of the export in one shape, whatever resource it comes from, and the concepts that the source's vocabulary
-- has for its code. Without a vocabulary the models look the code up themselves. A code with several standard concepts
-- keeps its own alone: the models follow all of them.

create view facts as
select
    *,
    resource_type || '/' || record || case when part > 0 then '#' || part else '' end as key
from (
    select * from no_facts
    union all by name select * from encounters
    union all by name select * from conditions
    union all by name select * from procedures
    union all by name select * from drugs
    union all by name select * from results
);

create temp table concepts_of_codes as
with codes as (
    select distinct vocabulary_id, code from facts where refusal is null and vocabulary_id is not null
)
select
    codes.vocabulary_id,
    codes.code,
    min(concepts.concept_id) as source_concept_id,
    case when count(distinct relationships.concept_id_2) = 1 then min(relationships.concept_id_2) else 0 end
        as standard_concept_id
from codes
inner join vocabulary_concepts as concepts
    on codes.vocabulary_id = concepts.vocabulary_id and upper(codes.code) = upper(concepts.concept_code)
left join vocabulary_relationships as relationships
    on concepts.concept_id = relationships.concept_id_1 and relationships.relationship_id = 'Maps to'
group by 1, 2;

create view coded as
select
    facts.*,
    coalesce(concepts_of_codes.source_concept_id, 0) as source_concept_id,
    coalesce(concepts_of_codes.standard_concept_id, 0) as standard_concept_id
from facts
left join concepts_of_codes
    on facts.vocabulary_id = concepts_of_codes.vocabulary_id and facts.code = concepts_of_codes.code
where facts.refusal is null;

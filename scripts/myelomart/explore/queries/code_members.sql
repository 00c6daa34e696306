-- The codes of a concept set, with their dates, what to beware of, and where each was read.
select
    vocabulary_id as vocabulary, code, name, category, include_descendants, valid_from, valid_to, is_verified, caveat, source
from concept_sets.concept_set_members
where concept_set_id = $set
order by vocabulary, code

-- Every vocabulary that names an infusion of CAR-T cells or a collection for one is ranked (infusion_code_ranks): a code
-- without a rank would be no infusion.

select distinct members.vocabulary_id
from {{ ref('concept_set_members') }} as members
inner join {{ ref('concept_set_roles') }} as roles on members.concept_set_id = roles.concept_set_id
left join {{ ref('infusion_code_ranks') }} as ranks on members.vocabulary_id = ranks.vocabulary_id
where roles.algorithm = 'cell_therapy' and ranks.vocabulary_id is null

-- R holds whole numbers up to 2^31 - 1 as integers and up to 2^53 as doubles: ids that we make are no larger. The one
-- source without a name keeps its own person ids; `myelomart export omop` refuses those that R would round.

select
    'cohort_set' as exported,
    cohort_definition_id as number
from {{ ref('cohort_set') }}
where cohort_definition_id not between 0 and 2147483647
union all
select
    'patients' as exported,
    person_id as number
from {{ ref('patients') }}
where source_name != 'cdm' and person_id not between 0 and 9007199254740992
union all
select
    'episode' as exported,
    episode_id as number
from {{ ref('episode') }}
where episode_id not between 0 and 9007199254740992
union all
select
    'drug_era' as exported,
    drug_era_id as number
from {{ ref('drug_era') }}
where drug_era_id not between 0 and 9007199254740992

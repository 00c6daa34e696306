-- Two names of drug_names that macros/plain_words spells alike mean the same drug.

select {{ plain_words('name') }} as words
from {{ ref('drug_names') }}
group by 1
having count(distinct concept_set_id) > 1

-- Two names of unit_names that macros/plain_unit spells alike mean the same unit: else a record would be read twice.

select {{ plain_unit('source_text') }} as spelling
from {{ ref('unit_names') }}
group by 1
having count(distinct unit) > 1

-- One row per place of care, from all sources.

select
    source_name,
    cast(care_site_id as bigint) as care_site_id,
    care_site_name,
    care_site_source_value
from {{ landed('care_site') }}

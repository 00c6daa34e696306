select
    care_site_id,
    min(care_site_name) as care_site_name,
    coalesce(min(care_site_name), care_site_id) as care_site_source_value
from people where refusal is null and care_site_id is not null
group by 1

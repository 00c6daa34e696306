select * exclude (file_name, line, care_site_name, is_dead, death_date, zone_needed, refusal, json)
from people where refusal is null

-- One row per source that was landed, with what was said of it then.

select
    source_name,
    dates_shifted,
    cast(data_cut as date) as data_cut_date
from {{ landed('landed_sources', 'landing') }}

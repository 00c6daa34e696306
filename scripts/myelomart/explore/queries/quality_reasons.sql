-- Rows set aside or cells emptied, by the reason; no row itself is shown.
select source_name, table_name, action, reason, count(*) as row_count
from qc.rows_set_aside
group by all
order by row_count desc, table_name, reason

-- Every table on its way in: rows read, left out, unreadable, unusable and kept.
select source_name, table_name, form, rows_in, rows_left_out, rows_unreadable, rows_unusable, rows_kept, cells_emptied, ends_capped
from qc.row_accounts
order by source_name, rows_in desc, table_name

-- One row per source, table, column and reason for which values could not be taken as they came.
-- Definition: form is the first such text with every digit as 9 and every letter as a, so that no value of a patient is
-- shown.

select
    source_name,
    table_name,
    column_name,
    action,
    reason,
    form,
    row_count
from {{ landed('row_reasons', 'landing') }}

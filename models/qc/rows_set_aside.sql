-- One row per row of a source that could not be used, or of which cells could not be read, with the reason.
-- Definition: written when the source was landed and checked; row_as_json is the row as it came.
-- Limits: a row may fail for a reason that a person at the source can mend; nothing here is in any mart.

select
    source_name,
    table_name,
    file_name,
    row_number as source_row_number,
    column_names,
    reason,
    action,
    row_as_json
from {{ landed('rows_set_aside', 'landing') }}

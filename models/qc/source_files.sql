-- One row per file of a source, read or not, and why not.
-- Definition: every file below the source's folder but hidden ones; a database is one file.

select
    source_name,
    table_name,
    file_name,
    is_read,
    reason
from {{ landed('source_files', 'landing') }}

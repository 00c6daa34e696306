-- One row per file of a source, read or not, and why not.
-- Definition: every file below the source's folder but hidden ones; a database is one file.

with source_files as (select * from {{ ref('stg_landing__source_files') }})

select * from source_files

-- One row per episode of a disease or its treatment that a source records; the export `episode` holds ours.

select * from {{ ref('stg_omop__episode') }}

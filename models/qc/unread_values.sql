-- One row per source, table, column and reason for which values could not be taken as they came.
-- Definition: form is the first such text with every digit as 9 and every letter as a, so that no value of a patient is
-- shown.

with row_reasons as (select * from {{ ref('stg_landing__row_reasons') }})

select * from row_reasons

select * from {{ ref('int_lines_closed') }}

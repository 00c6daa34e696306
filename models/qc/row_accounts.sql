-- One row per source and table that was read, with what became of each of its rows.
-- Definition: rows_in = rows_left_out + rows_unreadable + rows_unusable + rows_kept. Rows are left out where the source
-- is read for one cohort, unreadable where a person or a day cannot be read, and unusable by the checks at the door.
-- Limits: a file that no table takes has no row here; it stands in qc.source_files.

with row_accounts as (select * from {{ landed('row_accounts', 'landing') }}),
rows_set_aside as (select * from {{ ref('rows_set_aside') }}),

all_set_aside as (

    select
        source_name,
        table_name,
        count(*) as row_count
    from rows_set_aside
    where action = 'row set aside'
    group by source_name, table_name

),

accounts as (

    select
        row_accounts.source_name,
        row_accounts.table_name,
        row_accounts.form,
        row_accounts.files as file_count,
        row_accounts.rows_in,
        row_accounts.rows_left_out,
        row_accounts.rows_set_aside as rows_unreadable,
        coalesce(all_set_aside.row_count, 0) - row_accounts.rows_set_aside as rows_unusable,
        row_accounts.rows_in - row_accounts.rows_left_out - coalesce(all_set_aside.row_count, 0) as rows_kept,
        row_accounts.rows_renumbered,
        row_accounts.cells_emptied,
        row_accounts.ends_capped
    from row_accounts
    left join all_set_aside
        on
            row_accounts.source_name = all_set_aside.source_name
            and row_accounts.table_name = all_set_aside.table_name

)

select * from accounts

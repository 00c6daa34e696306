-- One row: checks at the door, rows set aside on the way in, codes that nothing maps.
select
    (select count(*) from qc.quality_checks) as checks,
    (select count(*) from qc.quality_checks where share > threshold) as not_passed,
    (select sum(rows_in - rows_kept) from qc.row_accounts) as rows_set_aside,
    (select sum(rows_in) from qc.row_accounts) as rows_in,
    (select count(*) from qc.codes_unmapped where record_count > 0 and not is_found_otherwise) as unmapped

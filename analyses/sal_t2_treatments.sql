-- SAL-T2: salvage lines by therapy group, first and all: used, evaluable, partial response or better, very good partial
-- response or better. Paste into DuckDB.
with lines as (

    select
        therapy_group_salvage,
        is_evaluable,
        ordinal_after_index = 1 as is_first,
        best_response in ('PR', 'VGPR', 'CR', 'sCR') as is_response,
        best_response in ('VGPR', 'CR', 'sCR') as is_deep
    from studies.study_lines
    where cohort_id = 'salvage_relapsed'

)

select
    coalesce(therapy_group_salvage, 'All treatment groups') as therapy_group,
    count(*) filter (where is_first) as first_lines,
    count(*) filter (where is_first and is_evaluable) as first_evaluable,
    count(*) filter (where is_first and is_response) as first_responses,
    count(*) filter (where is_first and is_deep) as first_vgpr_or_better,
    count(*) as all_lines,
    count(*) filter (where is_evaluable) as all_evaluable,
    count(*) filter (where is_response) as all_responses,
    count(*) filter (where is_deep) as all_vgpr_or_better
from lines
group by rollup (therapy_group_salvage)
order by grouping(therapy_group_salvage), therapy_group;

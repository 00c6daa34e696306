-- Rows that failed each check in each build of this warehouse, oldest first; 0 where none did.
with history as (select * from qc.check_history),
builds as (select distinct built_at from history),
checks as (select distinct source_name, checked, check_name from history where check_name is not null)

select
    checks.source_name,
    checks.checked,
    checks.check_name,
    builds.built_at,
    coalesce(history.failing, 0) as failing,
    history.counted
from checks
cross join builds
left join history
    on
        checks.source_name = history.source_name
        and checks.checked = history.checked
        and checks.check_name = history.check_name
        and builds.built_at = history.built_at
order by checks.source_name, checks.checked, checks.check_name, builds.built_at

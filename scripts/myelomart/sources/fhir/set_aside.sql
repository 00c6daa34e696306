-- Every row that does not land, as the landing lists rows set aside. is_refused: the resource says itself that it is no
-- fact, or stands elsewhere too; the others cannot be placed (no patient, no day) or understood.

create view set_aside as
select
    table_name,
    file_name,
    split_part(refusal, ':', 1) as column_names,
    resource_type || '.' || refusal as reason,
    'row set aside' as action,
    cast(json as varchar) as row_as_json,
    line as row_number,
    refusal like '%, and so no fact' or refusal like 'id: the same%' or refusal like 'result:%' as is_refused
from (
    select 'person' as table_name, 'Patient' as resource_type, file_name, line, refusal, json from people
    union all
    select target, resource_type, file_name, line, refusal, json from facts
)
where refusal is not null;

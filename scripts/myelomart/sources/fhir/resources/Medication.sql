-- One row per Medication: what an order, a dispensing or a dose refers to. It lands in no table of its own.

with resources as (

    select
        file_name,
        line,
        json,
        from_json(json, '{"id": "VARCHAR", "code": ' || concept_type() || '}') as resource
    from lines
    where resource_type = 'Medication' and not is_copy

)

select
    file_name,
    line,
    resource.id as medication,
    resource.code as concept
from resources

-- The macro row_as_json on one person: each column under its name, a flag as true or false, an unknown one as null.

with wide as (

    select
        cast(1 as integer) as person_id,
        true as is_treated,
        false as is_incident,
        cast(null as boolean) as is_new

),

written as (

    select cast({{ row_as_json('wide') }} as {{ dbt.type_string() }}) as row_text
    from wide

)

select row_text
from written
where row_text != '{"person_id":1,"is_treated":true,"is_incident":false,"is_new":null}'

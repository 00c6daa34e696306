-- What study_protocol names as the primary outcome of a study is one of its endpoints.

with study_protocol as (select * from {{ ref('study_protocol') }}),
endpoints as (select * from {{ ref('endpoints') }}),

strays as (

    select
        study_protocol.study_id,
        study_protocol.content
    from study_protocol
    left join endpoints
        on study_protocol.study_id = endpoints.study_id and study_protocol.content = endpoints.endpoint_id
    where study_protocol.field = 'primary_outcome' and endpoints.endpoint_id is null

)

select * from strays

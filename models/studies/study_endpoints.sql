-- One row per study, cohort, member and endpoint: time, ending and reason. What Python may read of time_to_event.

with time_to_event as (select * from {{ ref('time_to_event') }})

select * from time_to_event

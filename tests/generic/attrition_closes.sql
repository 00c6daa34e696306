{#- at every step those who came are those who left and those who stayed, and the next step starts with these -#}
{% test attrition_closes(model) %}

with steps as (

    select
        cohort_id,
        step,
        persons_before,
        persons_excluded,
        persons_unknown,
        persons_after,
        lag(persons_after) over (partition by cohort_id order by step) as persons_left_over
    from {{ model }}

)

select *
from steps
where
    persons_before != persons_excluded + persons_after
    or persons_unknown > persons_excluded
    or persons_before != coalesce(persons_left_over, persons_before)

{% endtest %}

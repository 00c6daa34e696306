-- One row per study, cohort, member and subgroup of the study: is the person in it?
-- Definition: the value of the subgroup's characteristic on the index date passes. Unknown is NULL: such a person is in
-- neither the subgroup nor its complement.

with members as (select * from {{ ref('cohort_members') }}),
strata as (select * from {{ ref('strata') }}),

index_characteristics as (

    select * from {{ ref('index_characteristics') }}
    where anchor_event_group = 'index'

),

study_subgroups as (

    select
        members.study_id,
        members.cohort_id,
        members.person_id,
        strata.stratum_id,
        strata.label,
        case
            when strata.value_text is not null then index_characteristics.value_text = strata.value_text
            else {{ compare('index_characteristics.value_number', 'strata.value_operator', 'strata.value_number') }}
        end as is_in_stratum
    from members
    inner join strata on members.study_id = strata.study_id
    left join index_characteristics
        on
            members.cohort_id = index_characteristics.cohort_id
            and members.person_id = index_characteristics.person_id
            and strata.characteristic = index_characteristics.characteristic

)

select * from study_subgroups

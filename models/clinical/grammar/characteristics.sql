-- One row per person, named characteristic and day from which its value holds.
-- Definition: what a study may ask of a person on a date; the value in force is the latest whose valid_from_date is on
-- or before it. A characteristic without a row is unknown, not absent; a row without a value says that it is unknown
-- from that day on. Of two answers of one day the larger holds (yes before no). Rows lie by name and person: who asks
-- for a few names leaves most of the mart unread.

with answers as (

    {{ rows_of_all([
        ref('int_patient_characteristics'),
        ref('int_treatment_characteristics'),
        ref('int_comorbidity_characteristics'),
        ref('int_refractory_characteristics'),
        ref('int_risk_characteristics'),
        ref('int_clone_characteristics'),
        ref('int_eligibility_characteristics'),
        ref('int_disease_characteristics'),
        ref('int_course_characteristics'),
        ref('int_relapse_characteristics'),
        ref('int_mrd_characteristics'),
        ref('int_soft_tissue_characteristics'),
    ]) }}

),

characteristics as (

    select
        person_id,
        name,
        max(value_number) as value_number,
        max(value_text) as value_text,
        valid_from_date
    from answers
    group by 1, 2, 5
    order by name, person_id

)

select * from characteristics

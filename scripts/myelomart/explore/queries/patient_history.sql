-- All that the picture of one person is drawn from.
select * from studies.patient_histories
where person_id = $person

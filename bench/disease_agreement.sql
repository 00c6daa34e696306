-- What the warehouse derived beside what really happened in the synthetic network; read by disease_course.py.
-- {truth} is the folder of the truth.

-- matched: one row per true line of therapy
select
    truth.*,
    lines.line_number as our_line,
    responses.best_response as strict,
    responses.relaxed_best_response as relaxed,
    responses.charted_best_response as charted,
    progressions.progression_date as our_progression_date,
    progressions.source,
    patients.last_contact_date,
    (
        select count(*) from core.responses as assessments
        where assessments.person_id = lines.person_id
            and assessments.line_number = lines.line_number and assessments.response != 'NE'
    ) as assessments
from read_parquet('{truth}/lines.parquet') as truth
inner join core.patients as patients on truth.person_id = patients.person_id
left join core.lines_of_therapy as lines
    on truth.person_id = lines.person_id
    and abs(date_diff('day', truth.line_start_date, lines.line_start_date)) <= 14
left join core.line_responses as responses
    on lines.person_id = responses.person_id and lines.line_number = responses.line_number
left join core.progressions as progressions
    on lines.person_id = progressions.person_id and lines.line_number = progressions.line_number
;

-- True best response (rows) by the derived one, strict
pivot (select best_response as truth, coalesce(strict, 'no such line') as derived from matched)
on derived using count(*) order by truth
;

-- The same, relaxed
pivot (select best_response as truth, coalesce(relaxed, 'no such line') as derived from matched)
on derived using count(*) order by truth
;

-- PR or better, by how many evaluable assessments the line had
select least(assessments, 4) as assessments_4_is_more, count(*) as lines,
    round(avg(cast((best_response in ('sCR', 'CR', 'VGPR', 'PR'))
        = (strict in ('sCR', 'CR', 'VGPR', 'PR')) as integer)), 3) as agree_strict,
    round(avg(cast((best_response in ('sCR', 'CR', 'VGPR', 'PR'))
        = (relaxed in ('CR_lab', 'VGPR', 'PR')) as integer)), 3) as agree_relaxed
from matched where our_line is not null group by 1 order by 1
;

-- Where PR or better (strict) disagrees with the truth, why: the schedule, or the derivation
select case
        when assessments = 0 then 'schedule: no evaluable assessment'
        when (best_response in ('sCR', 'CR', 'VGPR', 'PR')) = (relaxed in ('CR_lab', 'VGPR', 'PR'))
            then 'schedule: seen, but no later assessment confirmed it'
        when assessments < 4 then 'schedule: fewer than four assessments'
        else 'derivation: four or more assessments'
    end as why,
    count(*) as lines,
    round(count(*) * 1.0 / sum(count(*)) over (), 3) as share
from matched
where our_line is not null
    and (best_response in ('sCR', 'CR', 'VGPR', 'PR')) != (strict in ('sCR', 'CR', 'VGPR', 'PR'))
group by 1 order by 2 desc
;

-- Progressions seen in the truth while the patient was followed
select coalesce(source, 'not found') as source,
    count(*) as progressions,
    median(abs(date_diff('day', progression_seen_date, our_progression_date))) as median_days_off,
    round(avg(cast(abs(date_diff('day', progression_seen_date, our_progression_date)) <= 35
        as integer)), 3) as within_35_days
from matched where our_line is not null and progression_seen_date <= last_contact_date
group by 1 order by 2 desc
;

-- Derived progressions that the truth does not have
select count(*) as progressions, count(*) filter (where progression_seen_date is null) as not_in_truth
from matched where our_progression_date is not null
;

-- True CRS grade (0 none) by tier
select truth.crs_grade as truth, coalesce(events.tier, 'none') as tier, count(*) as infusions,
    count(*) filter (where events.grade = truth.crs_grade) as same_grade
from read_parquet('{truth}/infusions.parquet') as truth
inner join core.cell_therapies as infusions
    on truth.person_id = infusions.person_id and truth.infusion_date = infusions.infusion_date
left join core.adverse_events as events
    on truth.person_id = events.person_id and truth.infusion_date = events.anchor_date
    and events.term = 'crs'
group by 1, 2 order by 1, 2
;

-- True ICANS grade (0 none) by tier
select truth.icans_grade as truth, coalesce(events.tier, 'none') as tier, count(*) as infusions,
    count(*) filter (where events.grade = truth.icans_grade) as same_grade
from read_parquet('{truth}/infusions.parquet') as truth
inner join core.cell_therapies as infusions
    on truth.person_id = infusions.person_id and truth.infusion_date = infusions.infusion_date
left join core.adverse_events as events
    on truth.person_id = events.person_id and truth.infusion_date = events.anchor_date
    and events.term = 'icans'
group by 1, 2 order by 1, 2
;

-- Soft-tissue state: truth by derived
select time_point, truth, derived, count(*) as infusions from (
    select states.time_point,
        case states.time_point when 'baseline' then patients.soft_tissue_baseline
            else patients.soft_tissue_progression end as truth,
        states.state as derived
    from core.extramedullary_states as states
    inner join read_parquet('{truth}/patients.parquet') as patients
        on states.person_id = patients.person_id
) group by 1, 2, 3 order by 1, 2, 3
;

-- One row per person, product, region and day from which the answer holds: may the label be used, and what is missing?
-- Definition: specification eligibility 10.1. The label's rule in force is the latest with valid_from on or before the
-- day; eligible when the history meets every column of it. unmet names what is missing, '+'-joined and sorted.
-- is_sensitive: the answer differs when prior lines are counted under imwg_strict. is_eligible_confirmed asks for
-- confirmed refractoriness only. label_valid_from tells the label's rule apart from earlier ones; first_eligible_date
-- is the first day on which any rule of the label was met.
-- Limits: says nothing of fitness, organ function or access.

with history as (select * from {{ ref('int_eligibility_history') }}),

label_eligibility as (

    select
        label_eligibility.*,
        lead(valid_from) over (partition by product, region order by valid_from) as valid_until
    from {{ ref('label_eligibility') }} as label_eligibility

),

spans as (

    select
        history.*,
        coalesce(
            lead(valid_from_date) over (partition by person_id order by valid_from_date), death_date + 1
        ) as next_date
    from history

),

applied as (

    select
        spans.person_id,
        label_eligibility.product,
        label_eligibility.region,
        label_eligibility.valid_from as label_valid_from,
        greatest(spans.valid_from_date, label_eligibility.valid_from) as valid_from_date,
        spans.prior_lines < label_eligibility.min_prior_lines as lacks_lines,
        spans.prior_lines_imwg_strict < label_eligibility.min_prior_lines as lacks_lines_imwg_strict,
        label_eligibility.needs_imid and not spans.is_exposed_imid as lacks_imid,
        label_eligibility.needs_pi and not spans.is_exposed_pi as lacks_pi,
        label_eligibility.needs_anti_cd38 and not spans.is_exposed_anti_cd38 as lacks_anti_cd38,
        label_eligibility.needs_lenalidomide_refractory
        and not spans.is_lenalidomide_refractory as lacks_len_refractory,
        label_eligibility.needs_lenalidomide_refractory
        and not spans.is_lenalidomide_refractory_confirmed as lacks_len_refractory_confirmed,
        label_eligibility.needs_refractory_last_line and not spans.is_refractory_last_line as lacks_refractory_last_line
    from spans
    inner join label_eligibility
        on
            (spans.next_date is null or spans.next_date > label_eligibility.valid_from)
            and (label_eligibility.valid_until is null or spans.valid_from_date < label_eligibility.valid_until)

),

shortcomings as (

    select
        applied.*,
        lacks_imid or lacks_pi or lacks_anti_cd38 or lacks_refractory_last_line as lacks_other
    from applied

),

eligibility as (

    select
        person_id,
        product,
        region,
        label_valid_from,
        valid_from_date,
        not lacks_lines and not lacks_len_refractory and not lacks_other as is_eligible,
        not lacks_lines and not lacks_len_refractory_confirmed and not lacks_other as is_eligible_confirmed,
        lacks_lines != lacks_lines_imwg_strict and not (lacks_len_refractory or lacks_other) as is_sensitive,
        case when lacks_anti_cd38 then '+anti_cd38' else '' end
        || case when lacks_imid then '+imid' else '' end
        || case when lacks_len_refractory then '+len_refractory' else '' end
        || case when lacks_pi then '+pi' else '' end
        || case when lacks_lines then '+prior_lines' else '' end
        || case when lacks_refractory_last_line then '+refractory_last_line' else '' end as unmet
    from shortcomings

),

eligibility_answered as (

    select
        person_id,
        product,
        region,
        label_valid_from,
        valid_from_date,
        is_eligible,
        is_eligible_confirmed,
        is_sensitive,
        nullif(substring(unmet, 2), '') as unmet,
        min(case when is_eligible then valid_from_date end) over (partition by person_id, product, region)
            as first_eligible_date
    from eligibility

)

select * from eligibility_answered

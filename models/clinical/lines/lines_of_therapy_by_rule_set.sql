-- One row per rule set, person and line of therapy.
-- Definition: the lines that count (int_lines_counted), of int_lines_dated (start, end and the reason of each) with
-- int_line_regimens (name, classes, group); the rules and their citations are the rows of algorithm_parameters
-- (algorithms 2).
-- Limits: numbers are lower bounds for a person who was treated before the data begin.

with lines as (select * from {{ ref('int_lines_dated') }}),

counted as (

    select * from {{ ref('int_lines_counted') }}
    where line_number is not null

),

regimens as (select * from {{ ref('int_line_regimens') }}),
therapy_groups as (select * from {{ ref('therapy_groups') }}),

lines_of_therapy_by_rule_set as (

    select
        lines.rule_set,
        lines.person_id,
        counted.line_number,
        lines.line_start_date,
        lines.line_index_date,
        lines.line_end_date,
        regimens.regimen_name,
        regimens.regimen_observed,
        lines.drugs,
        lines.added_drugs,
        lines.bridging_drugs,
        regimens.therapy_group,
        therapy_groups.salvage_label as therapy_group_salvage,
        therapy_groups.progression_label as therapy_group_progression,
        case when counted.line_number = 1 then 'FIRST' else lines.start_reason end as start_reason,
        lines.end_reason,
        lines.progression_date,
        lines.bridging_start_date,
        lines.infusion_date,
        lines.cell_products,
        lines.autologous_count + lines.allogeneic_count as transplant_count,
        lines.infusion_date is not null as is_cell_therapy,
        lines.is_under_one_cycle,
        regimens.has_imid,
        regimens.has_pi,
        regimens.has_anti_cd38,
        regimens.has_anti_slamf7,
        regimens.has_alkylator,
        regimens.has_bcma_adc,
        regimens.has_bcma_bispecific,
        regimens.has_gprc5d_bispecific,
        regimens.has_other_bispecific,
        regimens.has_bcma_car_t,
        regimens.has_other_car_t,
        regimens.has_autologous,
        regimens.has_allogeneic,
        regimens.has_selinexor,
        regimens.has_venetoclax,
        regimens.has_chemotherapy
    from lines
    inner join counted
        on
            lines.rule_set = counted.rule_set
            and lines.person_id = counted.person_id
            and lines.line_number = counted.opened_line_number
    inner join regimens
        on
            lines.rule_set = regimens.rule_set
            and lines.person_id = regimens.person_id
            and lines.line_number = regimens.line_number
    left join therapy_groups on regimens.therapy_group = therapy_groups.therapy_group

)

select * from lines_of_therapy_by_rule_set

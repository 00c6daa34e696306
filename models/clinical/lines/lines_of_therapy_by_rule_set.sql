-- One row per rule set, person and line of therapy.
-- Definition: specification lines 2 (Rajkumar 2015). The lines that count, with start, end and the reason of each
-- (int_lines_dated), and with what a line is called (2.5). Name: letters in a fixed order, unless regimen_names names
-- the set, of the drugs that were not added by plan; d or p when a steroid is seen within 30 days of the start
-- (regimen_observed) or would go with the classes (regimen_name): not with a bispecific or with maintenance alone,
-- where a transplant came before the first drug of the line and none but what maintains alone followed. A line of CAR-T
-- bears the product's name, one without drugs its transplant's. Classes: of its drugs, bridging apart, and procedures.
-- therapy_group: the first in precedence of those that drug_classes gives its drugs and of its procedures'; none,
-- OTHER.
-- Limits: numbers are lower bounds for a person who was treated before the data begin; has_trial is not held: no source
-- says it.

with steps as (select * from {{ ref('int_line_steps') }} where not is_bridging),
line_rules as (select * from {{ ref('int_line_rules') }}),
steroids as (select * from {{ ref('int_drug_exposures_deduplicated') }} where usual_role = 'steroid'),
drug_classes as (select * from {{ ref('drug_classes') }}),
regimen_names as (select * from {{ ref('regimen_names') }}),
therapy_groups as (select * from {{ ref('therapy_groups') }}),

lines as (

    select
        lines_dated.*,
        line_index_date = infusion_date as is_cart_line,
        case
            when cell_products like '%cilta_cel%' then 'cilta-cel'
            when cell_products like '%ide_cel%' then 'ide-cel'
            when infusion_date is not null then 'CAR-T'
        end as cell_name
    from {{ ref('int_lines_dated') }} as lines_dated
    where line_number is not null

),

line_parts as (

    select
        steps.rule_set,
        steps.person_id,
        steps.line_number as opened_line_number,
        steps.kind,
        steps.ingredient,
        drug_classes.drug_class,
        drug_classes.is_maintenance_alone,
        lpad(cast(drug_classes.name_rank as {{ dbt.type_string() }}), 2, '0') || drug_classes.letter as ranked_letter,
        case
            when steps.kind = 'DRUG' then drug_classes.therapy_group
            when steps.kind = 'ALLO' then 'ALLO_SCT'
            when steps.kind = 'ASCT' then 'AUTO_SCT'
            when steps.ingredient = 'other_target' then 'CAR_T_OTHER'
            else 'CAR_T'
        end as therapy_group,
        bool_or(steps.is_added) as is_added,
        min(steps.event_date) as first_date
    from steps
    left join drug_classes on steps.kind = 'DRUG' and steps.ingredient = drug_classes.ingredient
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9

),

line_classes as (

    select
        lines.rule_set,
        lines.person_id,
        lines.opened_line_number,
        min(therapy_groups.precedence) as precedence,
        {{ sorted_distinct_concat("case when kind = 'DRUG' and not is_added then ingredient end") }} as regimen_drugs,
        {{ sorted_distinct_concat("case when kind = 'DRUG' and not is_added then ranked_letter end", '') }}
            as ranked_letters,
        coalesce(
            bool_or(kind = 'ASCT')
            and bool_and(case when kind = 'DRUG' then coalesce(is_maintenance_alone, false) end)
            and min(lines.line_start_date) < min(case when kind = 'DRUG' then first_date end),
            false
        ) as is_begun_as_maintenance,
        coalesce(bool_or(drug_class = 'imid'), false) as has_imid,
        coalesce(bool_or(drug_class = 'pi'), false) as has_pi,
        coalesce(bool_or(drug_class = 'anti_cd38'), false) as has_anti_cd38,
        coalesce(bool_or(drug_class = 'anti_slamf7'), false) as has_anti_slamf7,
        coalesce(bool_or(drug_class = 'alkylator'), false) as has_alkylator,
        coalesce(bool_or(drug_class = 'bcma_adc'), false) as has_bcma_adc,
        coalesce(bool_or(drug_class = 'bcma_bispecific'), false) as has_bcma_bispecific,
        coalesce(bool_or(drug_class = 'gprc5d_bispecific'), false) as has_gprc5d_bispecific,
        coalesce(bool_or(drug_class = 'other_bispecific'), false) as has_other_bispecific,
        coalesce(bool_or(line_parts.therapy_group = 'CAR_T'), false) as has_bcma_car_t,
        coalesce(bool_or(line_parts.therapy_group = 'CAR_T_OTHER'), false) as has_other_car_t,
        coalesce(bool_or(kind = 'ASCT'), false) as has_autologous,
        coalesce(bool_or(kind = 'ALLO'), false) as has_allogeneic,
        coalesce(bool_or(drug_class = 'xpo1_inhibitor'), false) as has_selinexor,
        coalesce(bool_or(drug_class = 'bcl2_inhibitor'), false) as has_venetoclax,
        coalesce(bool_or(drug_class = 'chemotherapy'), false) as has_chemotherapy
    from lines
    left join line_parts
        on
            lines.rule_set = line_parts.rule_set
            and lines.person_id = line_parts.person_id
            and lines.opened_line_number = line_parts.opened_line_number
    left join therapy_groups on coalesce(line_parts.therapy_group, 'OTHER') = therapy_groups.therapy_group
    group by 1, 2, 3

),

steroids_seen as (

    select
        lines.rule_set,
        lines.person_id,
        lines.opened_line_number,
        min(case when steroids.ingredient = 'prednisone' then 'p' else 'd' end) as steroid_letter
    from lines
    inner join line_rules on lines.rule_set = line_rules.rule_set
    inner join steroids
        on
            lines.person_id = steroids.person_id
            and abs({{ days_between('lines.line_start_date', 'steroids.start_date') }}) <= line_rules.steroid_seen_days
    group by 1, 2, 3

),

lettered_lines as (

    select
        line_classes.*,
        coalesce(regimen_names.regimen_name, translate(line_classes.ranked_letters, '0123456789', '')) as letters,
        case
            when not coalesce(regimen_names.takes_steroid, true) then ''
            else coalesce(steroids_seen.steroid_letter, '')
        end as observed_letter,
        case
            when not coalesce(regimen_names.takes_steroid, true) then ''
            when steroids_seen.steroid_letter is not null then steroids_seen.steroid_letter
            when has_bcma_bispecific or has_gprc5d_bispecific or has_other_bispecific or is_begun_as_maintenance then ''
            when has_imid or has_pi or has_anti_cd38 or has_anti_slamf7 or has_selinexor then 'd'
            else ''
        end as usual_letter,
        case
            when has_allogeneic then 'Allo-SCT'
            when has_autologous then 'ASCT'
        end as transplant_name
    from line_classes
    left join steroids_seen
        on
            line_classes.rule_set = steroids_seen.rule_set
            and line_classes.person_id = steroids_seen.person_id
            and line_classes.opened_line_number = steroids_seen.opened_line_number
    left join regimen_names on line_classes.regimen_drugs = regimen_names.drugs

),

lines_of_therapy_by_rule_set as (

    select
        lines.rule_set,
        lines.person_id,
        lines.line_number,
        lines.line_start_date,
        lines.line_index_date,
        lines.line_end_date,
        case
            when lines.is_cart_line then lines.cell_name
            when lines.cell_name is not null then letters || usual_letter || ' + ' || lines.cell_name
            else coalesce(letters || usual_letter, transplant_name)
        end as regimen_name,
        case
            when lines.is_cart_line then lines.cell_name
            when lines.cell_name is not null then letters || observed_letter || ' + ' || lines.cell_name
            else coalesce(letters || observed_letter, transplant_name)
        end as regimen_observed,
        lines.drugs,
        lines.added_drugs,
        lines.bridging_drugs,
        therapy_groups.therapy_group,
        therapy_groups.salvage_label as therapy_group_salvage,
        therapy_groups.progression_label as therapy_group_progression,
        case when lines.line_number = 1 then 'FIRST' else lines.start_reason end as start_reason,
        lines.end_reason,
        lines.progression_date,
        lines.bridging_start_date,
        lines.infusion_date,
        lines.cell_products,
        lines.autologous_count + lines.allogeneic_count as transplant_count,
        lines.infusion_date is not null as is_cell_therapy,
        lines.is_under_one_cycle,
        lettered_lines.has_imid,
        lettered_lines.has_pi,
        lettered_lines.has_anti_cd38,
        lettered_lines.has_anti_slamf7,
        lettered_lines.has_alkylator,
        lettered_lines.has_bcma_adc,
        lettered_lines.has_bcma_bispecific,
        lettered_lines.has_gprc5d_bispecific,
        lettered_lines.has_other_bispecific,
        lettered_lines.has_bcma_car_t,
        lettered_lines.has_other_car_t,
        lettered_lines.has_autologous,
        lettered_lines.has_allogeneic,
        lettered_lines.has_selinexor,
        lettered_lines.has_venetoclax,
        lettered_lines.has_chemotherapy
    from lines
    inner join lettered_lines
        on
            lines.rule_set = lettered_lines.rule_set
            and lines.person_id = lettered_lines.person_id
            and lines.opened_line_number = lettered_lines.opened_line_number
    inner join therapy_groups on lettered_lines.precedence = therapy_groups.precedence

)

select * from lines_of_therapy_by_rule_set

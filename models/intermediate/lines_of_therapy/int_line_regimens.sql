-- One row per rule set, person and line: the regimen's name, its classes and its exclusive therapy group.
-- Definition: algorithms 2.5. Letters of the drugs in a fixed order, unless regimen_names names the set; d or p when a
-- steroid is recorded within 30 days of the start (regimen_observed) or would go with the classes (regimen_name).
-- therapy_group: the first of therapy_groups that the line meets.
-- Limits: has_trial is null: no source says it; a line on an unnamed trial drug alone is not seen at all.

with lines as (

    select * from {{ ref('int_lines_closed') }}

),

line_drugs as (

    select
        line_drugs.*,
        drug_classes.drug_class,
        drug_classes.letter,
        drug_classes.name_rank
    from {{ ref('int_line_drugs') }} as line_drugs
    inner join {{ ref('drug_classes') }} as drug_classes on line_drugs.ingredient = drug_classes.ingredient
    where not line_drugs.is_bridging

),

line_rules as (

    select * from {{ ref('int_line_rules') }}

),

steroids as (

    select distinct
        person_id,
        ingredient,
        start_date
    from {{ ref('int_drug_exposures_covered') }}
    where usual_role = 'steroid'

),

regimen_names as (

    select * from {{ ref('regimen_names') }}

),

summarised as (

    select
        rule_set,
        person_id,
        line_number,
        {{ sorted_distinct_concat("case when not is_added then ingredient end") }} as regimen_drugs,
        {{ sorted_distinct_concat("case when not is_added then lpad(cast(name_rank as " ~ dbt.type_string() ~ "), 2, '0') || letter end", '') }}
            as ranked_letters,
        bool_or(drug_class = 'imid') as has_imid,
        bool_or(drug_class = 'pi') as has_pi,
        bool_or(drug_class = 'anti_cd38') as has_anti_cd38,
        bool_or(drug_class = 'anti_slamf7') as has_anti_slamf7,
        bool_or(drug_class = 'alkylator') as has_alkylator,
        bool_or(drug_class = 'bcma_adc') as has_bcma_adc,
        bool_or(drug_class = 'bcma_bispecific') as has_bcma_bispecific,
        bool_or(drug_class = 'gprc5d_bispecific') as has_gprc5d_bispecific,
        bool_or(drug_class = 'other_bispecific') as has_other_bispecific,
        bool_or(drug_class = 'xpo1_inhibitor') as has_selinexor,
        bool_or(drug_class = 'bcl2_inhibitor') as has_venetoclax,
        bool_or(drug_class = 'chemotherapy') as has_chemotherapy,
        bool_or(drug_class = 'hdac_inhibitor') as has_hdac_inhibitor
    from line_drugs
    group by 1, 2, 3

),

steroid_seen as (

    select
        lines.rule_set,
        lines.person_id,
        lines.line_number,
        min(case when steroids.ingredient = 'prednisone' then 'p' else 'd' end) as steroid_letter
    from lines
    inner join line_rules on lines.rule_set = line_rules.rule_set
    inner join steroids
        on
            lines.person_id = steroids.person_id
            and abs({{ days_between('lines.line_start_date', 'steroids.start_date') }}) <= line_rules.steroid_seen_days
    group by 1, 2, 3

),

classified as (

    select
        lines.rule_set,
        lines.person_id,
        lines.line_number,
        summarised.regimen_drugs,
        coalesce(regimen_names.regimen_name, translate(summarised.ranked_letters, '0123456789', '')) as letters,
        coalesce(regimen_names.takes_steroid, true) as takes_steroid,
        steroid_seen.steroid_letter,
        coalesce(summarised.has_imid, false) as has_imid,
        coalesce(summarised.has_pi, false) as has_pi,
        coalesce(summarised.has_anti_cd38, false) as has_anti_cd38,
        coalesce(summarised.has_anti_slamf7, false) as has_anti_slamf7,
        coalesce(summarised.has_alkylator, false) as has_alkylator,
        coalesce(summarised.has_bcma_adc, false) as has_bcma_adc,
        coalesce(summarised.has_bcma_bispecific, false) as has_bcma_bispecific,
        coalesce(summarised.has_gprc5d_bispecific, false) as has_gprc5d_bispecific,
        coalesce(summarised.has_other_bispecific, false) as has_other_bispecific,
        coalesce(summarised.has_selinexor, false) as has_selinexor,
        coalesce(summarised.has_venetoclax, false) as has_venetoclax,
        coalesce(summarised.has_chemotherapy, false) as has_chemotherapy,
        coalesce(summarised.has_hdac_inhibitor, false) as has_hdac_inhibitor,
        lines.infusion_date is not null and coalesce(lines.cell_products != 'other_target', true) as has_bcma_car_t,
        lines.infusion_date is not null and coalesce(lines.cell_products = 'other_target', false) as has_other_car_t,
        case
            when lines.infusion_date is null then null
            when lines.cell_products like '%cilta_cel%' then 'cilta-cel'
            when lines.cell_products like '%ide_cel%' then 'ide-cel'
            else 'CAR-T'
        end as cell_name,
        case
            when lines.allogeneic_count > 0 then 'Allo-SCT'
            when lines.autologous_count > 0 then 'ASCT'
        end as transplant_name,
        lines.autologous_count > 0 as has_autologous,
        lines.allogeneic_count > 0 as has_allogeneic,
        lines.line_index_date = lines.infusion_date as is_cart_line
    from lines
    left join summarised
        on
            lines.rule_set = summarised.rule_set
            and lines.person_id = summarised.person_id
            and lines.line_number = summarised.line_number
    left join steroid_seen
        on
            lines.rule_set = steroid_seen.rule_set
            and lines.person_id = steroid_seen.person_id
            and lines.line_number = steroid_seen.line_number
    left join regimen_names on summarised.regimen_drugs = regimen_names.drugs

),

named as (

    select
        classified.*,
        letters || case when takes_steroid then coalesce(steroid_letter, '') else '' end as drugs_observed,
        letters || case
            when not takes_steroid then ''
            else coalesce(
                steroid_letter,
                case
                    when
                        (has_imid or has_pi or has_anti_cd38 or has_anti_slamf7 or has_selinexor)
                        and not (has_bcma_bispecific or has_gprc5d_bispecific or has_other_bispecific)
                        then 'd'
                end,
                ''
            )
        end as drugs_canonical
    from classified

),

line_regimens as (

    select
        named.*,
        case
            when is_cart_line then cell_name
            when cell_name is not null then drugs_observed || ' + ' || cell_name
            else coalesce(drugs_observed, transplant_name)
        end as regimen_observed,
        case
            when is_cart_line then cell_name
            when cell_name is not null then drugs_canonical || ' + ' || cell_name
            else coalesce(drugs_canonical, transplant_name)
        end as regimen_name,
        case
            when has_allogeneic then 'ALLO_SCT'
            when has_bcma_car_t then 'CAR_T'
            when has_other_car_t then 'CAR_T_OTHER'
            when has_bcma_bispecific then 'BISPECIFIC_BCMA'
            when has_gprc5d_bispecific then 'BISPECIFIC_GPRC5D'
            when has_other_bispecific then 'BISPECIFIC_OTHER'
            when has_bcma_adc then 'BCMA_ADC'
            when has_autologous then 'AUTO_SCT'
            when has_chemotherapy then 'CHEMO'
            when has_selinexor then 'SELINEXOR'
            when has_venetoclax then 'VENETOCLAX'
            when has_imid or has_pi or has_anti_cd38 or has_anti_slamf7 or has_alkylator or has_hdac_inhibitor
                then 'APPROVED_COMBO'
            else 'OTHER'
        end as therapy_group
    from named

)

select * from line_regimens

-- One row per rule set, person and line: which classes of treatment it holds and its exclusive therapy group.
-- Definition: algorithms 2.5. regimen_drugs and ranked_letters leave out the drugs that were added by plan; bridging
-- is no part of a line's regimen; is_begun_as_maintenance: a transplant came before the first drug of the line, and
-- none but what maintains alone followed. therapy_group: the first of therapy_groups that the line meets.
-- Limits: has_trial is not held: no source says it; a line of an agent that is not named alone is OTHER.

with lines as (select * from {{ ref('int_lines_dated') }}),

line_drugs as (

    select
        line_drugs.*,
        drug_classes.drug_class,
        drug_classes.is_maintenance_alone,
        drug_classes.letter,
        drug_classes.name_rank
    from {{ ref('int_line_drugs') }} as line_drugs
    inner join {{ ref('drug_classes') }} as drug_classes on line_drugs.ingredient = drug_classes.ingredient
    where not line_drugs.is_bridging

),

summarised as (

    select
        rule_set,
        person_id,
        line_number,
        {{ sorted_distinct_concat("case when not is_added then ingredient end") }} as regimen_drugs,
        {{ sorted_distinct_concat("case when not is_added then lpad(cast(name_rank as " ~ dbt.type_string() ~ "), 2, '0') || letter end", '') }}
            as ranked_letters,
        min(first_date) as first_drug_date,
        bool_and(coalesce(is_maintenance_alone, false)) as is_maintenance_alone,
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

classified as (

    select
        lines.rule_set,
        lines.person_id,
        lines.line_number,
        summarised.regimen_drugs,
        summarised.ranked_letters,
        coalesce(
            lines.autologous_count > 0
            and summarised.is_maintenance_alone
            and lines.line_start_date < summarised.first_drug_date,
            false
        ) as is_begun_as_maintenance,
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
        coalesce(lines.cell_products like '%other_target%', false) as has_other_car_t,
        lines.autologous_count > 0 as has_autologous,
        lines.allogeneic_count > 0 as has_allogeneic
    from lines
    left join summarised
        on
            lines.rule_set = summarised.rule_set
            and lines.person_id = summarised.person_id
            and lines.line_number = summarised.line_number

),

line_classes as (

    select
        classified.*,
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
    from classified

)

select * from line_classes

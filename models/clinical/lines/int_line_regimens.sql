-- One row per rule set, person and line: the regimen's name beside its classes and therapy group (int_line_classes).
-- Definition: algorithms 2.5. Letters in a fixed order, unless regimen_names names the set; d or p when a steroid is
-- seen within 30 days of the start (regimen_observed) or would go with the classes (regimen_name): not with a
-- bispecific or with maintenance alone. A line of CAR-T bears the product's name, one without drugs its transplant's.

with lines as (

    select
        lines.*,
        case
            when infusion_date is null then null
            when cell_products like '%cilta_cel%' then 'cilta-cel'
            when cell_products like '%ide_cel%' then 'ide-cel'
            else 'CAR-T'
        end as cell_name,
        case
            when allogeneic_count > 0 then 'Allo-SCT'
            when autologous_count > 0 then 'ASCT'
        end as transplant_name
    from {{ ref('int_lines_dated') }} as lines

),

line_classes as (select * from {{ ref('int_line_classes') }}),
line_rules as (select * from {{ ref('int_line_rules') }}),

steroids as (

    select distinct
        person_id,
        ingredient,
        start_date
    from {{ ref('int_drug_exposures_deduplicated') }}
    where usual_role = 'steroid'

),

regimen_names as (select * from {{ ref('regimen_names') }}),

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

lettered as (

    select
        line_classes.*,
        lines.cell_name,
        lines.transplant_name,
        lines.line_index_date = lines.infusion_date as is_cart_line,
        coalesce(regimen_names.regimen_name, translate(line_classes.ranked_letters, '0123456789', '')) as letters,
        case when coalesce(regimen_names.takes_steroid, true) then coalesce(steroid_seen.steroid_letter, '') else '' end
            as letter_observed,
        case
            when not coalesce(regimen_names.takes_steroid, true) then ''
            when steroid_seen.steroid_letter is not null then steroid_seen.steroid_letter
            when has_bcma_bispecific or has_gprc5d_bispecific or has_other_bispecific or is_begun_as_maintenance then ''
            when has_imid or has_pi or has_anti_cd38 or has_anti_slamf7 or has_selinexor then 'd'
            else ''
        end as letter_canonical
    from lines
    inner join line_classes
        on
            lines.rule_set = line_classes.rule_set
            and lines.person_id = line_classes.person_id
            and lines.line_number = line_classes.line_number
    left join steroid_seen
        on
            lines.rule_set = steroid_seen.rule_set
            and lines.person_id = steroid_seen.person_id
            and lines.line_number = steroid_seen.line_number
    left join regimen_names on line_classes.regimen_drugs = regimen_names.drugs

),

line_regimens as (

    select
        lettered.*,
        case
            when is_cart_line then cell_name
            when cell_name is not null then letters || letter_observed || ' + ' || cell_name
            else coalesce(letters || letter_observed, transplant_name)
        end as regimen_observed,
        case
            when is_cart_line then cell_name
            when cell_name is not null then letters || letter_canonical || ' + ' || cell_name
            else coalesce(letters || letter_canonical, transplant_name)
        end as regimen_name
    from lettered

)

select * from line_regimens

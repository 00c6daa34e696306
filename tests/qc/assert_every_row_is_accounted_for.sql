-- Every row of a source is in its landed table, set aside with a reason, or left out with the cohort.
{%- set of_omop = [
    'person', 'observation_period', 'visit_occurrence', 'condition_occurrence', 'drug_exposure',
    'procedure_occurrence', 'device_exposure', 'measurement', 'observation', 'death', 'episode', 'care_site',
    'cdm_source', 'concept', 'concept_relationship', 'concept_ancestor'
] %}
{%- set of_trinetx = [
    'chemo_lines', 'diagnosis', 'encounter', 'genomic', 'lab_result', 'medication_drug',
    'medication_ingredient', 'oncology_treatment', 'patient', 'procedure', 'standardized_terminology', 'tumor',
    'tumor_properties', 'vitals_signs'
] %}

with row_accounts as (select * from {{ ref('row_accounts') }}),

landed as (

    {%- for table in of_omop %}
        select
            source_name,
            '{{ table }}' as table_name,
            count(*) as row_count
        from {{ landed(table) }}
        group by source_name
        union all
    {%- endfor %}
    {%- for table in of_trinetx %}
        select
            source_name,
            'trinetx_{{ table }}' as table_name,
            count(*) as row_count
        from {{ landed('trinetx_' ~ table, 'trinetx') }}
        group by source_name
        {{- ' union all' if not loop.last }}
    {%- endfor %}

),

read_by_models as (select distinct table_name from landed),

unaccounted as (

    select
        row_accounts.source_name,
        row_accounts.table_name,
        row_accounts.rows_in,
        row_accounts.rows_kept,
        landed.row_count
    from row_accounts
    inner join read_by_models on row_accounts.table_name = read_by_models.table_name
    left join landed
        on
            row_accounts.source_name = landed.source_name
            and row_accounts.table_name = landed.table_name
    where
        row_accounts.rows_kept != coalesce(landed.row_count, 0)
        or row_accounts.rows_unusable < 0

)

select * from unaccounted

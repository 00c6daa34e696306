{{ config(materialized='ephemeral') }}
-- One row per person, characteristic of residual disease and day from which its value holds: below each threshold of
-- mrd_thresholds, below it for a year, and what the line of an infusion reached.
-- Definition: mrd_assessments and line_responses (specification responses 4.3 rule 9 and 4.6, Kumar 2016); 1 true, 0
-- false. A test holds from its day; a test that does not say leaves what was known before.
-- Limits: what is named by the infusion holds from its day and looks ahead of it: it describes and groups, and must not
-- be adjusted for. Who was not tested has no row.

with assessments as (select * from {{ ref('mrd_assessments') }}),
thresholds as (select * from {{ ref('mrd_thresholds') }}),
line_responses as (select * from {{ ref('line_responses') }}),
cell_therapies as (select * from {{ ref('cell_therapies') }}),

named_assessments as (

    select
        assessments.*,
        thresholds.characteristic,
        thresholds.sustained_characteristic
    from assessments
    inner join thresholds on assessments.threshold_name = thresholds.threshold_name

),

infusions as (

    select
        line_responses.person_id,
        line_responses.is_mrd_negative,
        line_responses.is_mrd_negative_any,
        line_responses.is_mrd_sustained,
        cell_therapies.infusion_date
    from line_responses
    inner join cell_therapies
        on
            line_responses.person_id = cell_therapies.person_id
            and line_responses.line_index_date = cell_therapies.infusion_date

),

mrd_characteristics as (

    {{ characteristic_rows(
        'named_assessments', numbers=['is_negative'], valid_from='tested_date', named='characteristic'
    ) }}
    union all
    {{ characteristic_rows(
        'named_assessments', numbers=['is_sustained'], valid_from='tested_date', named='sustained_characteristic'
    ) }}
    union all
    {{ characteristic_rows(
        'infusions',
        numbers={
            'infusion_mrd_negative': 'is_mrd_negative',
            'infusion_mrd_negative_any': 'is_mrd_negative_any',
            'infusion_sustained_mrd_negative': 'is_mrd_sustained',
        },
        valid_from='infusion_date',
    ) }}

)

select * from mrd_characteristics

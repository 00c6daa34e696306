-- What was not measured is neither negative nor mild nor absent; a row is one fact made of nothing.
with labs as (

    select * from {{ ref('labs') }}

),

lab_grades as (

    select * from {{ ref('lab_grades') }}

),

cytopenias as (

    select * from {{ ref('cytopenias') }}

),

line_responses as (

    select * from {{ ref('line_responses') }}

),

progressions as (

    select * from {{ ref('progressions') }}

),

markers as (

    select * from {{ ref('int_disease_markers') }}

),

states as (

    select * from {{ ref('extramedullary_states') }}

),

looked_at as (

    select
        progressions.person_id,
        progressions.line_number,
        count(markers.marrow) + count(markers.has_clonal_cells) as marrow_count,
        count(markers.has_new_bone_lesion) as bone_count,
        count(markers.has_extramedullary) as extramedullary_count,
        count(markers.has_paramedullary) as paramedullary_count
    from progressions
    left join markers
        on
            progressions.person_id = markers.person_id
            and abs({{ days_between('progressions.progression_date', 'markers.marker_date') }})
            <= {{ parameter('progressions', 'pattern_window') }}
    group by 1, 2

),

broken as (

    select
        'a laboratory value without a number, or a number without a reason' as fact,
        person_id
    from labs
    where (value is null) = (quality = 'ok') or (quality = 'ok') != (quality_reason is null)
    union all
    select
        'grade 0 though the limit that could tell is unknown' as fact,
        person_id
    from lab_grades
    where grade = 0 and ctcae_version = 5 and lower_limit is null and upper_limit is null and baseline is null
    union all
    select
        'a grade or support of a count that was not measured' as fact,
        person_id
    from cytopenias
    where status != 'measured' and coalesce(cast(grade as boolean), has_growth_factor, has_transfusion) is not null
    union all
    select
        'a response of a line that could not be evaluated' as fact,
        person_id
    from line_responses
    where not is_evaluable and (best_response != 'NE' or is_responder is not null)
    union all
    select
        'residual disease that nobody looked for' as fact,
        person_id
    from line_responses
    where is_mrd_negative_any is null and is_mrd_negative is not null
    union all
    select
        'a component of progression that nobody looked for' as fact,
        progressions.person_id
    from progressions
    inner join looked_at
        on progressions.person_id = looked_at.person_id and progressions.line_number = looked_at.line_number
    where
        (looked_at.marrow_count = 0 and progressions.is_marrow is not null)
        or (looked_at.bone_count = 0 and progressions.is_new_bone is not null)
        or (looked_at.extramedullary_count = 0 and not progressions.is_extramedullary)
        or (looked_at.paramedullary_count = 0 and progressions.is_paramedullary is not null)
    union all
    select
        'no soft-tissue disease without imaging' as fact,
        person_id
    from states
    where state = 'none' and (is_extramedullary is null or is_paramedullary is null)

)

select * from broken

-- Only an analysis of the type survival draws printed curves; another one would leave them out without a word.

with analyses as (select * from {{ ref('analyses') }}),

named_elsewhere as (

    select analysis_id, analysis_type, published_curves
    from analyses
    where published_curves is not null and analysis_type <> 'survival'

)

select * from named_elsewhere

-- Age, sex, calendar year and lines before index: of all with the index event in the period, and of those who are in.
with decisions as (select * from tried_decisions where failed_step is null or failed_step != 0),
profile as (select * from tried_profile),

binned as (
    select
        profile.characteristic,
        decisions.is_member,
        case profile.characteristic
            when 'sex' then coalesce(profile.value_text, 'unknown')
            when 'age' then cast(10 * floor(profile.value_number / 10) as integer) || 's'
            when 'prior_line_count' then
                case when profile.value_number >= 8 then '8+' else cast(cast(profile.value_number as integer) as varchar) end
            else cast(cast(profile.value_number as integer) as varchar)
        end as bin
    from decisions
    inner join profile on decisions.person_id = profile.person_id
)

select characteristic, bin, count(*) as with_index, count(*) filter (where is_member) as members
from binned
group by characteristic, bin
order by characteristic, bin

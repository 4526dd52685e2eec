-- Why checked candidates are excluded: a finding of their inspection, or the image that they duplicate.
select
    member_id,
    case
        when refusal like '% pixels' then 'eligible'
        when refusal in ('same picture under another label', 'same picture as an excluded one') then 'deduplicate'
        else 'inspect'
    end as step,
    refusal as reason
from work.checked
where refusal is not null
union all
select d.member_id, 'deduplicate' as step, d.kind || ' ' || a.file_id as reason
from work.duplicate d
join attributes a on a.member_id = d.keeper_id

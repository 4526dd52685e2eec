-- Listed ids that cannot be selected, with the reason. The part of an id before the first '/' is its origin.
with unusable as (
    select
        a.file_id,
        min(case
            when a.status <> 'ok' then coalesce(a.reason, a.status)
            when i.status <> 'ok' then i.status
            else 'same picture under another label'
        end) as reason
    from attributes a
    join work.listed using (file_id)
    left join inspection i using (member_id)
    group by a.file_id
)
select
    l.split,
    l.file_id,
    split_part(l.file_id, '/', 1) as origin,
    coalesce(replace(u.reason, '_', ' '), 'not in the manifest') as reason,
    md5($seed || l.file_id) as rank_key
from work.listed l
anti join work.found f using (file_id)
left join unusable u using (file_id)

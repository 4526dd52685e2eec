-- The rows of the manifest that have a listed id, each with the reason why it cannot be selected.
select
    l.split,
    l.file_id,
    a.member_id,
    a.source,
    a.label,
    a.generator,
    i.hash,
    i.pixel_hash,
    case when a.status <> 'ok' then coalesce(a.reason, a.status) when i.status <> 'ok' then i.status end as reason
from work.listed l
join attributes a using (file_id)
left join inspection i using (member_id)

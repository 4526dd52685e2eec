-- The log for export to CSV: one row per item, in the order of the list.
select
    i.part,
    i.key,
    i.url,
    coalesce(l.status, 'pending') as status,
    l.error,
    l.detail,
    l.http_status,
    l.sha256,
    l.bytes,
    l.type,
    l.attempts,
    l.at
from item i
left join log l using (part, key)
order by i.part, i.key

-- Listed ids that cannot be selected, by split, origin and reason: images, substituted ones, and an example.
select
    m.split,
    m.origin,
    m.reason,
    count(*) as images,
    count(r.substituted_for) as substituted,
    min(m.file_id) as example
from work.missing m
left join work.result r on r.substituted_for = m.file_id and r.split = m.split
group by m.split, m.origin, m.reason
order by m.split, m.origin, m.reason

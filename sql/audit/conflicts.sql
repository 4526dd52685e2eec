-- Audited images whose bytes or pixels an image of the other label has, anywhere among the inspected images of the
-- manifest. `other` is the first such image, `images` their number. Equal bytes are counted before they are joined.
with inspected as (
    select a.label, i.hash, i.pixel_hash, min(a.file_id) as first_id, count(*) as images
    from attributes a
    join inspection i using (member_id)
    where a.status = 'ok'
      and i.status = 'ok'
    group by a.label, i.hash, i.pixel_hash
),

pixels as (
    select distinct hash, pixel_hash
    from inspected
),

pair as (
    select s.split, s.file_id, s.label, o.first_id, o.images, 'equal bytes' as kind
    from work.audited s
    join inspected o on o.hash = s.hash and o.label <> s.label
    union all
    select s.split, s.file_id, s.label, o.first_id, o.images, 'equal pixels' as kind
    from work.audited s
    join pixels p on p.hash = s.hash
    join inspected o on o.pixel_hash = p.pixel_hash and o.label <> s.label and o.hash <> s.hash
)

select
    split,
    file_id,
    if(label = 1, 'fake', 'real') as label,
    kind,
    min(first_id) as other,
    sum(images)::bigint as images
from pair
group by split, file_id, label, kind
order by split, file_id, kind

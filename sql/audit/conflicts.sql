-- Audited images whose bytes or pixels an image of the other label has, anywhere among the inspected images of the
-- manifest. `other` is the first such image, `images` their number.
with inspected as (
    select a.file_id, a.label, i.hash, i.pixel_hash
    from attributes a
    join inspection i using (member_id)
    where a.status = 'ok'
      and i.status = 'ok'
),

pair as (
    select s.split, s.file_id, s.label, o.file_id as other, 'equal bytes' as kind
    from work.audited s
    join inspected o on o.hash = s.hash and o.label <> s.label
    union all
    select s.split, s.file_id, s.label, o.file_id as other, 'equal pixels' as kind
    from work.audited s
    join inspected e on e.file_id = s.file_id
    join inspected o on o.pixel_hash = e.pixel_hash and o.label <> e.label and o.hash <> e.hash
)

select split, file_id, if(label = 1, 'fake', 'real') as label, kind, min(other) as other, count(*) as images
from pair
group by split, file_id, label, kind
order by split, file_id, kind

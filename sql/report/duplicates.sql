-- Duplicates that the audit found, as pairs of rows. Equal bytes: each image with the first of its group. Near duplicates:
-- each image with the first of equal perceptual hash, and these with each other.
with image as (
    select r.row_id, a.hash, a.phash
    from work.audited a
    join report_row r using (split, file_id)
    where r.status = 'ok'
),

hashed as (
    select phash, min(row_id) as row_id
    from image
    where phash is not null
    group by phash
),

paired as (
    select 'equal bytes' as kind, min(row_id) over (partition by hash) as first, row_id as second
    from image
    where hash is not null

    union all

    select 'near duplicates', h.row_id, i.row_id
    from image i
    join hashed h using (phash)

    union all

    select 'near duplicates', least(a.row_id, b.row_id), greatest(a.row_id, b.row_id)
    from work.near n
    join hashed a on a.phash = n.one
    join hashed b on b.phash = n.other
)

select kind, first, second
from paired
where first < second

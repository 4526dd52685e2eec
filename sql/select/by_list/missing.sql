-- Listed ids that cannot be selected, with the reason. The part of an id before the first '/' is its origin.
with absent as (
    select split, file_id
    from work.listed
    anti join work.found using (file_id)
),
unusable as (
    select file_id, min(coalesce(reason, 'same picture under another label')) as reason
    from work.matched
    semi join absent using (file_id)
    group by file_id
)
select
    a.split,
    a.file_id,
    split_part(a.file_id, '/', 1) as origin,
    coalesce(replace(u.reason, '_', ' '), 'not in the manifest') as reason,
    md5($seed || a.file_id) as rank_key
from absent a
left join unusable u using (file_id)

-- Of the files with one file_id, all but the first: what can be read before what cannot, the quicker to reach before
-- the slower, then by path. Sorted are only those whose hash occurs twice; hash() decides nothing that lasts.
with suspect as (
    select hash(file_id) as h from derived where code is null group by h having count(*) > 1
),
ranked as (
    select
        d.member_id,
        d.file_id,
        first_value(r.logical) over w as kept,
        row_number() over w as place
    from derived d
    join raw_file r using (member_id)
    where d.code is null and hash(d.file_id) in (select h from suspect)
    window w as (
        partition by d.file_id
        order by d.status <> 'ok',
            list_position(['file', 'slice', 'zip', 'cell', 'sequential'], r.access),
            r.logical, r.record_path, r.ordinal
    )
)
select member_id, file_id, kept
from ranked
where place > 1

-- Files whose file_id another file has, all but the first. Order: readable first, faster access first, then by path.
-- hash() only preselects the file_ids to sort; it does not affect the result.
with suspect as (
    select hash(file_id) as h from derived where code is null group by h having count(*) > 1
),
ranked as (
    select
        d.member_id,
        d.file_id,
        first_value(r.logical) over w as kept,
        row_number() over w as position
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
where position > 1

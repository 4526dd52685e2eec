-- Files whose file_id another file has, all but one per file_id, with the code and detail of each, and (`bad`) what an
-- inspection found wrong with it.
-- Of several members with one name in an archive, the last counts, as for extractors: the others are superseded. Last
-- means the highest offset, because members of the earlier of two joined zips have later ordinals.
-- Of several copies, a sound one counts: readable, not found bad by an inspection, in a complete container. A copy with a
-- checksum precedes one without, and of those without, the larger precedes: files are cut off more often than padded.
-- If sizes are equal, random access precedes a checksum that takes a walk through an archive. Then faster access
-- precedes, then the path.
-- hash() only preselects the file_ids to sort; it does not affect the result.
with suspect as (
    select hash(file_id) as h from derived where code is null group by h having count(*) > 1
),
copy as (
    select
        d.member_id,
        d.file_id,
        d.status <> 'ok' as is_bad,
        nullif(i.status, 'ok') as found,
        c.status <> 'complete' as is_in_partial,
        m.crc32 is null as is_unchecked,
        m.size,
        r.access,
        r.logical,
        r.record_path,
        r.ordinal,
        r.access not in ('file', 'cell') and row_number() over (
            partition by d.file_id, r.container_id, r.logical order by m."offset" desc nulls last, r.ordinal desc
        ) > 1 as is_superseded
    from derived d
    join raw_file r using (member_id)
    join member m using (member_id)
    join container c on c.container_id = r.container_id
    left join inspection i using (member_id)
    where d.code is null and hash(d.file_id) in (select h from suspect)
),
sized as (
    select
        *,
        count(distinct size) filter (where not is_superseded) over (partition by file_id) > 1 as sizes_differ
    from copy
),
ranked as (
    select
        member_id,
        file_id,
        is_superseded,
        sizes_differ,
        logical || ' is ' || found as bad,
        first_value(logical) over w as kept,
        row_number() over w as position
    from sized
    window w as (
        partition by file_id
        order by is_superseded, is_bad, found is not null, is_in_partial, sizes_differ and is_unchecked,
            is_unchecked or access = 'sequential',
            if(sizes_differ and is_unchecked, -size, 0),
            list_position(['file', 'slice', 'zip', 'cell', 'sequential'], access),
            logical, record_path, ordinal
    )
)
select
    member_id,
    file_id,
    if(is_superseded, 'superseded', 'duplicate_id') as code,
    if(
        is_superseded,
        file_id || ' is superseded by a later member of the same name',
        file_id || ' is ' || kept || ' already' || if(sizes_differ, ' (sizes differ)', '')
    ) as detail,
    bad,
    position as rank
from ranked
where position > 1

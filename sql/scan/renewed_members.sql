-- Raw rows of a container that is listed again. A member keeps its member_id, and with it its inspection, if its identity
-- is equal and proves equal bytes: by a CRC, by the time of a loose file, or because the volumes are unchanged ($is_same).
-- `incoming`: the rows of the listing, numbered from 0. $first: the first new member_id.
with listed as (
    select
        *,
        (path, name, name_bytes, size, crc32, mtime_ns) as identity,
        row_number() over (partition by identity order by ordinal) as repetition
    from incoming
),
recorded as (
    select
        member_id,
        (path, name, name_bytes, size, crc32, mtime_ns) as identity,
        row_number() over (partition by identity order by ordinal) as repetition
    from member
    where container_id = $container_id and ($is_same or crc32 is not null or mtime_ns is not null)
)
select
    coalesce(recorded.member_id, $first + listed.number) as member_id,
    $container_id as container_id,
    listed.* exclude (identity, repetition, number)
from listed
left join recorded
    on recorded.identity is not distinct from listed.identity
    and recorded.repetition = listed.repetition

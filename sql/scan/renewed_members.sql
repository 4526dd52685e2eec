-- Raw rows of a container that is listed again: members that are the same for certain (name, size and CRC; of loose files
-- path, size and time; of a container whose bytes did not change, $is_same, name and size) keep their member_id, and with
-- it what inspections found.
with listed as (
    select *, row_number() over (partition by path, name, name_bytes, size, crc32, mtime_ns order by ordinal) as repetition
    from incoming
),
known as (
    select
        *,
        row_number() over (partition by path, name, name_bytes, size, crc32, mtime_ns order by ordinal) as repetition
    from member
    where container_id = $container_id and ($is_same or crc32 is not null or mtime_ns is not null)
)
select
    coalesce(known.member_id, nextval('member_ids')) as member_id,
    $container_id as container_id,
    listed.* exclude (repetition)
from listed
left join known
    on known.path = listed.path
    and known.name is not distinct from listed.name
    and known.name_bytes is not distinct from listed.name_bytes
    and known.size is not distinct from listed.size
    and known.crc32 is not distinct from listed.crc32
    and known.mtime_ns is not distinct from listed.mtime_ns
    and known.repetition = listed.repetition

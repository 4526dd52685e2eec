-- The images of an export, each with its split. An export has no perceptual hashes: those of equal bytes on this machine
-- are taken.
with known as (
    select hash, min(look(phash, phash_256)) as phash
    from inspection
    where status = 'ok' and outdated is not true and hash in (select hash from incoming)
    group by hash
)
select e.split as part, null::bigint as member_id, e.file_id, e.hash, e.pixel_hash, k.phash, 'ok' as status
from incoming e
left join known k using (hash)

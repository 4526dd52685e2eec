-- Each row of a build (`built`) against the manifest that it should be (`expected`), with its grade:
-- identical bytes; other bytes (for whoever can look at the pixels to say more); substituted; missing; extra.
with chosen as (
    select split, file_id, hash, pixel_hash
    from expected
    where role <> 'spare'
),

by_identity as (
    select
        coalesce(e.split, b.split) as split,
        coalesce(e.file_id, b.file_id) as file_id,
        e.file_id is not null as is_expected,
        b.file_id is not null as is_built,
        e.hash = b.source_sha256 as has_same_bytes,
        e.pixel_hash,
        b.shard,
        b.transform,
        b.substituted_for
    from chosen e
    full join built b on b.split = e.split and b.file_id = e.file_id
),

stand_ins as (
    select split, substituted_for as file_id, min(file_id) as substitute
    from built
    where substituted_for is not null
    group by all
)

select
    r.split,
    r.file_id,
    case
        when r.is_expected and r.is_built and r.has_same_bytes then 'identical bytes'
        when r.is_expected and r.is_built then 'other bytes'
        when r.is_expected and s.substitute is not null then 'substituted'
        when r.is_expected then 'missing'
        else 'extra'
    end as grade,
    s.substitute,
    r.shard,
    case when r.transform = 'verbatim' then r.pixel_hash end as pixel_hash   -- of pixels that the build has as they came
from by_identity r
left join stand_ins s using (split, file_id)
-- a substitute is told with the row whose place it took
where r.is_expected or r.substituted_for is null
   or not exists (select 1 from chosen e where e.split = r.split and e.file_id = r.substituted_for)

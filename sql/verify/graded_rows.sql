-- Each row of a build (`built`) and of the manifest that it should match (`expected`), with its grade: identical bytes,
-- other bytes (a comparison of pixels decides later), substituted, missing, extra.
with selected as (
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
    from selected e
    full join built b on b.split = e.split and b.file_id = e.file_id
),

substitutes as (
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
    case when r.transform in ('verbatim', 'metadata_stripped') then r.pixel_hash end as pixel_hash   -- only of images that were not converted
from by_identity r
left join substitutes s using (split, file_id)
-- A substitute appears in the row that it replaces.
where r.is_expected or r.substituted_for is null
   or not exists (select 1 from selected e where e.split = r.split and e.file_id = r.substituted_for)

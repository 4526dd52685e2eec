-- The rows of the export $name, each matched with one image of the manifest: by file_id, else by the sha256 of its bytes,
-- else, with $match = 'pixels', by its decoded pixels. Each image is matched with one row. `outcome` is found, missing,
-- different (another size or sha256) or unusable (with the reason in the manifest).
with named as (
    select
        r.* exclude (local_file_id, matched_by),
        m.status,
        m.reason,
        case
            when m.file_id is null then 'missing'
            when m.status <> 'ok' then 'unusable'
            when m.size <> r.size or m.hash <> r.hash then 'different'
            else 'found'
        end as outcome,
        case
            when outcome = 'found' then 'file_id'
            when outcome = 'different' and $match = 'pixels' and m.pixel_hash = r.pixel_hash then 'pixels'
        end as matched_by
    from shared_row r
    left join manifest m using (file_id)
    where r.name = $name
    qualify row_number() over (
        partition by r.split, r.position order by m.status = 'ok' desc, m.source, m.path, m.member, m.ordinal
    ) = 1
),

others as (
    select file_id, hash, pixel_hash
    from manifest
    where status = 'ok'
      and (hash in (select hash from named where outcome <> 'found')
           or ($match = 'pixels' and pixel_hash in (select pixel_hash from named where outcome <> 'found')))
      and file_id not in (select file_id from named where matched_by is not null)
),

by_bytes as (
    select r.split, r.position, o.file_id
    from (
        select *, row_number() over (partition by hash order by role = 'spare', split, position) as turn
        from named
        where matched_by is null
    ) r
    join (select *, row_number() over (partition by hash order by file_id) as turn from others) o using (hash, turn)
),

by_pixels as (
    select r.split, r.position, o.file_id
    from (
        select *, row_number() over (partition by pixel_hash order by role = 'spare', split, position) as turn
        from named
        anti join by_bytes using (split, position)
        where matched_by is null and $match = 'pixels'
    ) r
    join (
        select *, row_number() over (partition by pixel_hash order by file_id) as turn
        from others
        anti join by_bytes using (file_id)
    ) o using (pixel_hash, turn)
)

select
    n.split,
    n.position,
    n.role,
    n.stratum,
    n.origin,
    n.source,
    n.file_id,
    case
        when n.matched_by is not null then n.file_id
        else coalesce(b.file_id, p.file_id)
    end as local_file_id,
    coalesce(
        n.matched_by,
        case when b.file_id is not null then 'sha256' when p.file_id is not null then 'pixels' end
    ) as matched_by,
    case when local_file_id is null then n.outcome else 'found' end as outcome,
    coalesce(n.reason, '') as reason
from named n
left join by_bytes b using (split, position)
left join by_pixels p using (split, position)

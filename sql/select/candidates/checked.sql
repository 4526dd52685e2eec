-- The candidates of this round and the rows chosen before, each with the reason for refusing it, if any. `preference`
-- orders duplicates: rows chosen before come first, then the order of origins, then the order of ranks; copies come last.
with reached as (
    select member_id, generator, origin, rank_key, false as is_fixed from work.pool
    union all
    select member_id, generator, origin, rank_key, true as is_fixed from work.fixed
)
select
    r.member_id,
    r.generator,
    r.origin,
    r.rank_key,
    r.is_fixed,
    i.hash,
    coalesce(i.pixel_hash, i.hash) as picture,
    look(i.phash, i.phash_256) as phash,
    case
        when not r.is_fixed and (
            r.member_id in (select member_id from work.excluded)
            or i.hash in (select content from work.excluded_content)
            or i.pixel_hash in (select content from work.excluded_content)
        ) then 'same picture as an excluded one'
        when i.status is null then case when $inspect then 'not inspected' end
        when i.status <> 'ok' then replace(i.status, '_', ' ')
        when least(i.width, i.height) < $min_side then 'smaller than ' || $min_side || ' pixels'
        when i.width::bigint * i.height > $max_pixels then 'more than ' || $max_pixels || ' pixels'
        when i.hash in (from work.conflict) or i.pixel_hash in (from work.conflict) then 'same picture under another label'
    end as refusal,
    row_number() over (
        order by
            not r.is_fixed,
            r.member_id in (from work.copy),
            p.rank nulls last,
            a.origin,
            r.rank_key,
            r.generator
    ) as preference
from reached r
join attributes a using (member_id)  -- its origin; r.origin may be the name of a section
left join inspection i using (member_id)
left join work.origin_order p on p.origin = a.origin

-- Attributes of images that were derived without a problem: one row per image, each file_id once. Companions that do
-- not exist are left out. The reason of an image that took the place of a bad copy names the copy.
with wanted as (
    select member_id, unnest(map_entries(companions), recursive := true)
    from derived
    where cardinality(companions) > 0 and code is null
),
found as (
    select member_id, map_from_entries(list({'key': "key", 'value': "value"} order by "key")) as companions
    from wanted
    where "value" in (select file_id from derived where code is null)
    group by member_id
),
replaced as (
    select file_id, 'instead of a copy: ' || min(bad) as reason
    from duplicate_id
    where code = 'duplicate_id' and bad is not null
    group by file_id
)
select
    d.* exclude (code, detail, gap, role)
    replace (
        coalesce(f.companions, cast(map() as map(varchar, varchar))) as companions,
        coalesce(d.reason, r.reason) as reason
    )
from derived_dated d
left join found f using (member_id)
left join replaced r using (file_id)
where d.code is null and d.role is null and d.member_id not in (select member_id from duplicate_id)

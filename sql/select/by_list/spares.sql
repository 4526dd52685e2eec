-- Real images of origin $substitute that are in no list, each assigned to one split in a fixed order. It is eligible for
-- a split only if the list of that split uses its source and no fake of another split is paired with it.
with source_of_split as (
    select distinct split, source
    from work.found
    where label = 0
),
paired_with_fake as (
    select distinct f.split, unnest(a.paired_real_images) as file_id
    from work.found f
    join attributes a using (member_id)
    where f.label = 1
),
candidate as (
    select a.member_id, a.file_id, a.source, md5($seed || a.file_id) as rank_key
    from attributes a
    left join inspection i using (member_id)
    anti join work.listed l on l.file_id = a.file_id
    where a.label = 0
      and a.status = 'ok'
      and coalesce(i.status, 'ok') = 'ok'
      and starts_with(lower(a.file_id), lower($substitute))
),
allowed as (
    select c.member_id, c.file_id, c.rank_key, list(d.split order by d.split) as splits
    from candidate c
    join source_of_split d using (source)
    where not exists (from paired_with_fake t where t.file_id = c.file_id and t.split <> d.split)
    group by c.member_id, c.file_id, c.rank_key
),
assigned as (
    select *, splits[1 + (('0x' || substr(rank_key, 1, 8))::bigint % len(splits))::integer] as split
    from allowed
)
select member_id, file_id, split, row_number() over (partition by split order by rank_key, file_id) as rank
from assigned

-- One row per real image that is needed: $per_fake for each fake, over all fakes of a bin and split. A fake that is in
-- another split than in the extended selection is left out of the result.
with numbered as (
    select
        f.member_id,
        s.split,
        k.bins,
        k.score,
        f.rank_key,
        row_number() over (partition by s.split, k.bins order by f.rank_key, f.member_id) as number
    from work.fake f
    join work.image_group g using (file_id)
    join work.group_split s using (group_id)
    join work.match_key k using (member_id)
    anti join work.earlier e on e.file_id = f.file_id and e.split <> s.split
    where not f.is_spare
),

counted as (
    select *, floor(number * $per_fake + 1e-9)::bigint - floor((number - 1) * $per_fake + 1e-9)::bigint as reals
    from numbered
)

select
    row_number() over (order by rank_key, member_id, copy) as slot,
    member_id as fake_id,
    split,
    bins,
    score,
    md5('match' || copy || rank_key) as rank_key
from (select *, unnest(range(reals)) as copy from counted)

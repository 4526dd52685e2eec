-- Spares of the matched real images: of each split and bin the fraction $spares, from the candidates of the same bin that no
-- fake needs, in the order of a hash. So a substitute does not change the distribution. Only candidates without relations to
-- other images are taken, each for one split.
with needed as (
    select m.split, k.bins, ceil(count(*) * $spares - 1e-9)::bigint as spares
    from work.matched m
    join work.match_key k using (member_id)
    group by m.split, k.bins
),

place as (
    select *, sum(spares) over (partition by bins order by split) as last
    from needed
),

free as (
    select
        c.member_id,
        c.file_id,
        c.origin,
        c.rank_key,
        k.bins,
        row_number() over (partition by k.bins order by c.rank_key, c.file_id) as number
    from work.match_candidate c
    join work.match_key k using (member_id)
    anti join work.matched m using (member_id)
    anti join work.exclusion x using (member_id)
    where c.split is null
)

select f.member_id, f.file_id, '' as generator, f.origin, f.rank_key, p.split
from free f
join place p on p.bins = f.bins and f.number > p.last - p.spares and f.number <= p.last

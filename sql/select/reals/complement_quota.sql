-- How many real images are needed in addition to the paired ones, in all splits, and the spares.
with fakes as (
    select round(count(*) filter (not is_spare) * $per_fake)::bigint as reals
    from work.fake
),
paired as (
    select count(*) as reals
    from work.paired_kept k
    join attributes a using (member_id)
    semi join work.photograph_of_chosen using (file_id)
)
select
    '' as generator,
    greatest(f.reals - p.reals, 0) + if(f.reals > 0, $extra, 0) as images,
    ceil(f.reals * $spares)::bigint as spares
from fakes f, paired p

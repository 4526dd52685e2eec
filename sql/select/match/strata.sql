-- The strata of matched images and their spares are their bins, those of fakes with the generator: a substitute comes from
-- the bin of its image.
select member_id, coalesce(f.generator, 'photograph') || ', ' || array_to_string(k.bins, ', ') as stratum
from work.match_key k
left join work.fake f using (member_id)
semi join (
    select member_id from work.matched
    union all
    select member_id from work.match_spare
    union all
    select member_id from work.fake
) using (member_id)

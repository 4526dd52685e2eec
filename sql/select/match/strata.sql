-- The strata of matched real images and their spares are their bins: a substitute comes from the bin of its image.
select member_id, 'photograph, ' || array_to_string(bins, ', ') as stratum
from work.match_key
join (select member_id from work.matched union select member_id from work.match_spare) using (member_id)

-- The bytes and the pixels of the usable candidates of this round, by their hashes, each with its label.
select distinct unnest([i.hash, i.pixel_hash]) as content, a.label
from work.checked c
join attributes a using (member_id)
join inspection i using (member_id)
where c.refusal is null

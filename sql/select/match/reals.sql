-- The matched real images with the columns of work.paired and work.complement.
select member_id, file_id, '' as generator, origin, rank_key, split, false as is_spare
from work.matched
where is_tied = $is_tied

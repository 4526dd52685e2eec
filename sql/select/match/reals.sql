-- The matched real images with the columns of work.paired and work.complement. Their spares are in the latter.
select member_id, file_id, '' as generator, origin, rank_key, split, false as is_spare
from work.matched
where is_tied = $is_tied
union all
select s.member_id, s.file_id, s.generator, s.origin, s.rank_key, s.split, true as is_spare
from work.match_spare s
where not $is_tied

-- The split of every group: the fixed one; of a profile, the groups with ranks above after_rank, up to last_rank.
select p.group_id, s.split
from work.profile p
join work.profile_split s on s.profile = p.profile and p.rank > s.after_rank and p.rank <= s.last_rank
union all
select distinct group_id, f.split
from work.unit
join work.fixed_split f using (group_id)

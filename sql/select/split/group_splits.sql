-- The split of every group: of a profile, the groups with ranks above after_rank, up to last_rank.
select g.group_id, p.split
from work.group_profile g
join work.profile_split p on p.profile = g.profile and g.rank > p.after_rank and g.rank <= p.last_rank

-- The split of each image: of the groups of one size, those with ranks above after_rank, up to last_rank.
select g.file_id, p.split
from work.image_group g
join work.group_size z using (group_id)
join work.profile_split p on p.profile = z.images and z.rank > p.after_rank and z.rank <= p.last_rank

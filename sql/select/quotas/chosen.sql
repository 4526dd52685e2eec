-- The first candidates of each stratum: its allocation, then its spares.
select
    k.member_id,
    a.file_id,
    k.generator,
    k.origin,
    k.rank_key,
    k.rank > b.allocated as is_spare
from work.kept k
join work.allocation s using (generator, origin)
join work.base_allocation b using (generator, origin)
join attributes a using (member_id)
where k.rank <= s.allocated

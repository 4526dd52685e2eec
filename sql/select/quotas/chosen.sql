-- The first of each queue: as many as its share, and behind them its spares.
select
    k.member_id,
    a.file_id,
    k.generator,
    k.origin,
    k.rank_key,
    k.place > b.share as is_spare
from work.kept k
join work.share s using (generator, origin)
join work.base_share b using (generator, origin)
join attributes a using (member_id)
where k.place <= s.share

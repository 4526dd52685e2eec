-- Refused rows in the selection's order, in which spares are given to them.
select p.split, p.stratum, p.shard, p.place, p.rank, p.file_id, r.reason, r.detail
from refused_rows r
join plan_shard_assignment p using (split, place)
order by p.split, p.stratum, p.rank

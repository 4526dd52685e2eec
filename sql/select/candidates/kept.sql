-- Candidates with nothing against them, in the order of their queues.
select
    j.member_id,
    j.generator,
    j.origin,
    j.rank_key,
    row_number() over (partition by j.generator, j.origin order by j.rank_key, j.preference) as place
from work.judged j
anti join work.duplicate d using (member_id)
where j.refusal is null
  and not j.settled

-- Candidates that are neither refused nor duplicates, ranked within their stratum.
select
    j.member_id,
    j.generator,
    j.origin,
    j.rank_key,
    row_number() over (partition by j.generator, j.origin order by j.rank_key, j.preference) as rank
from work.checked j
anti join work.duplicate d using (member_id)
where j.refusal is null
  and not j.is_fixed

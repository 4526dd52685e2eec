-- Candidates that are neither refused nor duplicates, ranked within their stratum; copies of other candidates last.
select
    j.member_id,
    j.generator,
    j.origin,
    j.rank_key,
    c.member_id is not null as is_copy,
    row_number() over (
        partition by j.generator, j.origin
        order by c.member_id is not null, j.rank_key, j.preference
    ) as rank
from work.checked j
anti join work.duplicate d using (member_id)
left join work.copy c using (member_id)
where j.refusal is null
  and not j.is_fixed

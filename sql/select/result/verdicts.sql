-- Why candidates that were reached are out: what was found in them, or whom they equal.
select member_id, case when refusal like '% pixels' then 'eligible' else 'inspect' end as step, refusal as reason
from work.judged
where refusal is not null
union all
select d.member_id, 'deduplicate' as step, d.kind || ' ' || a.file_id as reason
from work.duplicate d
join attributes a on a.member_id = d.keeper_id

-- Images of the pool that were found bad, each with the first of its copies that was not.
select a.member_id as bad_id, min_by(c.member_id, c.rank) as member_id, min(r.logical) || ' is ' || min(i.status) as bad
from work.pool
join attributes a using (member_id)
join inspection i on i.member_id = a.member_id and i.status <> 'ok'
join raw_file r on r.member_id = a.member_id
join other_copy c on c.file_id = a.file_id and c.status = 'ok'
left join inspection n on n.member_id = c.member_id
where a.status = 'ok' and coalesce(n.status, 'ok') = 'ok'
group by a.member_id

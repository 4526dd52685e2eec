-- The next page of items to fetch, after the item (part, key). Items of a host that was given up are among them:
-- they were not requested. Images that their host does not have (404, 410) are not requested again.
select i.part, i.key, i.url, i.record
from item i
left join log l using (part, key)
where (i.part, i.key) > ($part, $key)
  and ($host = '' or instr(lower(i.url), $host) > 0)
  and (l.key is null or l.error = 'host given up' or ($failed_too and l.status = 'failed' and coalesce(l.http_status, 0) not in (404, 410)))
order by i.part, i.key
limit $page

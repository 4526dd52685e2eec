-- The next page of items that are still to be fetched, behind the item (part, key): also those whose host was given up
-- before they were asked for.
select i.part, i.key, i.url, i.record
from item i
left join log l using (part, key)
where (i.part, i.key) > ($part, $key)
  and (l.key is null or l.error = 'host given up' or ($failed_too and l.status = 'failed'))
order by i.part, i.key
limit $page

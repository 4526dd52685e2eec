-- The next page of items to fetch, after the item (part, key).
select part, key, url, record
from item_state
where (part, key) > ($part, $key)
  and ($host = '' or instr(lower(url), $host) > 0)
  and (is_pending or ($failed_too and is_retryable))
order by part, key
limit $page

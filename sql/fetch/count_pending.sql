-- The number of items that are still to be fetched.
select count(*)
from item_state
where is_pending or ($failed_too and is_retryable)

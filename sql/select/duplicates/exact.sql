-- Rows with the same bytes as an earlier one, each with the first of them.
select preference, min(preference) over (partition by hash) as keeper
from work.checked
where refusal is null and hash is not null and $exact
qualify preference <> keeper

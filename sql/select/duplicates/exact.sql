-- Rows with the same picture (bytes, or decoded pixels) as an earlier one, each with the first of them.
select preference, min(preference) over (partition by picture) as keeper
from work.checked
where refusal is null and picture is not null and $exact
qualify preference <> keeper

-- Each perceptual hash once, with the first row that has it.
select phash, min(preference) as preference
from work.checked
where refusal is null and phash is not null and $radius >= 0
  and preference not in (select preference from work.exact)
group by phash

-- The least and the greatest number of each numeric column.
select trait, min(try_cast(value as double)) as low, max(try_cast(value as double)) as high
from work.match_value
join work.match_trait using (trait)
join work.match_image using (member_id)
where is_number
  and label is not null
group by trait
having low is not null

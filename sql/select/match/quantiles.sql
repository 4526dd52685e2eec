-- Quantiles of a column among the fakes.
select coalesce(quantile_disc(try_cast(value as double), $fractions::double[]), []) as quantiles
from work.match_value
join work.match_image using (member_id)
where trait = $trait
  and label = 1
  and try_cast(value as double) is not null

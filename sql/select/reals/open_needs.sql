-- How many real images each split still needs, its spares, and its paired ones.
select c.split, c.reals, c.spares, n.reals - c.reals as paired
from work.complement_need c
join work.need n using (split)

-- The split of every component: the first of a kind go to the first split, and so on.
select s.component, p.split
from work.signature s
join work.placement p on p.signature = s.signature and s.place > p.after and s.place <= p.upto

-- Each profile with the number of its groups, by the split that their hashes name.
select p.profile, any_value(p.strata) as strata, any_value(p.images) as images, t.split, count(*) as groups
from work.profile p
join work.threshold t on p.key >= t.low and p.key < t.high
group by p.profile, t.split
order by p.profile, t.split

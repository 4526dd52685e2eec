-- The fraction of the selected fakes that each split has: real images are divided in the same ratio.
select w.split, count(*) / sum(count(*)) over () as fraction
from work.fake f
join attributes a using (member_id)
join work.window w on w.generator = a.generator
where not f.is_spare
group by w.split
order by w.split

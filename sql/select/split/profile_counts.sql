-- Each profile once, with the number of its groups.
select profile, any_value(generators) as generators, any_value(images) as images, count(*) as groups
from work.group_profile
group by profile
order by profile

-- Contents that candidates of both labels have. Those that are known already are refused, so these are new ones.
select content
from work.content
where content is not null
group by content
having count(distinct label) > 1

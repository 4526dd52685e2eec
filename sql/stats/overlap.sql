-- File ids that stand in more than one split of the selection, or twice in one.
select count(*) filter (splits > 1) as in_several_splits, count(*) filter (times > splits) as twice_in_a_split
from (
    select file_id, count(*) as times, count(distinct split) as splits
    from selection
    where name = $name and role <> 'spare'
    group by file_id
)

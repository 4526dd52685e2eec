-- File ids in several splits of the selection, and file ids that occur twice in one split.
select count(*) filter (splits > 1) as in_several_splits, count(*) filter (times > splits) as twice_in_a_split
from (
    select file_id, count(*) as times, count(distinct split) as splits
    from selection
    where name = $name and role <> 'spare'
    group by file_id
)

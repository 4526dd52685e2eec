-- Real images and prompts that are shared by images of several splits.
with tie as (
    select 'real image' as kind, unnest(paired_real_images) as shared, split
    from work.audited
    where label = 1
    union all
    select 'real image', file_id, split
    from work.audited
    where label = 0
    union all
    select 'prompt', positive_prompt, split
    from work.audited
    where label = 1 and positive_prompt <> ''
),
leak as (
    select kind, shared, count(*) as images
    from tie
    group by kind, shared
    having count(distinct split) > 1
)
select kind, count(*) as groups, sum(images)::bigint as images, min(shared) as example
from leak
group by kind
order by kind desc

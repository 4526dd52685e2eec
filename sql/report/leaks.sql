-- Photographs and prompts whose images stand in more than one split: what is learnt from one helps with the other.
-- As sql/audit/leaks, over the rows that the report is about.
with
tie as (
    select 'photograph' as kind, unnest(paired_real_images) as shared, split
    from report_row
    where label = 1
    union all
    select 'photograph', file_id, split
    from report_row
    where label = 0
    union all
    select 'prompt', positive_prompt, split
    from report_row
    where label = 1 and positive_prompt <> ''
),

leak as (
    select kind, shared, count(*) as images
    from tie
    group by kind, shared
    having count(distinct split) > 1
)

select kind, count(*) as shared, sum(images)::bigint as images, min(shared) as example
from leak
group by kind
order by kind

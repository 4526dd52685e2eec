-- The complement: unpaired real images, assigned to the splits one after the other, every origin in its proportion.
with placed as (
    select
        *,
        (row_number() over (partition by is_spare, origin order by rank_key) - 0.5)
            / count(*) over (partition by is_spare, origin) as fraction
    from work.chosen
),
ranked as (
    select *, row_number() over (partition by is_spare order by fraction, origin, rank_key) as rank
    from placed
),
demand as (
    select split, false as is_spare, reals as images from work.complement_need
    union all
    select split, true as is_spare, spares as images from work.complement_need
),
assigned as (
    select
        *,
        coalesce(sum(images) over (
            partition by is_spare order by split rows between unbounded preceding and 1 preceding
        ), 0) as after
    from demand
)
select q.member_id, q.file_id, q.origin, q.rank_key, d.split, q.is_spare
from ranked q
join assigned d on d.is_spare = q.is_spare and q.rank > d.after and q.rank <= d.after + d.images
